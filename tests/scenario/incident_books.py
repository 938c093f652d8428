#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What ostiaryd and its journal say of incidents, for test_incident_lab. Usage: incident_books.py ROOT COMMAND...

  open DEVICE-OR-PLACE CAUSE      0 when there is an incident of this cause
  settled WHO CAUSE REASON...     0 when its count is what the gateway counted of these reasons for the device
  one WHO CAUSE [ACCOMPANYING...] 0 when the incidents of WHO are one of CAUSE, and none but those named
  quiet SECONDS                   0 when no device had more records than one a second, and few in all
"""
import collections
import json
import pathlib
import socket
import sys
import http.client

ROOT = pathlib.Path(sys.argv[1])


def get(path):
    class Unix(http.client.HTTPConnection):
        def connect(self):
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.connect(str(ROOT / "run/ostiary/api.sock"))
    c = Unix("localhost", timeout=10)
    c.request("GET", path)
    return json.loads(c.getresponse().read())


def incidents(who):
    found = get("/v1/incidents?state=all&limit=5000")["incidents"]
    return [i for i in found if who in (i["device"], i["place"]) or (i["device"] is None and i["place"].startswith(who))]


def fail(text):
    print(text)
    sys.exit(1)


def records():
    for segment in sorted((ROOT / "var/lib/ostiary/journal").glob("seg-*.ndjson")):
        for line in segment.read_text().splitlines():
            yield json.loads(line)


def is_open(who, cause):
    if not [i for i in incidents(who) if i["cause"] == cause]:
        fail(f"{who} has {[(i['cause'], i['count']) for i in incidents(who)]}")


def settled(who, cause, *reasons):
    """Both sides count; the incident's number comes by way of the refusals that the data plane joined."""
    device = get(f"/v1/devices/{who}")
    counted = sum(r["packets"] for r in device["refused"] if r["reason"] in reasons)
    told = sum(i["count"] for i in incidents(who) if i["cause"] == cause)
    if counted == 0 or told != counted:
        fail(f"{who}: {told} in the incident, {counted} refused: {device['refusals']}")


def one(who, cause, *beside):
    found = collections.Counter(i["cause"] for i in incidents(who))
    if found[cause] != 1 or set(found) - {cause} - set(beside):
        fail(f"{who}: {dict(found)}; wanted: one {cause}; {json.dumps(incidents(who))}")


def quiet(seconds):
    of = collections.Counter()
    for r in records():
        i = r.get("ostiary", {}).get("incident")
        if r["kind"].startswith("incident.") and i:
            of[i.get("who") or i.get("place")] += 1
    if not of or max(of.values()) > float(seconds) or sum(of.values()) > 10 * len(of):
        fail(f"records of each: {of}")
    print(f"records of each: {dict(of)}")


{"open": is_open, "settled": settled, "one": one, "quiet": quiet}[sys.argv[2]](*sys.argv[3:])
