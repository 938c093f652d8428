# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
# The demo's locks: devices and networks that prove themselves to each other, by 802.1X with Debian's wpa_supplicant.
#
#   lock-04  has a certificate of this site
#   lock-05  had one; it was revoked
#   lock-06  has one too, but somebody plugged it into a gateway of his own: an Ostiary of the same name, with another CA

GATEWAY_NAME=gw.plant.example
ROGUE_ROOT=$LAB_DIR/rogue

keys_are_made() {
	"$LAB_BIN/ostiary" --root "$LAB_ROOT" init --name $GATEWAY_NAME >"$LAB_DIR/init.log" 2>&1 &&
		[ "$(stat -c %a "$LAB_ROOT/etc/ostiary/pki/gateway.key")" = 400 ] &&
		! "$LAB_BIN/ostiary" --root "$LAB_ROOT" init --name $GATEWAY_NAME >>"$LAB_DIR/init.log" 2>&1
}

# Each gets its folder, as one would bring it to the device: LOCK.key, LOCK.crt, ca.crt.
locks_are_enrolled() {
	local lock
	for lock in lock-04 lock-05 lock-06; do
		"$LAB_BIN/ostiary" --root "$LAB_ROOT" device enroll $lock --out "$LAB_DIR/$lock" >>"$LAB_DIR/enroll.log" 2>&1 || return 1
		supplicant_conf $lock
	done
}

supplicant_conf() {
	cat >"$LAB_DIR/$1/wpa_supplicant.conf" <<-END
		ap_scan=0
		network={
		    key_mgmt=IEEE8021X
		    eap=TLS
		    phase1="tls_disable_tlsv1_3=0"
		    identity="anonymous"
		    ca_cert="$LAB_DIR/$1/ca.crt"
		    client_cert="$LAB_DIR/$1/$1.crt"
		    private_key="$LAB_DIR/$1/$1.key"
		    domain_match="$GATEWAY_NAME"
		}
	END
}

lock_is_revoked() {
	"$LAB_BIN/ostiary" --root "$LAB_ROOT" device revoke lock-05 --reason key-compromise >"$LAB_DIR/revoke.log" 2>&1 &&
		openssl crl -in "$LAB_ROOT/etc/ostiary/pki/crl.pem" -noout -text | grep -q 'Key Compromise'
}

# The rogue is no imitation: another Ostiary, whose `init` was given the name of ours.
rogue_wire() {
	lab_namespace rogue
	lab_namespace dev6
	ip -n "$LAB-rogue" link add eth0 type veth peer name eth0 address "$(lab_device_mac 6)" netns "$LAB-dev6"
	ip -n "$LAB-rogue" link add up0 type veth peer name up1
	for link in rogue:eth0 rogue:up0 rogue:up1 dev6:eth0; do
		ip -n "$LAB-${link%:*}" link set "${link#*:}" up
	done
}

rogue_starts() {
	mkdir -p "$ROGUE_ROOT/etc/ostiary/policy.d" "$ROGUE_ROOT/var/lib/ostiary/policy" "$ROGUE_ROOT/run/ostiary"
	cat >"$ROGUE_ROOT/etc/ostiary/ostiary.yaml" <<-END
		ostiary: 1
		hugepages: no
		tables: { flows: 1000, flows6: 1000, bindings: 1000, devices: 100 }
		ports:
		  dev1: { side: device, interface: eth0 }
		  net1: { side: network, interface: up0 }
	END
	cat >"$ROGUE_ROOT/etc/ostiary/policy.d/rogue.yaml" <<-END
		ostiary: 1
		roles: { lock: { authenticate: eap-tls, include: [arp, dhcp] } }
		devices: { lock-06: { role: lock, certificate: "urn:dev:ser:lock-06" } }
	END
	"$LAB_BIN/ostiary" --root "$ROGUE_ROOT" init --name $GATEWAY_NAME >"$LAB_DIR/rogue-init.log" 2>&1
	lab_spawn rogue-gateway rogue "$LAB_BIN/ostiary" --root "$ROGUE_ROOT" run
}

