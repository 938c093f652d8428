#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections that are held open, and tell whether they still carry anything, for scenarios that change the policy under them.

  held_flows.py serve ADDRESS PORT...      echoes TCP on these ports
  held_flows.py hold FILE ADDRESS:PORT...  a connection to each, in this order; a line on each every 20 ms. FILE has the echoes that came
                                           back, written anew some times a second: "ADDRESS:PORT ECHOES" a line
"""
import os
import select
import socket
import sys
import time


def serve(address, ports):
    listening = [socket.create_server((address, int(p)), backlog=16) for p in ports]
    connections = []
    while True:
        for s in select.select(listening + connections, [], [])[0]:
            if s in listening:
                connections.append(s.accept()[0])
                continue
            try:
                data = s.recv(4096)
                s.sendall(data)
            except OSError:
                data = b""
            if not data:
                connections.remove(s)
                s.close()


def connect(target):
    address, port = target.rsplit(":", 1)
    while True:
        s = socket.socket()
        s.settimeout(1.0)
        try:
            s.connect((address, int(port)))
            s.setblocking(False)
            return s
        except OSError:
            s.close()
            time.sleep(0.02)


def hold(path, targets):
    held = {connect(t): t for t in targets}
    echoes = dict.fromkeys(targets, 0)
    due = time.monotonic()
    while True:
        if time.monotonic() >= due:
            due = time.monotonic() + 0.02
            for s in held:
                try:
                    s.send(b"line\n")
                except OSError:
                    pass
            with open(path + ".new", "w", encoding="ascii") as f:
                f.writelines(f"{t} {n}\n" for t, n in echoes.items())
            os.rename(path + ".new", path)
        for s in select.select(list(held), [], [], max(0.0, due - time.monotonic()))[0]:
            try:
                data = s.recv(4096)
            except OSError:
                data = b""
            echoes[held[s]] += data.count(b"\n")
            if not data:
                del held[s]


try:
    if sys.argv[1] == "serve":
        serve(sys.argv[2], sys.argv[3:])
    else:
        hold(sys.argv[2], sys.argv[3:])
except KeyboardInterrupt:
    pass
