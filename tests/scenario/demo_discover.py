#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Broadcasts DHCP DISCOVERs from an ordinary socket, which the kernel also gives to a server on the same
machine: it makes a rogue dnsmasq speak up on the wire. Usage: demo_discover.py INTERFACE MAC COUNT
"""
import socket
import struct
import sys
import time

interface, mac, count = sys.argv[1], bytes.fromhex(sys.argv[2].replace(":", "")), int(sys.argv[3])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
s.bind(("", 68))
for n in range(count):
    message = struct.pack(">BBBBIHH16s16s192x4s", 1, 1, 6, 0, 0x05711A00 + n, 0, 0x8000, b"", mac, b"\x63\x82\x53\x63")
    s.sendto(message + b"\x35\x01\x01\xff", ("255.255.255.255", 67))
    time.sleep(0.2)  # a pace, not a wait
