#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sends whole UDP packets, each from a MAC that nobody has. Usage: random_macs.py INTERFACE COUNT"""
import random
import socket
import struct
import sys

interface, count = sys.argv[1], int(sys.argv[2])
chance = random.Random(count)
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((interface, 0))


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 32, 0, 0, 64, 17, 0, bytes([10, 77, 0, 66]), bytes([10, 77, 0, 1]))
ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
rest = b"\x08\x00" + ip + struct.pack(">HHHH", 4000, 9, 12, 0) + b"ostiary" + bytes(15)
to = bytes.fromhex("020000000e01")
sent = 0
while sent < count:
    try:
        s.send(to + b"\x06" + chance.randbytes(5) + rest)
        sent += 1
    except OSError:  # no buffer space
        continue
print(sent)
