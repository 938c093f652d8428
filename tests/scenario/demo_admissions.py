#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Who proved what to whom, out of the admission logs of the demo's two gateways.

  demo_admissions.py LAB settled   0 when the logs tell the story of the three locks, else says what is missing
  demo_admissions.py LAB show      a table for people
"""
import base64
import hashlib
import json
import pathlib
import re
import sys
import time

import demo_books

PATIENCE_S = 6
LOCKS = {"lock-04": (4, "root", "admitted"), "lock-05": (5, "root", "revoked"), "lock-06": (6, "rogue", "peer-refused")}


def fingerprint(path):
    """SHA-256 of the first certificate of a PEM file."""
    body = re.search(r"-----BEGIN CERTIFICATE-----(.*?)-----END", path.read_text(encoding="utf-8"), re.DOTALL)[1]
    return hashlib.sha256(base64.b64decode(body)).hexdigest()


def answers(lab, lock):
    """The lines of the log of the gateway that this lock met, with an end: admitted or not."""
    n, root, _ = LOCKS[lock]
    path = lab / root / "var/lib/ostiary/admissions.ndjson"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    lines = [json.loads(line) for line in text.splitlines()]
    return [line for line in lines
            if line.get("mac") == f"02:00:00:00:0d:{n:02x}" and line["event"] in ("admitted", "denied", "failed")]


def outcome(line):
    return "admitted" if line["event"] == "admitted" else line["reason"]


def wrong_members(lab, lock, line):
    """What the line should say of certificates and obligations, and does not."""
    wanted = {"way": "eapol", "port": "dev1" if lock == "lock-06" else f"dev{LOCKS[lock][0]}"}
    if lock == "lock-04":
        wanted |= {"device": lock, "identity": f"urn:dev:ser:{lock}", "tls_version": "TLSv1.3",
                   "certificate_sha256": fingerprint(lab / lock / f"{lock}.crt"),
                   "gateway_sha256": fingerprint(lab / "root/etc/ostiary/pki/gateway.crt")}
    else:
        wanted |= {"device": None, "identity": None}
    for key, value in wanted.items():
        if line.get(key) != value:
            yield f"{lock}: {key} is {line.get(key)}, not {value}"
    if lock == "lock-04" and (line.get("obligations") or {}).get("role") != "lock":
        yield f"{lock}: it is told no obligations of the role lock"


def missing(lab, api):
    for lock, (_, _, end) in LOCKS.items():
        lines = answers(lab, lock)
        if not lines:
            yield f"{lock}: nothing in the log"
        elif {outcome(line) for line in lines} - {"locked-out"} != {end}:
            yield f"{lock}: {sorted({outcome(line) for line in lines})}, not {end} alone"
        else:
            yield from wrong_members(lab, lock, lines[0])
    states = {d["name"]: d["state"] for d in api.json("/v1/devices")["devices"]}
    if [states.get(lock) for lock in LOCKS] != ["authenticated", "revoked", "unknown"]:
        yield f"states: {states}"


def settled(lab, api):
    deadline = time.monotonic() + PATIENCE_S
    while True:
        left = list(missing(lab, api))
        if not left or time.monotonic() > deadline:
            for line in left:
                print(f"      {line}", file=sys.stderr)
            return not left
        time.sleep(0.2)


def short(text):
    return text[:12] if text else "-"


def show(lab, api):
    states = {d["name"]: d["state"] for d in api.json("/v1/devices")["devices"]}
    rows = []
    for lock, (_, root, _) in LOCKS.items():
        line = answers(lab, lock)[0]
        gateway = "the rogue" if root == "rogue" else "this gateway"
        own = short(fingerprint(lab / root / "etc/ostiary/pki/gateway.crt"))
        if line["event"] == "admitted":
            proved = f"that it is {line['identity']}, by certificate {short(line['certificate_sha256'])}"
            end = f"{line['tls_version']}, {line['tls_group']}; role {line['obligations']['role']} of generation {line['obligations']['generation']}"
        else:
            proved = "nothing"
            end = f"{line['reason']}: {line['meaning'].split(':')[0]}"
        accepts = "refuses" if line.get("reason") == "peer-refused" else "accepts"
        rows.append((lock, states.get(lock, "-"), proved, f"{accepts} {gateway}'s {own}", end))
    demo_books.table("Who proved what to whom, by the admission log",
                     ("device", "state here", "the device proved", "of certificates it", "and so"), rows)


def main():
    lab = pathlib.Path(sys.argv[1])
    api = demo_books.Api(lab / "root/run/ostiary/api.sock")
    if sys.argv[2] == "settled":
        return 0 if settled(lab, api) else 1
    show(lab, api)
    return 0


sys.exit(main())
