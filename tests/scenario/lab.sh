# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A lab in network namespaces: devices, the gateway with the data plane inline, a network side.
#
#   namespace dev1 [eth0] ---- [dev1] \
#   namespace dev2 [eth0] ---- [dev2]  > namespace gw: ostiary-dataplane  [net1] ---- [eth0] namespace net
#   namespace devN [eth0] ---- [devN] /
#
#   devN  MAC 02:00:00:00:0d:NN  10.77.0.(10+N)/24  fd77::(10+N)/64
#   net   MAC 02:00:00:00:0e:01  10.77.0.1/24       fd77::1/64
#
# Use (bash): source it, lab_begin NAME, make what is needed, do things, lab_pass. Whatever happens, the trap of
# lab_begin stops what was started (by pid) and removes the namespaces; when lab_pass was not reached it
# first shows logs and counters. Names hold the shell's pid: labs run side by side.
#
# Variables for the caller: LAB_DIR (files of this lab), LAB_ROOT (--root of the programs), LAB_BIN
# (programs), LAB_SRC (source root). Environment: OSTIARY_BIN (default build/bin), OSTIARY_LAB_KEEP=1 (leave LAB_DIR).

set -u -o pipefail
LAB_SRC=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
LAB_BIN=${OSTIARY_BIN:-$LAB_SRC/build/bin}
LAB_TOOLS=$LAB_BIN/../tests/tools
LAB_PYTHON=/usr/bin/python3 # Debian's: it finds Debian's python3-scapy

# lab_begin NAME: directory, trap, gateway namespace. Exits 77 (skipped) when not root.
lab_begin() {
	LAB_NAME=$1
	LAB=ost$$
	LAB_DIR=$(mktemp -d "/tmp/$LAB-$LAB_NAME.XXXXXX")
	LAB_ROOT=$LAB_DIR/root
	LAB_NAMESPACES=()
	LAB_PORTS=() # interface names in the gateway
	LAB_SIDES=()
	LAB_PASSED=
	declare -gA LAB_PIDS=()
	if [ "$(id -u)" != 0 ]; then
		echo "skip: needs root (network namespaces)"
		exit 77
	fi
	mkdir -p "$LAB_ROOT/etc/ostiary/policy.d" "$LAB_ROOT/var/lib/ostiary/policy" "$LAB_ROOT/run/ostiary"
	trap lab_end EXIT
	trap 'exit 130' INT TERM
	lab_namespace gw
}

lab_say() { echo "[$LAB_NAME] $*"; }

# lab_fail TEXT: ends the scenario as failed.
lab_fail() {
	echo "[$LAB_NAME] FAIL: $*" >&2
	exit 1
}

lab_pass() {
	LAB_PASSED=1
	lab_say "PASS"
}

# lab_namespace NAME: makes namespace NAME of this lab, loopback up.
lab_namespace() {
	ip netns add "$LAB-$1" || lab_fail "cannot make namespace $1"
	LAB_NAMESPACES+=("$1")
	ip -n "$LAB-$1" link set lo up
}

# lab_in NS COMMAND...: runs in a namespace of the lab.
lab_in() {
	local ns=$1
	shift
	ip netns exec "$LAB-$ns" "$@"
}

# lab_port SIDE PORT NS MAC [ADDRESS/LENGTH...]: namespace NS with eth0, wired to PORT in the gateway.
lab_port() {
	local side=$1 port=$2 ns=$3 mac=$4 address
	shift 4
	lab_namespace "$ns"
	ip -n "$LAB-gw" link add "$port" type veth \
		peer name eth0 address "$mac" netns "$LAB-$ns" || lab_fail "cannot make port $port"
	# AF_PACKET hands out frames as they are, with a checksum the sender left to hardware that is not there
	lab_in "$ns" ethtool -K eth0 tx off >/dev/null
	for address; do
		case $address in
		*:*) ip -n "$LAB-$ns" address add "$address" dev eth0 nodad ;;
		*) ip -n "$LAB-$ns" address add "$address" dev eth0 ;;
		esac
	done
	# no IPv6 address of its own making in the gateway, before the link comes up
	lab_in gw sh -c "echo 1 > /proc/sys/net/ipv6/conf/$port/disable_ipv6" 2>/dev/null
	ip -n "$LAB-gw" link set "$port" up
	ip -n "$LAB-$ns" link set eth0 up
	LAB_PORTS+=("$port")
	LAB_SIDES+=("$side")
}

