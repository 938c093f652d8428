#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Traffic that tells whether it gets through, for scenarios that take the gateway's programs away. What is known lies in a
file of one line "name number name number ...", written anew some times a second.

  flow_peer.py server FILE                  answers TCP (10.77.0.1:80) line by line, counts numbered UDP (port 81) and whatever
                                            an intruder got through: echoes udp udp_lost intruder
  flow_peer.py client FILE                  a line and a datagram every 5 ms, for ever; a connection that is silent for 3 s is
                                            given up and made anew: connections echoes worst_ms, worst_ms of the connection in use
  flow_peer.py intruder INTERFACE MAC IP HIS_MAC HIS_IP   every millisecond a frame of its own or in another one's name: IPv4 (UDP,
                                            TCP), ARP, IPv6
"""
import os
import select
import socket
import struct
import sys
import time

SERVER, TCP, UDP = "10.77.0.1", 80, 81
SERVER_MAC = bytes.fromhex("020000000e01")
MARK = b"intruder!"
PERIOD_S, SILENT_S = 0.005, 3.0


class Known:
    def __init__(self, path, **numbers):
        self.path, self.numbers, self.written = path, numbers, 0.0
        self.write()

    def write(self):
        now = time.monotonic()
        if now - self.written < 0.02:
            return
        self.written = now
        with open(self.path + ".new", "w", encoding="ascii") as f:
            f.write(" ".join(f"{k} {v}" for k, v in self.numbers.items()) + "\n")
        os.rename(self.path + ".new", self.path)

    def add(self, name, n=1):
        self.numbers[name] += n


def server(path):
    known = Known(path, echoes=0, udp=0, udp_lost=0, intruder=0)
    listening = socket.create_server((SERVER, TCP), backlog=64)
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind((SERVER, UDP))
    datagrams.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)  # SO_RCVBUFFORCE: what is lost is not lost here
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    raw.bind(("eth0", 0))
    foreign = bytes.fromhex(sys.argv[3].replace(":", "")) if len(sys.argv) > 3 else None
    last, connections = None, []
    while True:
        for s in select.select([listening, datagrams, raw, *connections], [], [], 0.05)[0]:
            if s is listening:
                connections.append(listening.accept()[0])
            elif s is datagrams:
                data = s.recv(64)
                if len(data) != 8:
                    continue
                number = struct.unpack(">Q", data)[0]
                known.add("udp")
                if last is not None and number > last + 1:
                    known.add("udp_lost", number - last - 1)
                last = number
            elif s is raw:
                frame, address = s.recvfrom(2048)
                if address[2] != socket.PACKET_OUTGOING and (MARK in frame or frame[6:12] == foreign):
                    known.add("intruder")
                    print(time.time(), frame.hex(), flush=True)
            else:
                try:
                    data = s.recv(4096)
                    s.sendall(data)
                except OSError:
                    data = b""
                known.add("echoes", data.count(b"\n"))
                if not data:
                    connections.remove(s)
                    s.close()
        known.write()


def client(path):
    known = Known(path, connections=0, echoes=0, worst_ms=0)
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    stream, number, due = None, 0, time.monotonic()
    while True:
        now = time.monotonic()
        if now >= due:
            due = max(due + PERIOD_S, now - 1)
            number += 1
            datagram(datagrams, number)
            stream = line(stream, number)
        if stream is None:
            stream = connect(known)
            heard = time.monotonic()
            continue
        if select.select([stream], [], [], max(0.0, due - time.monotonic()))[0]:
            heard, stream = echo(stream, known, heard)
        if stream is not None and time.monotonic() - heard > SILENT_S:
            stream.close()
            stream = None
        known.write()


def datagram(s, number):
    try:
        s.sendto(struct.pack(">Q", number), (SERVER, UDP))
    except OSError:
        pass


def line(s, number):
    try:
        if s is not None:
            s.send(b"%d\n" % number, socket.MSG_DONTWAIT)
    except BlockingIOError:
        pass
    except OSError:
        s.close()
        return None
    return s


def echo(s, known, heard):
    now = time.monotonic()
    try:
        data = s.recv(4096)
    except OSError:
        data = b""
    if not data:
        s.close()
        return now, None
    known.add("echoes", data.count(b"\n"))
    known.numbers["worst_ms"] = max(known.numbers["worst_ms"], int((now - heard) * 1000))
    return now, s


def connect(known):
    known.write()
    s = socket.socket()
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    s.settimeout(1.0)
    try:
        s.connect((SERVER, TCP))
    except OSError:
        s.close()
        time.sleep(0.02)
        return None
    known.add("connections")
    known.numbers["worst_ms"] = 0
    return s


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(source, protocol, payload):
    header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0, socket.inet_aton(source), socket.inet_aton(SERVER))
    return header[:10] + struct.pack(">H", checksum(header)) + header[12:] + payload


def intruder(interface, *names):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind((interface, 0))
    frames = []
    for mac, ip in zip(names[::2], names[1::2]):
        head = SERVER_MAC + bytes.fromhex(mac.replace(":", ""))
        udp = struct.pack(">HHHH", 4000, UDP, 8 + len(MARK), 0) + MARK
        tcp = struct.pack(">HHIIBBHHH", 4000, TCP, 1, 0, 0x50, 2, 1024, 0, 0) + MARK
        arp = struct.pack(">HHBBH6s4s6s4s", 1, 0x800, 6, 4, 1, head[6:], socket.inet_aton(ip), bytes(6), socket.inet_aton(SERVER)) + MARK
        v6 = struct.pack(">IHBB16s16s", 6 << 28, 8 + len(MARK), 17, 64, socket.inet_pton(socket.AF_INET6, "fd77::66"),
                         socket.inet_pton(socket.AF_INET6, "fd77::1")) + udp
        for kind, payload in ((0x800, ipv4(ip, 17, udp)), (0x800, ipv4(ip, 6, tcp)), (0x806, arp), (0x86DD, v6)):
            frames.append((head + struct.pack(">H", kind) + payload).ljust(60, b"\0"))
    for number in range(1 << 62):
        try:
            s.send(frames[number % len(frames)])
        except OSError:
            pass
        time.sleep(0.001)


try:
    {"server": server, "client": client, "intruder": intruder}[sys.argv[1]](*(sys.argv[2:3] if sys.argv[1] != "intruder" else sys.argv[2:]))
except KeyboardInterrupt:
    pass
