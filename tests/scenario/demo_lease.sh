#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# udhcpc calls this with what the DHCP server said. DEMO_LEASE and DEMO_RESOLV name the files to write.
set -u
: "${interface:=eth0}" "${ip:=}" "${mask:=24}" "${router:=}" "${dns:=}" "${serverid:=}"
case ${1-} in
bound | renew)
	ip address flush dev "$interface" scope global
	ip address add "$ip/$mask" dev "$interface"
	for via in $router; do
		ip route replace default via "$via"
	done
	for server in $dns; do
		echo "nameserver $server"
	done >"$DEMO_RESOLV"
	echo "$ip $serverid" >"$DEMO_LEASE"
	;;
esac