# lab_devices N [noaddress]: dev1..devN, with static addresses unless told not to (DHCP).
lab_devices() {
	local n
	for n in $(seq 1 "$1"); do
		if [ "${2-}" = noaddress ]; then
			lab_port device "dev$n" "dev$n" "$(lab_device_mac "$n")"
		else
			lab_port device "dev$n" "dev$n" "$(lab_device_mac "$n")" "10.77.0.$((10 + n))/24" "fd77::$((10 + n))/64"
			ip -n "$LAB-dev$n" route add default via 10.77.0.1
		fi
	done
}

lab_device_mac() { printf '02:00:00:00:0d:%02x\n' "$1"; }
LAB_NET_MAC=02:00:00:00:0e:01

# lab_network [ADDRESS/LENGTH...]: the network side, further addresses beside its own.
lab_network() {
	lab_port network net1 net "$LAB_NET_MAC" 10.77.0.1/24 fd77::1/64 "$@"
}

# lab_linked: carrier on every wire of the lab (the kernel tells it a moment after both ends are up).
lab_linked() {
	local ns
	for ns in "${LAB_NAMESPACES[@]}"; do
		[ "$ns" = gw ] || lab_in "$ns" grep -qx 1 /sys/class/net/eth0/carrier || return 1
	done
}

# lab_seal: the kernel of the gateway must not see what the ports see.
lab_seal() {
	lab_in gw "$LAB_SRC/config/ostiary-seal" "${LAB_PORTS[@]}" >"$LAB_DIR/seal.log" || lab_fail "cannot seal: see $LAB_DIR/seal.log"
	lab_in gw "$LAB_SRC/config/ostiary-seal" --check "${LAB_PORTS[@]}" >>"$LAB_DIR/seal.log" || lab_fail "not sealed"
}