authd_ready() { # of NAME.log
	lab_logged "$1" 'authd .*connected to the data plane' && lab_logged "$1" 'authd .*connected to ostiaryd'
}

# supplicant LOCK NS: Debian's wpa_supplicant, with what `enroll` made.
supplicant() {
	: >"$LAB_DIR/wpa-$1.log" # who looks for a word in it at once finds the file
	lab_spawn "wpa-$1" "$2" wpa_supplicant -D wired -i eth0 -c "$LAB_DIR/$1/wpa_supplicant.conf"
}

# supplicant_says LOCK PATTERN: within 12 s.
supplicant_says() {
	local deadline=$((SECONDS + 12))
	[ -e "$LAB_DIR/wpa-$1.log" ] || return 1
	until lab_logged "wpa-$1" "$2"; do
		[ "$SECONDS" -lt "$deadline" ] || return 1
		sleep 0.05
	done
}

no_lease() { ! lease "$1" 2; }
admitted() { supplicant_says lock-04 'CTRL-EVENT-EAP-SUCCESS'; }
broker_open() { lab_in "$1" timeout 3 bash -c ": </dev/tcp/$BROKER/1883" 2>/dev/null; }
updates_closed() { ! lab_in "$1" timeout 1 bash -c ": </dev/tcp/$UPDATES/80" 2>/dev/null; }
lock_works() { lease dev4 && broker_open dev4 && mqtt_passes dev4 net plant/lock-04 'door opened'; }

# It was shown our certificate, showed its own, and was told no; whatever address it gives itself, nothing passes.
revoked_stays_out() {
	supplicant_says lock-05 'CTRL-EVENT-EAP-FAILURE' && ! lab_logged wpa-lock-05 'CTRL-EVENT-EAP-SUCCESS' || return 1
	helps_itself dev5 10.77.0.205
}
helps_itself() { # NS ADDRESS: succeeds when that does not help
	ip -n "$LAB-$1" address add "$2/24" dev eth0
	ip -n "$LAB-$1" neighbour replace $BROKER lladdr "$LAB_NET_MAC" dev eth0
	! lab_in "$1" timeout 1 bash -c ": </dev/tcp/$BROKER/1883" 2>/dev/null
}

rogue_is_refused() {
	supplicant_says lock-06 'CTRL-EVENT-EAP-TLS-CERT-ERROR.*err=' && supplicant_says lock-06 'CTRL-EVENT-EAP-FAILURE' &&
		! lab_logged wpa-lock-06 'CTRL-EVENT-EAP-SUCCESS'
}

identities() {
	headline "Identities, before anything runs"
	expect "ostiary init: this site's own CA and gateway key; a second time it overwrites nothing" keys_are_made
	expect "ostiary device enroll: a certificate each for lock-04, lock-05 and lock-06" locks_are_enrolled
}

proofs() {
	headline "Who goes there: devices and network prove themselves to each other"
	if [ -z "$without" ]; then
		lab_wait "the authenticator" 20 authd_ready run
		lab_wait "the rogue's authenticator" 20 authd_ready rogue-gateway
		expect "ostiary device revoke lock-05 --reason key-compromise: it is on the revocation list" lock_is_revoked
	fi
	expect "before its proof lock-04 gets nothing through, not even a lease" no_lease dev4
	if [ -z "$without" ]; then
		supplicant lock-04 dev4
		supplicant lock-05 dev5
		supplicant lock-06 dev6
	fi
	expect "lock-04 and the gateway accept each other's certificates (wpa_supplicant, EAP-TLS)" admitted
	expect "lock-04 then has a lease, and publishes by MQTT" lock_works
	expect "and nothing more than its allow-list: the update server stays closed" updates_closed dev4
	expect "lock-05, revoked: it is refused, and nothing of it passes" revoked_stays_out
	expect "lock-06, at a rogue gateway of the same name: it refuses that gateway" rogue_is_refused
	if [ -z "$without" ]; then
		expect "both halves of each are written down: who proved what to whom, or why not" \
			"$LAB_PYTHON" "$DEMO/demo_admissions.py" "$LAB_DIR" settled
		lab_stop wpa-lock-05
		lab_stop wpa-lock-06
		lab_stop rogue-gateway
	fi
}
