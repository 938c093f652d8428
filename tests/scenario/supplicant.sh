# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Devices that prove themselves by 802.1X: certificates good and odd, and Debian's wpa_supplicant. Source lab.sh first.
#
# Certificates lie in $LAB_DIR/certs: NAME.crt, NAME.key. The site's CA is what `ostiary init` made in $LAB_ROOT.

CERTS=$LAB_DIR/certs

# site_keys: CA, gateway key and certificate for gw.example.org.
site_keys() {
	mkdir -p "$CERTS"
	"$LAB_BIN/ostiary" --root "$LAB_ROOT" init --name gw.example.org >"$LAB_DIR/init.log" 2>&1 || lab_fail "ostiary init: $(cat "$LAB_DIR/init.log")"
	cp "$LAB_ROOT/etc/ostiary/pki/ca.crt" "$CERTS/ca.crt"
}

# cert_ca NAME [CN]: a CA that this site does not know.
cert_ca() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=${2:-$1}" \
		-addext "keyUsage=critical,keyCertSign,cRLSign" -keyout "$CERTS/$1.key" -out "$CERTS/$1.crt" >>"$LAB_DIR/openssl.log" 2>&1 || lab_fail "openssl: CA $1"
}

# cert_key NAME ec|rsa:BITS
cert_key() {
	case $2 in
	ec) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$CERTS/$1.key" ;;
	rsa:*) openssl genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:${2#rsa:}" -out "$CERTS/$1.key" ;;
	esac >>"$LAB_DIR/openssl.log" 2>&1 || lab_fail "openssl: key $1"
}

# cert_issue NAME KEY SAN [CA [DAYS [USAGE]]]: a certificate that `ostiary device enroll` would not make. DAYS below 0: past its date.
cert_issue() {
	local ca=$LAB_ROOT/etc/ostiary/pki/ca days=${5:-30} from until
	[ "${4:-site}" = site ] || ca=$CERTS/$4
	from=$(date -u -d "-60 days" +%Y%m%d%H%M%SZ)
	until=$(date -u -d "$days days" +%Y%m%d%H%M%SZ)
	cert_key "$1" "$2"
	mkdir -p "$LAB_DIR/ca-$1"
	: >"$LAB_DIR/ca-$1/index"
	printf '[ca]\ndefault_ca = x\n[x]\ndatabase = %s\nnew_certs_dir = %s\nrand_serial = yes\ndefault_md = sha256\npolicy = p\nx509_extensions = e\nunique_subject = no\n[p]\ncommonName = supplied\n[e]\nbasicConstraints = CA:FALSE\nkeyUsage = critical,digitalSignature\nextendedKeyUsage = %s\nsubjectAltName = %s\n' \
		"$LAB_DIR/ca-$1/index" "$LAB_DIR/ca-$1" "${6:-clientAuth}" "$3" >"$LAB_DIR/ca-$1/conf"
	{
		openssl req -new -key "$CERTS/$1.key" -subj "/CN=$1" -out "$LAB_DIR/ca-$1/csr" &&
			openssl ca -batch -notext -config "$LAB_DIR/ca-$1/conf" -cert "$ca.crt" -keyfile "$ca.key" -in "$LAB_DIR/ca-$1/csr" \
				-startdate "$from" -enddate "$until" -out "$CERTS/$1.crt"
	} >>"$LAB_DIR/openssl.log" 2>&1 || lab_fail "openssl: certificate $1: $(tail -n 3 "$LAB_DIR/openssl.log")"
}