# lab_site [DRIVER [LINE...]]: writes the site file: the lab's ports with DRIVER (default af_packet), further lines as they are.
lab_site() {
	local driver=${1:-af_packet} i
	[ $# -gt 0 ] && shift
	{
		printf 'ostiary: 1\n'
		[ $# = 0 ] || printf '%s\n' "$@"
		printf 'ports:\n'
		for i in "${!LAB_PORTS[@]}"; do
			printf '  %s: { side: %s, interface: %s, driver: %s }\n' "${LAB_PORTS[$i]}" "${LAB_SIDES[$i]}" "${LAB_PORTS[$i]}" "$driver"
		done
	} >"$LAB_ROOT/etc/ostiary/ostiary.yaml"
}

# lab_image GENERATION FILE: compiles the policy on standard input to an image.
lab_image() {
	cat >"$LAB_DIR/policy-$1.yaml"
	"$LAB_TOOLS/ost-compile" "$1" "$2" "$LAB_DIR/policy-$1.yaml" || lab_fail "policy of generation $1 does not compile"
}

# lab_policy GENERATION: the policy on standard input is what the data plane finds at its start.
lab_policy() { lab_image "$1" "$LAB_ROOT/var/lib/ostiary/policy/current.image"; }

# lab_msgctl COMMAND...: speaks to the data plane as ostiaryd does.
lab_msgctl() { "$LAB_PYTHON" "$LAB_SRC/tests/tools/ost-msgctl" --root "$LAB_ROOT" "$@"; }

# lab_stat EXPRESSION: a Python expression over the data plane's statistics: totals, ports, devices.
lab_stat() {
	lab_msgctl stats --json | "$LAB_PYTHON" -c 'import json, sys
s = json.load(sys.stdin)
print(eval(sys.argv[1], {"totals": s["totals"], "ports": s["ports"], "devices": {int(k): v for k, v in s["devices"].items()}}))' "$1"
}

# lab_expect WHAT EXPRESSION: that it is true now.
lab_expect() {
	[ "$(lab_stat "$2")" = True ] || lab_fail "$1: not so: $2: $(lab_msgctl stats)"
	lab_say "ok: $1"
}

# lab_accounts: on every port received = forwarded + refused.
lab_accounts() {
	lab_msgctl accounts || lab_fail "the accounts do not balance"
	lab_say "ok: received = forwarded + refused on every port"
}

# lab_ok WHAT COMMAND... and lab_no WHAT COMMAND...: that it succeeds, that it fails.
lab_ok() {
	local what=$1
	shift
	"$@" >>"$LAB_DIR/commands.log" 2>&1 || lab_fail "$what: $* failed: $(tail -n 3 "$LAB_DIR/commands.log")"
	lab_say "ok: $what"
}
lab_no() {
	local what=$1
	shift
	! "$@" >>"$LAB_DIR/commands.log" 2>&1 || lab_fail "$what: $* succeeded"
	lab_say "ok: $what"
}

# lab_spawn NAME NS COMMAND...: in the background, output to $LAB_DIR/NAME.log, pid in ${LAB_PIDS[NAME]}.
lab_spawn() {
	local name=$1 ns=$2
	shift 2
	(trap - EXIT INT TERM && exec ip netns exec "$LAB-$ns" "$@") >>"$LAB_DIR/$name.log" 2>&1 </dev/null &
	LAB_PIDS[$name]=$!
}

lab_alive() { [ -n "${LAB_PIDS[$1]-}" ] && kill -0 "${LAB_PIDS[$1]}" 2>/dev/null; }

# lab_stop NAME [SIGNAL]: ends what lab_spawn started and waits for it; returns its exit code.
lab_stop() {
	local pid=${LAB_PIDS[$1]-}
	[ -n "$pid" ] || return 0
	unset "LAB_PIDS[$1]"
	kill "-${2:-TERM}" "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
}

# lab_wait WHAT SECONDS COMMAND...: until COMMAND succeeds; fails the scenario when it does not in time.
lab_wait() {
	local what=$1 deadline=$((SECONDS + $2))
	shift 2
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$deadline" ] || lab_fail "waited in vain for $what"
		sleep 0.05
	done
}

# lab_dataplane_start [ARGUMENT...]: starts it in the gateway and waits until its ports are up.
lab_dataplane_start() {
	lab_wait "the wires" 10 lab_linked
	lab_spawn dataplane gw "$LAB_BIN/ostiary-dataplane" --root "$LAB_ROOT" "$@"
	lab_wait "the data plane" 20 lab_dataplane_settled
	lab_alive dataplane || lab_fail "the data plane ended at its start: $(tail -n 3 "$LAB_DIR/dataplane.log")"
}

lab_dataplane_settled() { ! lab_alive dataplane || grep -q 'ready: ' "$LAB_DIR/dataplane.log"; }

# lab_listening NS PROTOCOL PORT: somebody listens (tcp) or is bound (udp) there. For lab_wait.
lab_listening() { [ -n "$(lab_in "$1" ss -Hnl "--$2" "sport = :$3")" ]; }

# lab_logged NAME PATTERN: NAME's log has a line that matches.
lab_logged() { grep -Eq -- "$2" "$LAB_DIR/$1.log"; }

# The trap: dump when not passed, stop by pid, remove namespaces.
lab_end() {
	local code=$? name
	trap - EXIT
	trap '' PIPE # whoever read our output may be gone: clean up all the same
	[ "$BASHPID" = "$$" ] || exit "$code" # a child that was hit before it left our traps behind
	[ -n "$LAB_PASSED" ] || [ "$code" = 77 ] || lab_dump
	for name in "${!LAB_PIDS[@]}"; do
		lab_stop "$name"
	done
	for name in "${LAB_NAMESPACES[@]}"; do
		ip netns pids "$LAB-$name" 2>/dev/null | xargs -r kill -9 2>/dev/null
		ip netns delete "$LAB-$name" 2>/dev/null
	done
	[ -n "${OSTIARY_LAB_KEEP-}" ] || rm -rf "$LAB_DIR"
	[ "$code" != 0 ] || [ -n "$LAB_PASSED" ] || code=1
	exit "$code"
}

lab_dump() {
	local log ns
	echo "---- $LAB_NAME did not pass: logs and counters ----" >&2
	for log in "$LAB_DIR"/*.log; do
		[ -e "$log" ] && { echo "== $log" && tail -n 40 "$log"; } >&2
	done
	for ns in "${LAB_NAMESPACES[@]}"; do
		echo "== interfaces of $ns" >&2
		ip -n "$LAB-$ns" -s -br link >&2
		lab_in "$ns" sh -c 'grep -E "eth|dev|net" /proc/net/dev; nstat -az 2>/dev/null | grep -E "InCsumErrors|RetransSegs" | grep -v " 0 "' >&2
	done
	if lab_alive dataplane 2>/dev/null; then
		lab_msgctl stats >&2 || true
	fi
}
