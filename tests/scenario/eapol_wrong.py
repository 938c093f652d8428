#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""eapol_wrong.py INTERFACE CA: conversations of 802.1X that are wrong on purpose, each from a MAC of its own. What
has to come back is EAP-Failure or nothing, never success; ends with 1 when something else did. A device that says the same
and is wrong in nothing (its certificate aside) gets as far as it should, so that silence is not mistaken for a refusal."""
import struct
import sys

from eapol_peer import BEGIN, FAILURE, GROUP, LENGTH, LOGOFF, MORE, NAK, RESPONSE, REQUEST, START, SUCCESS, TLS, Wire, client_context, \
    client_hello, eap, eapol

WAIT_S = 0.4
failed = []


class Peer:
    """One MAC, and the gateway's last request to it."""

    def __init__(self, wire, number):
        self.wire, self.mac, self.request = wire, b"\x0e\0\0\0" + struct.pack(">H", number), None

    def say(self, payload, to=GROUP):
        self.wire.send(self.mac, payload, to)

    def tell(self, flags, data=b"", length=None, identifier=None, total=None, code=RESPONSE):
        """An EAP-TLS response; total: the TLS Message Length, with its flag."""
        if total is not None:
            flags, data = flags | LENGTH, struct.pack(">I", total) + data
        self.say(eapol(0, eap(code, self.request[1] if identifier is None else identifier, TLS, bytes([flags]) + data, length)))

    def hear(self, seconds=2.0):
        """The next EAP packet for this MAC, None: silence."""
        while True:
            got = self.wire.hear(seconds)
            if got is None:
                return None
            if got[0] == self.mac:
                self.request = got[1]
                return got[1]

    def begun(self):
        """EAPOL-Start, identity: the gateway has begun EAP-TLS."""
        self.say(eapol(START))
        self.identity()
        self.say(eapol(0, eap(RESPONSE, self.request[1], 1, b"@example.org")))
        got = self.hear()
        assert got and got[0] == REQUEST and got[4] == TLS and got[5] & BEGIN, f"no start of EAP-TLS: {got}"

    def identity(self):
        got = self.hear()
        assert got and got[0] == REQUEST and got[4] == 1, f"no Identity request: {got}"


def end_of(peer, seconds=WAIT_S):
    """failure, success, silence (nothing at all), or request."""
    last = "silence"
    while (got := peer.hear(seconds)) is not None:
        last = {SUCCESS: "success", FAILURE: "failure", REQUEST: "request"}.get(got[0], f"code {got[0]}")
        if last in ("success", "failure"):
            break
    return last


def case(name, wanted, what, wire, number):
    peer = Peer(wire, number)
    what(peer)
    end = end_of(peer)
    good = end in wanted
    print(f"{'ok' if good else 'not ok'}: {name}: {end}", flush=True)
    if not good:
        failed.append(name)


def fragments_for_ever(peer):
    """One byte at a time, always with more to come: ends by the number of rounds."""
    peer.begun()
    peer.tell(MORE, b"\x16", total=8000)
    for rounds in range(1, 100):
        got = peer.hear(1.0)
        if got is None or got[0] != REQUEST:
            break
        peer.tell(MORE, b"\x03")
    assert got is not None and got[0] == FAILURE and rounds <= 41, f"{rounds} rounds, then {got}"
    peer.wire.send(peer.mac, eapol(0, eap(RESPONSE, peer.request[1], TLS, b"\0")))
    again = peer.hear(WAIT_S)
    assert again is None, f"after the failure: {again}"
    peer.hear = lambda seconds=0: None
    print(f"ok: one byte at a time: failure after {rounds} rounds", flush=True)