# supplicant NAME NS VERSION CERT [CA [DOMAIN]]: starts wpa_supplicant in a device's namespace; its log is $LAB_DIR/NAME.log.
# VERSION 1.2, 1.3 or any; CERT - : it has none.
supplicant() {
	local name=$1 ns=$2 phase1="tls_disable_tlsv1_3=1" conf=$LAB_DIR/$1.conf
	# TLS 1.3 is off by default in wpa_supplicant 2.10; switching 1.2 off alone would make it fall to 1.1
	[ "$3" != 1.3 ] || phase1="tls_disable_tlsv1_0=1 tls_disable_tlsv1_1=1 tls_disable_tlsv1_2=1 tls_disable_tlsv1_3=0"
	[ "$3" != any ] || phase1="tls_disable_tlsv1_3=0"
	{
		printf 'ctrl_interface=%s/ctrl-%s\nap_scan=0\neapol_version=2\nnetwork={\n key_mgmt=IEEE8021X\n eap=TLS\n identity="@example.org"\n eapol_flags=0\n' "$LAB_DIR" "$name"
		printf ' ca_cert="%s/%s.crt"\n domain_match="%s"\n phase1="%s"\n' "$CERTS" "${5:-ca}" "${6:-gw.example.org}" "$phase1"
		# without one it refuses the method: an empty list of certificates it cannot be made to show
		[ "$4" = - ] || printf ' client_cert="%s/%s.crt"\n private_key="%s/%s.key"\n' "$CERTS" "$4" "$CERTS" "$4"
		printf ' openssl_ciphers="DEFAULT@SECLEVEL=0"\n}\n' # else OpenSSL itself refuses to use a short key
	} >"$conf"
	: >"$LAB_DIR/$name.log"
	lab_spawn "$name" "$ns" wpa_supplicant -D wired -i eth0 -c "$conf" -t
}

supplicant_in() { grep -q 'CTRL-EVENT-EAP-SUCCESS' "$LAB_DIR/$1.log"; }
supplicant_out() { grep -q 'CTRL-EVENT-EAP-FAILURE' "$LAB_DIR/$1.log"; }
supplicant_told() { supplicant_in "$1" || supplicant_out "$1"; }

# ---- the gateway, with ostiary run; a scenario of devices has these in common ----

OST=("$LAB_BIN/ostiary" --root "$LAB_ROOT")
gateway_healthy() { "${OST[@]}" status >/dev/null 2>&1; }
gateway_authd_there() { [ "$(metric ostiary_authd_up)" = 1 ] && [ "$(metric ostiary_dataplane_up)" = 1 ] && lab_logged run 'authd .*connected to the data plane'; }
gateway_start() {
	lab_spawn run gw "${OST[@]}" run
	lab_wait "health" 30 gateway_healthy
	lab_wait "the authenticator" 20 gateway_authd_there
}
metrics() { curl -s --max-time 5 --unix-socket "$LAB_ROOT/run/ostiary/api.sock" http://localhost/metrics; }
# metric NAME: the sum of its series
metric() { metrics | awk -v n="$1" '{ split($1, p, "{") } p[1] == n { s += $2 } END { printf "%d\n", s }'; }
# program_pid NAME: of the child of ostiary run with this name (ostiaryd, ostiary-authd, ostiary-dataplane)
program_pid() { pgrep -P "$(pgrep -P "${LAB_PIDS[run]}" -x ostiary || echo "${LAB_PIDS[run]}")" -x "${1:0:15}"; }
# program_cpu_ms PID: CPU time of the process. program_rss_kb PID: its resident memory.
program_cpu_ms() { awk -v hz="$(getconf CLK_TCK)" '{ print int(($14 + $15) * 1000 / hz) }' "/proc/$1/stat"; }
program_rss_kb() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }
program_peak_kb() { awk '/^VmHWM/ { print $2 }' "/proc/$1/status"; }
# gateway_accounts PORTS: received = forwarded + refused on every port, of which there are so many, as /metrics tells it
gateway_accounts() {
	metrics | "$LAB_PYTHON" -c '
import collections, re, sys
n = collections.defaultdict(collections.Counter)
for line in sys.stdin:
    m = re.match(r"ostiary_(?:port_)?(received|forwarded|refused)_packets_total\{port=\"([^\"]+)\"[^}]*\} (\d+)", line)
    if m:
        n[m[2]][m[1]] += int(m[3])
bad = {p: dict(c) for p, c in n.items() if c["received"] != c["forwarded"] + c["refused"]}
sys.exit(f"accounts: {bad}" if bad or len(n) != int(sys.argv[1]) else 0)' "$1" || lab_fail "the accounts do not balance"
	lab_say "ok: received = forwarded + refused on every port"
}
