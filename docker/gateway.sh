#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The gateway's container: names the wires by the addresses that docker dealt out (compose.yaml), takes the
# addresses off, seals the interfaces and runs every program.
set -eu

ports=
for interface in /sys/class/net/*; do
	interface=${interface##*/}
	case $(ip -4 -o address show dev "$interface") in
	*" 192.0.2."[1-6]/*) port=dev1 side=device ;;
	*" 192.0.2.9/"* | *" 192.0.2.1"[0-4]/*) port=dev3 side=device ;;
	*" 192.0.2."1[7-9]/* | *" 192.0.2."2[0-2]/*) port=net1 side=network ;;
	*) continue ;;
	esac
	ip link set "$interface" down
	ip address flush dev "$interface"
	ip link set "$interface" name "$port"
	ip link set "$port" up
	ports="$ports $port:$side"
done
[ -n "$ports" ] || {
	echo "gateway: no wire of compose.yaml is here" >&2
	exit 2
}
{
	echo "ostiary: 1"
	echo "ports:"
	for item in $ports; do
		echo "  ${item%:*}: { side: ${item#*:}, interface: ${item%:*}, driver: af_packet }"
	done
} >/etc/ostiary/ostiary.yaml
for item in $ports; do
	ostiary-seal "${item%:*}"
done
# Keys of this gateway's own, once: no image carries any.
[ -e /etc/ostiary/pki/gateway.key ] || ostiary init --name gw.plant.example
exec ostiary run
