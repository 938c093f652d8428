# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154,SC2034
# How the demo speaks: headlines, one line an expectation with a check mark, a count at the end. tap and without are
# the demo's options.

begin_words() {
	DEMO_STARTED=$SECONDS
	DEMO_MET=0
	DEMO_UNMET=0
	BOLD='' DIM='' GREEN='' RED='' PLAIN=''
	if [ -z "$tap" ] && [ -t 1 ] && [ -z "${NO_COLOR-}" ]; then
		BOLD=$'\e[1m' DIM=$'\e[2m' GREEN=$'\e[32m' RED=$'\e[31m' PLAIN=$'\e[0m'
	fi
}

words() { [ -n "$tap" ] || printf '%s\n' "$*"; }

picture() {
	local middle='  Ostiary  ' tail='DPDK, AF_PACKET'
	[ -z "$without" ] || middle=' a switch  ' tail='no Ostiary at all'
	words
	words "  ${BOLD}Ostiary, the doorkeeper of IoT networks${PLAIN}   ${DIM}a lab in network namespaces; nothing leaves this machine${PLAIN}"
	words
	words "     cam-01    honest       dev1 ──┐"
	words "     meter-02  honest       dev2 ──┤ ┌───────────┐          DHCP, DNS  dnsmasq    10.77.0.1"
	words "     plug-03   ${RED}compromised${PLAIN}  dev3 ──┼─┤${BOLD}$middle${PLAIN}├── net1 ─ MQTT       mosquitto  10.77.0.2"
	words "     lock-04   802.1X       dev4 ──┤ └───────────┘          HTTP       busybox    10.77.0.3"
	words "     lock-05   ${RED}revoked${PLAIN}      dev5 ──┘ ${DIM}$tail${PLAIN}"
	words "     lock-06   802.1X       ───────── ${RED}a rogue gateway${PLAIN} that calls itself by our gateway's name"
}

headline() {
	words
	words "  ${BOLD}$1${PLAIN}"
}

# expect TEXT COMMAND...: met when the command succeeds.
expect() {
	local text=$1
	shift
	if "$@"; then met "$text"; else unmet "$text"; fi
}

met() {
	DEMO_MET=$((DEMO_MET + 1))
	if [ -n "$tap" ]; then echo "ok $((DEMO_MET + DEMO_UNMET)) - $1"; else words "    ${GREEN}✓${PLAIN} $1${2-}"; fi
}

unmet() {
	DEMO_UNMET=$((DEMO_UNMET + 1))
	if [ -n "$tap" ]; then echo "not ok $((DEMO_MET + DEMO_UNMET)) - $1"; else words "    ${RED}✗${PLAIN} $1${2-}"; fi
}

# attack TEXT REASON COMMAND...: met when the attack came to nothing and the gateway refused packets for this reason.
attack() {
	local text=$1 reason=$2 before after
	shift 2
	if [ -n "$without" ]; then
		expect "$text" "$@"
		return
	fi
	before=$("$LAB_PYTHON" "$DEMO/demo_books.py" "$LAB_ROOT" count "$reason")
	if "$@"; then
		after=$("$LAB_PYTHON" "$DEMO/demo_books.py" "$LAB_ROOT" count "$reason" above "$before")
		if [ "${after:-0}" -gt "${before:-0}" ]; then
			met "$text" "  ${DIM}refused: $reason, $((after - before)) packets${PLAIN}"
		else
			unmet "$text" "  (no packet was refused as $reason)"
		fi
	else
		unmet "$text"
	fi
}

end_words() {
	local seconds=$((SECONDS - DEMO_STARTED)) all=$((DEMO_MET + DEMO_UNMET))
	[ -z "$tap" ] || echo "1..$all"
	words
	if [ -n "$without" ]; then
		words "  Without Ostiary $DEMO_UNMET of $all expectations were not met. That is what it is for: make demo"
	elif [ "$DEMO_UNMET" = 0 ]; then
		words "  ${GREEN}${BOLD}All $all expectations were met${PLAIN}, in $seconds s."
	else
		words "  ${RED}${BOLD}$DEMO_UNMET of $all expectations were not met${PLAIN}, in $seconds s. Logs: $LAB_DIR"
	fi
	words
	if [ "$DEMO_UNMET" = 0 ] || [ -z "$tap" ]; then
		LAB_PASSED=1 # no dump; a person finds the logs where the line above says
	fi
	if [ "$DEMO_UNMET" != 0 ] && [ -z "$tap$without" ]; then
		export OSTIARY_LAB_KEEP=1
	fi
	exit $((DEMO_UNMET > 0))
}
