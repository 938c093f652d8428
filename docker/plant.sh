#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The network side of the compose lab: DHCP and DNS, an MQTT broker, an HTTP server.
set -eu
ethtool -K eth0 tx off >/dev/null
ip address flush dev eth0
for address in 1 2 3; do
	ip address add "10.77.0.$address/24" dev eth0
done
mkdir -p /srv/www
echo "firmware 4.2 for cam-01" >/srv/www/firmware.txt
printf 'listener 1883 10.77.0.2\nallow_anonymous true\npersistence false\n' >/tmp/mosquitto.conf
mosquitto -c /tmp/mosquitto.conf &
python3 -u -m http.server 80 --bind 10.77.0.3 --directory /srv/www &
exec dnsmasq --keep-in-foreground --conf-file=/dev/null --interface=eth0 --no-resolv --no-hosts --dhcp-authoritative \
	--dhcp-range=10.77.0.100,10.77.0.150,255.255.255.0,10m --dhcp-option=option:router,10.77.0.1 \
	--dhcp-option=option:dns-server,10.77.0.1 --address=/broker.plant.example/10.77.0.2 \
	--address=/updates.plant.example/10.77.0.3 --log-facility=-
