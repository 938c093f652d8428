#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""eapol_twice.py INTERFACE CA CERTIFICATE: a device that is asked twice at once, as a member of the group and by its MAC, and answers
both, before it hears of a conversation. As wpa_supplicant does, it acknowledges a beginning in the midst of a conversation. Prints "in"
and ends with 0 when it is in."""
import sys
import time

from eapol_peer import FAILURE, GROUP, IDENTITY, REQUEST, RESPONSE, START, TLS, Device, Wire, client_context, eap, eapol

MAC, WITHIN_S = b"\x0e\0\0\0\0\x01", 20.0


def questions(wire):
    """The identifiers of a question to everybody and one to us."""
    to_all, to_us, end, asked = None, None, time.monotonic() + WITHIN_S, 0.0
    while time.monotonic() < end:
        if to_all is not None and to_us is not None:
            return to_all, to_us
        if to_all is not None and time.monotonic() - asked > 1:
            asked = time.monotonic()
            wire.send(MAC, eapol(START))
        got = wire.hear(0.1)
        if got is None or got[1][0] != REQUEST or got[1][4:5] != bytes([IDENTITY]):
            continue
        if got[0] == GROUP:
            to_all = got[1][1]
        elif got[0] == MAC:
            to_us = got[1][1]
    sys.exit("it was not asked")


def main():
    interface, ca, certificate = sys.argv[1:]
    wire, device = Wire(interface), Device(MAC, client_context(ca, certificate))
    for identifier in questions(wire):
        wire.send(MAC, eapol(0, eap(RESPONSE, identifier, IDENTITY, b"@example.org")))
    begun, end = None, time.monotonic() + WITHIN_S
    while not device.inside:
        got = wire.hear(0.1)
        if time.monotonic() > end:
            sys.exit("it is not in")
        if got is None or got[0] != MAC or got[1][0] == REQUEST and got[1][4] == IDENTITY:
            continue
        packet = got[1]
        if packet[0] == FAILURE:
            sys.exit("it was refused")
        begins = packet[0] == REQUEST and packet[4] == TLS and packet[5] & 0x20
        if begins and begun not in (None, packet[1]):
            wire.send(MAC, eapol(0, eap(RESPONSE, packet[1], TLS, b"\0")))
            continue
        if begins:
            begun = packet[1]
        out = device.answer(packet)
        if out is not None:
            wire.send(MAC, eapol(0, out))
    print("in")


main()
