#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a running gateway has written down, for the demo.

  demo_books.py ROOT count REASON [above N]   packets refused for a reason; waits until they are more than N
  demo_books.py ROOT settled                  0 when log and counters tell the demo's story, else says what is missing
  demo_books.py ROOT replayed FILE            0 when `ostiary replay --json` of plug-03's wire came to the same verdicts
  demo_books.py ROOT show                     tables for people
"""
import http.client
import json
import os
import pathlib
import re
import socket
import sys
import textwrap
import time

PATIENCE_S = 6
STORY = {"not-allowed": "plug-03", "arp-spoof": "plug-03", "dhcp-server": "plug-03", "mac-wrong-port": None}
COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ


class Api(http.client.HTTPConnection):
    """HTTP on the unix socket of ostiaryd."""

    def __init__(self, path):
        super().__init__("localhost", timeout=5)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(5)
        self.sock.connect(str(self.path))

    def text(self, what):
        self.request("GET", what)
        response = self.getresponse()
        body = response.read().decode()
        if response.status != 200:
            sys.exit(f"demo_books: {what}: {response.status} {body.strip()}")
        return body

    def json(self, what):
        return json.loads(self.text(what))


def refused(api):
    """{(port, reason): packets}"""
    lines = re.findall(r'^ostiary_refused_packets_total\{port="([^"]*)",side="[^"]*",reason="([^"]*)"\} (\d+)',
                       api.text("/metrics"), re.MULTILINE)
    return {(port, reason): int(n) for port, reason, n in lines}


def count(api, reason, above):
    deadline = time.monotonic() + PATIENCE_S
    while True:
        n = sum(packets for (_, r), packets in refused(api).items() if r == reason)
        if above is None or n > above or time.monotonic() > deadline:
            return n
        time.sleep(0.1)


def log_lines(root):
    path = root / "var/lib/ostiary/refusals.ndjson"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def missing(api, root):
    """What of the story is not written down yet."""
    lines = [line for line in log_lines(root) if line["event"] == "refused"]
    for reason, device in STORY.items():
        told = [line for line in lines if line["reason"] == reason and line["port"] == "dev3"]
        if not told:
            yield f"no log line for {reason} on dev3"
        elif device is not None and all(line["device"] != device for line in told):
            yield f"no log line for {reason} names {device}"
    devices = {d["name"]: d for d in api.json("/v1/devices")["devices"]}
    for name in ("cam-01", "meter-02", "plug-03"):
        d = devices.get(name)
        if d is None or not d["addresses"] or d["out_packets"] == 0 or d["in_packets"] == 0:
            yield f"{name} has no address or no traffic in the books"


def settled(api, root):
    deadline = time.monotonic() + PATIENCE_S
    while True:
        left = list(missing(api, root))
        if not left or time.monotonic() > deadline:
            for line in left:
                print(f"      {line}", file=sys.stderr)
            return not left
        time.sleep(0.2)


def missed(api, port):
    """Packets of a port that were lost in the kernel, before the gateway saw them."""
    return int(re.search(rf'^ostiary_port_missed_packets_total\{{port="{port}",[^}}]*\}} (\d+)', api.text("/metrics"), re.MULTILINE).group(1))


def replayed(api, path):
    """A stolen MAC cannot show in a capture, which knows no ports; these can. The counters of the wire are fetched once a
    second, so the last packets may not be in them at the first look: seen in CI, and 0.2 s later they were. What the capture has more than
    the gateway counted must be counted as missed."""
    replay = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))["refused_by_reason"]
    deadline = time.monotonic() + PATIENCE_S
    while True:
        wire, lost = refused(api), missed(api, "dev3")
        short = {reason: replay.get(reason, 0) - wire.get(("dev3", reason), 0) for reason in ("not-allowed", "dhcp-server")}
        agrees = min(short.values()) >= 0 and sum(short.values()) <= lost
        if agrees or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    if not agrees:
        print(f"      {short} more in the replay, {lost} missed; replay: {replay}; wire: {wire}", file=sys.stderr)
    return agrees


# ---- tables ----

def dim(text):
    return f"\033[2m{text}\033[0m" if COLOUR else text


def bold(text):
    return f"\033[1m{text}\033[0m" if COLOUR else text


def table(title, heads, rows, right=()):
    widths = [max(len(str(row[i])) for row in [heads, *rows]) for i in range(len(heads))]

    def line(row):
        cells = [str(c).rjust(w) if i in right else str(c).ljust(w) for i, (c, w) in enumerate(zip(row, widths))]
        return "      " + "   ".join(cells).rstrip()

    print(f"\n    {bold(title)}")
    print(dim(line(heads)))
    for row in rows:
        print(line(row))


def meanings(api):
    return {r["reason"]: r["meaning"] for r in api.json("/v1/refusals")["refusals"]}


def show_devices(api):
    rows = [(d["name"], d["role"], d["state"], d["port"] or "-", ", ".join(d["addresses"]) or "-", d["flows_opened"],
             d["out_packets"], d["in_packets"], d["refused_packets"]) for d in api.json("/v1/devices")["devices"]]
    table("Devices", ("name", "role", "state", "port", "address", "allowed flows", "packets from", "packets to", "refused"),
          rows, right=(5, 6, 7, 8))


def show_refused(api):
    words = meanings(api)
    sums = {}
    for (port, reason), packets in refused(api).items():
        sums.setdefault(reason, [0, set()])
        sums[reason][0] += packets
        sums[reason][1].add(port)
    rows = [(n, reason, ",".join(sorted(ports)), textwrap.shorten(words.get(reason, ""), 74, placeholder=" ..."))
            for reason, (n, ports) in sorted(sums.items(), key=lambda item: -item[1][0])]
    table("Refused packets, each for exactly one reason", ("packets", "reason", "port", "meaning"), rows, right=(0,))


def show_log(root):
    print(f"\n    {bold('From the log')}  {dim('var/lib/ostiary/refusals.ndjson, one JSON object a line, some members left out')}")
    shown = set()
    for line in log_lines(root):
        if line["event"] == "refused" and line["reason"] in STORY and line["port"] == "dev3" and line["reason"] not in shown:
            shown.add(line["reason"])
            keep = ("time", "device", "reason", "port", "src_ip", "dst_ip", "protocol", "dst_port", "count")
            print("      " + json.dumps({k: line[k] for k in keep if line.get(k) is not None}))


def show(api, root):
    show_devices(api)
    show_refused(api)
    show_log(root)


def main():
    root, command = pathlib.Path(sys.argv[1]), sys.argv[2]
    api = Api(root / "run/ostiary/api.sock")
    if command == "count":
        print(count(api, sys.argv[3], int(sys.argv[5]) if len(sys.argv) > 5 else None))
    elif command == "settled":
        return 0 if settled(api, root) else 1
    elif command == "replayed":
        return 0 if replayed(api, sys.argv[3]) else 1
    else:
        show(api, root)
    return 0


if __name__ == "__main__":
    sys.exit(main())