def cases(hello):
    def begun(*rest, **more):
        def what(peer):
            peer.begun()
            peer.tell(*rest, **more)
        return what

    def after_first(first, *rest, **more):
        def what(peer):
            peer.begun()
            peer.tell(*first[0], **first[1])
            assert peer.hear(), "the first fragment was not acknowledged"
            peer.tell(*rest, **more)
        return what

    def while_it_sends(peer):
        peer.begun()
        peer.tell(0, hello)
        got = peer.hear()
        assert got and got[0] == REQUEST, f"no flight: {got}"
        peer.tell(0, hello)

    def many(count, make):
        def what(peer):
            peer.begun()
            for i in range(count):
                peer.say(make(peer, i))
        return what

    def naks(peer):
        peer.begun()
        for _ in range(5):
            peer.say(eapol(0, eap(RESPONSE, peer.request[1], NAK, b"\x19")))
            if (got := peer.hear(WAIT_S)) is None or got[0] != REQUEST:
                break
        peer.hear = lambda seconds=0, got=got: got

    def bare(payload, **more):
        return lambda peer: peer.say(payload, **more)

    no = ("failure", "silence")
    return [
        ("TLS length 2^32-1", no, begun(0, hello[:100], total=0xFFFFFFFF)),
        ("TLS length 2^32-1, more to come", no, begun(MORE, hello[:100], total=0xFFFFFFFF)),
        ("TLS length above 16 kB", no, begun(MORE, hello[:100], total=16385)),
        ("TLS length 0", no, begun(0, hello[:100], total=0)),
        ("TLS length 0, more to come", no, begun(MORE, hello[:100], total=0)),
        ("TLS length below the fragment's", no, begun(0, hello, total=10)),
        ("TLS length below the fragment's, more to come", no, begun(MORE, hello, total=10)),
        ("TLS length above what comes", no, begun(0, hello, total=len(hello) + 1)),
        ("TLS length that changes", no, after_first(((MORE, hello[:50]), {"total": len(hello)}), MORE, hello[50:80], total=len(hello) + 7)),
        ("more fragments than the TLS length", no, after_first(((MORE, hello[:50]), {"total": 60}), 0, hello[50:])),
        ("length flag without a length", no, begun(LENGTH, b"\0\0")),
        ("more to come, and nothing in it", no, begun(MORE)),
        ("an acknowledgement when nothing was sent", no, begun(0)),
        ("a start from the device", no, begun(BEGIN, hello)),
        ("reserved flags and no TLS", no, begun(0x1F, bytes(40))),
        ("what is no TLS", no, begun(0, b"GET / HTTP/1.0\r\n\r\n")),
        ("a TLS record of 64 kB", no, begun(0, b"\x16\x03\x01\xff\xff" + bytes(900))),
        ("data while the gateway sends", ("failure", "silence", "request"), while_it_sends),
        ("a request from the device", ("silence", "request"), begun(0, hello, code=REQUEST)),
        ("success from the device", ("silence", "request"), begun(0, hello, code=SUCCESS)),
        ("another identifier", ("silence", "request"), many(3, lambda p, i: eapol(0, eap(RESPONSE, p.request[1] ^ (1 + i), TLS, b"\0" + hello)))),
        ("an EAP length beyond the frame", ("silence", "request"), begun(0, hello, length=1400)),
        ("an EAP length of 4", ("silence", "request"), begun(0, hello, length=4)),
        ("nothing but method NAKs", no, naks),
        ("an EAPOL length beyond the frame", ("silence",), bare(eapol(START, b"x" * 30, length=0xFFFF))),
        ("an EAPOL length of 1,600 and an EAP packet", ("silence",), bare(eapol(0, eap(RESPONSE, 1, 1, b"me"), length=1600))),
        ("EAP of 1,501 bytes, cut short", ("silence",), bare(eapol(0, eap(RESPONSE, 1, 1, b"a" * 1400, length=1501)))),
        ("an identity that nobody asked for", ("silence", "request"), bare(eapol(0, eap(RESPONSE, 0, 1, b"me")))),
        ("EAP-TLS that nobody asked for", ("silence",), bare(eapol(0, eap(RESPONSE, 1, TLS, b"\0" + hello)))),
        ("a key frame", ("silence",), bare(eapol(3, bytes(95)))),
        ("an alert", ("silence",), bare(eapol(4, bytes(60)))),
        ("logoff of who never was in", ("silence",), bare(eapol(LOGOFF))),
        ("an unknown type", ("silence",), bare(eapol(99, bytes(20)))),
    ]


def main():
    wire = Wire(sys.argv[1])
    hello = client_hello(client_context(sys.argv[2]))
    # The check of the checks: one who says what he should gets the gateway's flight.
    peer = Peer(wire, 0)
    peer.begun()
    peer.tell(0, hello)
    got = peer.hear()
    assert got and got[0] == REQUEST and got[4] == TLS and len(got) > 500, f"no flight: {got}"
    print(f"ok: a device that is wrong in nothing hears the gateway's flight, {len(got)} bytes", flush=True)
    fragments_for_ever(Peer(wire, 1))
    for number, (name, wanted, what) in enumerate(cases(hello), 2):
        case(name, wanted, what, wire, number)
    return 1 if failed else 0


sys.exit(main())
