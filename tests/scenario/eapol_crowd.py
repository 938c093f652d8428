#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""eapol_crowd.py INTERFACE FOLDER FIRST COUNT FILE: as many devices at one port, each with a MAC and a certificate of its own
(FOLDER/NUMBER.crt and .key). They begin by themselves, a few at a time; from then on each does what the gateway asks, and says nothing else. FILE holds
"proved N least N failures N": proofs in all, of the device that has fewest, failures that were told."""
import os
import struct
import sys
import time

from eapol_peer import FAILURE, GROUP, START, Device, Wire, client_context, eapol

AT_ONCE = 40
AGAIN_S = 6.0


def main():
    interface, folder, first, count, path = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
    wire = Wire(interface)
    devices = {}
    for number in range(first, first + count):
        mac = b"\x0e\0\0\0" + struct.pack(">H", number)
        devices[mac] = Device(mac, client_context(f"{folder}/ca.crt", f"{folder}/{number}"))
    waiting, begun = list(devices.values()), {}  # begun: MAC -> when, of those that were never in
    failures, proved, written = 0, 0, 0.0

    def take(device, packet):
        nonlocal failures, proved
        before = device.times
        out = device.answer(packet)
        if packet[0] == FAILURE:
            failures += 1
            print(f"{device.mac.hex()}: {device.why}", flush=True)
        proved += device.times - before
        if device.times:
            begun.pop(device.mac, None)
        if out is not None:
            wire.send(device.mac, eapol(0, out))

    while True:
        now = time.monotonic()
        for mac, when in list(begun.items()):
            if now - when > AGAIN_S:
                begun[mac] = now
                wire.send(mac, eapol(START))
        while waiting and len(begun) < AT_ONCE:
            device = waiting.pop()
            begun[device.mac] = now
            wire.send(device.mac, eapol(START))
        got = wire.hear(0.05)
        if got is not None and got[0] == GROUP:
            for device in devices.values():
                take(device, got[1])
        elif got is not None and got[0] in devices:
            take(devices[got[0]], got[1])
        if now - written > 0.1:
            written = now
            with open(path + ".new", "w", encoding="ascii") as f:
                f.write(f"proved {proved} least {min(d.times for d in devices.values())} failures {failures}\n")
            os.rename(path + ".new", path)


main()
