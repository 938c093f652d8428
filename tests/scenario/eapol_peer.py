# SPDX-License-Identifier: GPL-2.0-or-later
"""Devices that speak 802.1X out of an interface, many of them in one process. Their TLS is Python's (OpenSSL); the rest is
written here, so that it can also be wrong on purpose."""
import selectors
import socket
import ssl
import struct
import time

GROUP = b"\x01\x80\xc2\x00\x00\x03"
ETHERTYPE = 0x888E
START, LOGOFF = 1, 2
REQUEST, RESPONSE, SUCCESS, FAILURE = 1, 2, 3, 4
IDENTITY, NAK, TLS = 1, 3, 13
MORE, LENGTH, BEGIN = 0x40, 0x80, 0x20


def client_context(ca, certificate=None, tls13=True):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(ca)
    if certificate:
        context.load_cert_chain(certificate + ".crt", certificate + ".key")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_3 if tls13 else ssl.TLSVersion.TLSv1_2
    return context


def client_hello(context):
    outgoing = ssl.MemoryBIO()
    try:
        context.wrap_bio(ssl.MemoryBIO(), outgoing).do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def eapol(kind, body=b"", version=2, length=None):
    return struct.pack(">BBH", version, kind, len(body) if length is None else length) + body


def eap(code, identifier, kind=None, data=b"", length=None):
    body = b"" if kind is None else bytes([kind]) + data
    return struct.pack(">BBH", code, identifier, 4 + len(body) if length is None else length) + body


class Wire:
    """802.1X frames of an interface."""

    def __init__(self, interface):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE))
        self.socket.bind((interface, ETHERTYPE))
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)  # SO_RCVBUFFORCE
        self.socket.setblocking(False)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.socket, selectors.EVENT_READ)

    def send(self, mac, payload, to=GROUP):
        frame = to + mac + struct.pack(">H", ETHERTYPE) + payload
        self.socket.send(frame.ljust(60, b"\0"))

    def speak(self, mac):
        """What a device that believes itself in says now and then: a gratuitous ARP request, of no address."""
        arp = struct.pack(">HHBBH", 1, 0x0800, 6, 4, 1) + mac + bytes(4) + bytes(6) + bytes(4)
        self.socket.send((b"\xff" * 6 + mac + b"\x08\x06" + arp).ljust(60, b"\0"))

    def hear(self, seconds):
        """(destination, EAP packet) or None when nothing came in time."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                frame = self.socket.recv(2048)
            except BlockingIOError:
                left = deadline - time.monotonic()
                if left <= 0 or not self.selector.select(left):
                    return None
                continue
            if len(frame) >= 22 and frame[15] == 0:
                length = struct.unpack(">H", frame[20:22])[0]
                if 4 <= length <= len(frame) - 18:
                    return frame[:6], frame[18:18 + length]


class Device:
    """The supplicant's end of a conversation: an EAP packet in, an EAP packet out, or None."""

    def __init__(self, mac, context):
        self.mac, self.context = mac, context
        self.inside, self.why, self.times = False, "", 0
        self.begin()

    def begin(self):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = self.context.wrap_bio(self.incoming, self.outgoing)
        self.waiting, self.total, self.last = b"", 0, (None, None)

    def answer(self, packet):
        code, identifier = packet[0], packet[1]
        if code == SUCCESS:
            self.inside, self.times = True, self.times + 1
        elif code == FAILURE:
            self.inside, self.why = False, "EAP-Failure"
        if code != REQUEST or len(packet) < 5:
            return None
        if packet[4] == IDENTITY:
            self.begin()
            return eap(RESPONSE, identifier, IDENTITY, b"@example.org")
        if packet[4] != TLS or len(packet) < 6:
            return eap(RESPONSE, identifier, NAK, bytes([TLS]))
        if self.last[0] != packet:  # else it was repeated: the same answer again
            self.last = (packet, self.tls_answer(identifier, packet[5], packet))
        return self.last[1]

    def tls_answer(self, identifier, flags, packet):
        if flags & BEGIN:
            self.begin()
        if not self.waiting:
            self.incoming.write(packet[10 if flags & LENGTH else 6:])
            if not flags & MORE:
                self.advance()
                self.waiting = self.outgoing.read()
                self.total = len(self.waiting)
        part, first = self.waiting[:1000], len(self.waiting) == self.total
        self.waiting = self.waiting[1000:]
        flags, length = MORE if self.waiting else 0, b""
        if self.waiting and first:
            flags, length = flags | LENGTH, struct.pack(">I", self.total)
        return eap(RESPONSE, identifier, TLS, bytes([flags]) + length + part)

    def advance(self):
        try:
            self.tls.do_handshake()
            self.tls.read(1)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as e:
            self.why = str(e)
