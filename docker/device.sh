#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A device of the compose lab: device.sh honest | compromised
set -eu
ethtool -K eth0 tx off >/dev/null
ip address flush dev eth0
ip route flush dev eth0
DEMO_LEASE=/tmp/lease DEMO_RESOLV=/etc/resolv.conf busybox udhcpc -i eth0 -f -q -t 30 -T 1 -s /usr/local/bin/demo_lease.sh
echo "address and server: $(cat /tmp/lease)"
while sleep 5; do
	if [ "$1" = honest ]; then
		curl -sS --max-time 4 http://updates.plant.example/firmware.txt || true
	else
		nmap -n -Pn --unprivileged -sT -p 22,80,443,1883 --max-retries 0 10.77.0.2 10.77.0.3 | grep -E 'open|filtered' || true
	fi
done
