# SPDX-License-Identifier: GPL-2.0-or-later
"""What a receiver would say of an exported record: ECS by its list of fields, CEF by a strict parser, OCSF and STIX by their schemas and by what
schemas cannot say. Each check raises Wrong."""
import collections
import ipaddress
import json
import os
import pathlib
import re
import subprocess
import sys

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class Wrong(Exception):
    pass


def need(condition, what):
    if not condition:
        raise Wrong(what)


HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]")


def line_is_plain(line):
    """One line of valid UTF-8 with nothing that cannot be seen (bytes without the LF)."""
    text = line.decode("utf-8")
    found = HIDDEN.search(text)
    need(found is None, f"U+{ord(found.group()):04X} at {found.start()}" if found else "")
    return text


def strings(value):
    if isinstance(value, str):
        yield value
    for member in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(member)


# ---- ECS ----

class Ecs:
    TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$")

    def __init__(self, path):
        self.fields, self.expects = {}, {}
        for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
            if line.startswith("#"):
                continue
            name, kind, array, rule = line.split("\t")
            if kind == "expects":
                self.expects[name.split("/")[1]] = set(rule.split())
            else:
                self.fields[name] = (kind, array == "array", rule)

    def leaf(self, name, value):
        need(name in self.fields, f"{name} is no field of ECS")
        kind, array, rule = self.fields[name]
        need(isinstance(value, list) == array, f"{name}: {'an' if array else 'no'} array")
        for one in value if array else [value]:
            self.typed(name, kind, rule, one)

    def typed(self, name, kind, rule, one):
        if kind in ("keyword", "wildcard", "match_only_text", "constant_keyword"):
            need(isinstance(one, str), f"{name}: a text")
            if rule.startswith("^"):
                need(re.search(rule, one), f"{name}: {one!r} is not {rule}")
            elif rule:
                need(one in rule.split(), f"{name}: {one!r} is none of {rule}")
        elif kind == "ip":
            ipaddress.ip_address(one)
        elif kind == "long":
            need(isinstance(one, int) and not isinstance(one, bool) and abs(one) < 2**63, f"{name}: a whole number")
        elif kind in ("float", "scaled_float"):
            need(isinstance(one, (int, float)) and not isinstance(one, bool), f"{name}: a number")
        elif kind == "date":
            need(isinstance(one, str) and self.TIME.match(one), f"{name}: a time")
        elif kind == "boolean":
            need(isinstance(one, bool), f"{name}: yes or no")
        else:
            need(False, f"{name}: the check does not know the type {kind}")

    def walk(self, at, value):
        for key, member in value.items():
            name = f"{at}{key}"
            need("." not in key, f"{name}: a point in a name")
            if name == "ostiary":
                need(isinstance(member, dict), "ostiary is an object")
            elif name == "labels":
                need(all(isinstance(v, str) for v in member.values()), "labels are texts")
            elif isinstance(member, dict):
                need(member, f"{name} is empty")
                self.walk(name + ".", member)
            else:
                self.leaf(name, member)

    def check(self, line):
        record = json.loads(line_is_plain(line))
        self.walk("", record)
        for must in ("@timestamp", "ecs.version", "message", "event.id", "event.kind", "event.category", "event.type", "event.created"):
            value = record
            for part in must.split("."):
                need(part in value, f"{must} is missing")
                value = value[part]
        fits = set().union(*(self.expects[c] for c in record["event"]["category"]))
        need(set(record["event"]["type"]) <= fits, f"types {record['event']['type']} with {record['event']['category']}")
        return record


# ---- CEF ----

CEF_TYPES = {"rt": int, "start": int, "end": int, "cnt": int, "cn1": int, "cn2": int, "cn3": int, "spt": int, "dpt": int, "src": "ipv4", "dst": "ipv4", "c6a2": "ipv6", "c6a3": "ipv6",
             "smac": "mac", "dmac": "mac"}
CEF_LENGTHS = {"act": 63, "cat": 1023, "cs1": 4000, "cs2": 4000, "cs3": 4000, "cs4": 4000, "cs5": 4000, "cs6": 4000, "deviceExternalId": 255, "deviceInboundInterface": 128,
               "dhost": 1023, "dvchost": 100, "externalId": 40, "fileHash": 255, "flexString1": 1023, "flexString2": 1023, "msg": 1023, "outcome": 63, "proto": 31,
               "reason": 1023, "suser": 1023}
CEF_LABELLED = re.compile(r"^(cs[1-6]|cn[1-3]|c6a[1-4]|flexString[12])$")


def unescape(text, escapes, what):
    out, at = [], 0
    while at < len(text):
        if text[at] == "\\":
            need(at + 1 < len(text) and text[at + 1] in escapes, f"{what}: a wrong escape")
            out.append(escapes[text[at + 1]])
            at += 2
        else:
            need(text[at] not in escapes or text[at] in "nr", f"{what}: '{text[at]}' that is not escaped")
            out.append(text[at])
            at += 1
    return "".join(out)


def cef_typed(key, value):
    kind = CEF_TYPES.get(key)
    if kind is int:
        need(re.fullmatch(r"\d{1,18}", value), f"{key}: a number")
    elif kind in ("ipv4", "ipv6"):
        need(ipaddress.ip_address(value).version == int(kind[3]), f"{key}: {kind}")
    elif kind == "mac":
        need(re.fullmatch(r"([0-9a-f]{2}:){5}[0-9a-f]{2}", value), f"{key}: a MAC address")
    else:
        need(key in CEF_LENGTHS or key.endswith("Label"), f"{key} is no key of CEF that we use")
        need(len(value.encode()) <= CEF_LENGTHS.get(key, 1023), f"{key} is too long")


def cef_parse(text):
    """Header and pairs of a CEF 0 line, strictly."""
    need(text.startswith("CEF:0|"), "it begins with CEF:0|")
    parts = re.split(r"((?:[^\\|]|\\.)*)\|", text[6:], maxsplit=6)
    need(len(parts) == 13 and all(p == "" for p in parts[0:12:2]), "it has seven fields in its header")
    header = [unescape(p, {"\\": "\\", "|": "|"}, "header") for p in parts[1:12:2]]
    need(all(header), "a field of the header is empty")
    need(re.fullmatch(r"10|[0-9]", header[5]), "severity is 0 to 10")
    pairs, extension = {}, parts[12]
    found = list(re.finditer(r"(?:^|(?<= ))([A-Za-z0-9]+)=", extension))
    need(found and found[0].start() == 0, "the extension begins with a key")
    for pair, after in zip(found, found[1:] + [None]):
        key, value = pair.group(1), extension[pair.end():after.start() - 1 if after else None]
        need(value == value.strip(" ") and value, f"{key}: blanks at an end, or nothing")
        value = unescape(value, {"\\": "\\", "=": "=", "n": "\n", "r": "\r"}, key)
        need(key not in pairs, f"{key} twice")
        cef_typed(key, value)
        pairs[key] = value
    for key in pairs:
        if CEF_LABELLED.match(key):
            need(key + "Label" in pairs, f"{key} without its label")
        elif key.endswith("Label"):
            need(key[:-5] in pairs, f"{key} without what it is of")
    return header, pairs


def cef_check(line):
    header, pairs = cef_parse(line_is_plain(line))
    for must in ("rt", "cn1", "flexString1", "dvchost", "msg"):
        need(must in pairs, f"{must} is missing")
    return header, pairs


# ---- OCSF ----

CAPTIONS = {
    "severity": {0: "Unknown", 1: "Informational", 2: "Low", 3: "Medium", 4: "High", 5: "Critical"},
    "action": {0: "Unknown", 1: "Allowed", 2: "Denied", 3: "Observed", 4: "Modified"},
    "disposition": {2: "Blocked", 4: "Isolated", 6: "Dropped", 15: "Detected"},
    "verdict": {0: "Unknown", 1: "False Positive", 2: "True Positive", 4: "Suspicious", 5: "Benign", 10: "Duplicate"},
    "impact": {0: "Unknown", 1: "Low", 2: "Medium", 3: "High", 4: "Critical"},
    "priority": {0: "Unknown", 1: "Low", 2: "Medium", 3: "High", 4: "Critical"},
    "risk_level": {0: "Info", 1: "Low", 2: "Medium", 3: "High", 4: "Critical"},
}
STATUSES = {2004: {1: "New", 2: "In Progress", 3: "Suppressed", 4: "Resolved"}, 2005: {1: "New", 2: "In Progress", 3: "On Hold", 4: "Resolved", 5: "Closed"}}
ACTIVITIES = {1: "Create", 2: "Update", 3: "Close"}
BASE = {"activity_id", "activity_name", "category_name", "category_uid", "class_name", "class_uid", "count", "duration", "end_time", "enrichments", "message", "metadata",
        "observables", "raw_data", "raw_data_hash", "raw_data_size", "severity", "severity_id", "start_time", "status", "status_code", "status_detail", "status_id", "time",
        "timezone_offset", "type_name", "type_uid", "unmapped"}


class Ocsf:
    def __init__(self, schemas):
        self.validators, self.bound, self.known = {}, set(), {}
        for uid, name in ((2004, "2004-detection_finding"), (2005, "2005-incident_finding")):
            schema = json.loads((schemas / f"ocsf-1.8.0-{name}.schema.json").read_text(encoding="utf-8"))
            self.validators[uid] = jsonschema.Draft202012Validator(schema)
            self.find_bound(schema)
        base = json.loads((schemas / "ocsf-1.8.0-2004-detection_finding.schema.json").read_text(encoding="utf-8"))
        base["properties"] = {k: v for k, v in base["properties"].items() if k in BASE}  # base_event.json of the schema, to which findings add
        base["properties"].update({"type_uid": {"enum": [0, 99]}, "activity_id": {"enum": [0, 99]}, "class_uid": {"const": 0}, "category_uid": {"const": 0}})
        base["required"] = [k for k in base["required"] if k in BASE]
        self.validators[0] = jsonschema.Draft202012Validator(base)

    def find_bound(self, schema):
        """Names of texts of which a schema says more than that they are texts."""
        for key, value in schema.items():
            if isinstance(value, dict):
                if value.get("type") == "string" and set(value) - {"type", "title", "description"}:
                    self.bound.add(key)
                self.find_bound(value)

    def shape(self, value, key=""):
        """All texts are alike to the schemas, but for those."""
        if isinstance(value, dict):
            return {k: self.shape(v, k) for k, v in value.items()}
        if isinstance(value, list):
            return [self.shape(v, key) for v in value]
        return value if not isinstance(value, str) or key in self.bound else "x"

    def check(self, line):
        event = json.loads(line_is_plain(line))
        shape = self.shape(event)
        shape["unmapped"] = {}
        text = json.dumps(shape, sort_keys=True)
        uid = event["class_uid"]
        need(uid in self.validators, f"class {uid}")
        if text not in self.known:
            self.known[text] = [f"{list(e.absolute_path)}: {e.message[:200]}" for e in self.validators[uid].iter_errors(shape)]
        need(not self.known[text], str(self.known[text]))
        self.beyond(event, uid)
        return event

    def beyond(self, event, uid):
        need(event["type_uid"] == uid * 100 + event["activity_id"] and event["category_uid"] == uid // 1000, "type_uid, category_uid")
        for name, captions in CAPTIONS.items():
            if name + "_id" in event or name in event:
                need(captions.get(event[name + "_id"]) == event[name], f"{name} says other than {name}_id")
        if uid:
            need(ACTIVITIES[event["activity_id"]] == event["activity_name"], "activity_name")
            need(STATUSES[uid][event["status_id"]] == event["status"], "status")
        need(event["metadata"]["version"] == "1.8.0", "version")
        for time in ("time", "start_time", "end_time"):
            need(time not in event or 10**12 < event[time] < 10**13, f"{time} is in milliseconds")
        for o in event.get("observables", []):
            value = event
            for part in o["name"].replace("[]", ".0").split("."):
                value = value[int(part)] if isinstance(value, list) else value[part]
            need(value == o["value"], f"observable {o['name']}")
            need({1: "Hostname", 2: "IP Address", 3: "MAC Address"}[o["type_id"]] == o["type"], "type of an observable")
            if o["type_id"] == 2:
                ipaddress.ip_address(o["value"])


# ---- STIX ----

class Stix:
    def __init__(self, schemas):
        self.store, self.by_type = {}, {}
        for path in schemas.glob("*/*.json"):
            schema = json.loads(path.read_text(encoding="utf-8"))
            self.store[schema["$id"]] = schema
            self.by_type[path.stem] = schema
            if path.stem == "marking-definition":  # refers to what it does not have; we make none
                self.store[schema["$id"]] = {"required": ["type"], "properties": {"type": {"const": path.stem}}}
        self.validators = {}

    def validator(self, kind):
        if kind not in self.validators:
            schema = self.by_type[kind]
            resolver = jsonschema.RefResolver(schema["$id"], schema, store=self.store)
            self.validators[kind] = jsonschema.Draft202012Validator(schema, resolver=resolver)
        return self.validators[kind]

    def check(self, line, whole=False):
        bundle = json.loads(line_is_plain(line))
        need(bundle["type"] == "bundle" and set(bundle) == {"type", "id", "objects"}, "a bundle")
        if whole:  # OASIS' schema of a bundle does not know all SDOs of 2.1
            known = {**bundle, "objects": [o for o in bundle["objects"] if o["type"] not in ("incident", "note")]}
            errors = [e.message[:300] for e in self.validator("bundle").iter_errors(known)]
            need(not errors, str(errors[:3]))
        ids = {o["id"]: o for o in bundle["objects"]}
        need(len(ids) == len(bundle["objects"]), "an id twice")
        for o in bundle["objects"]:
            need(o["type"] in self.by_type, o["type"])
            errors = [f"{o['type']} {list(e.absolute_path)}: {e.message[:200]}" for e in self.validator(o["type"]).iter_errors(o)]
            need(not errors, str(errors[:3]))
            need(o["id"].startswith(o["type"] + "--"), "an id says another type")
            self.refs(o, ids)
            self.beyond(o)
        return bundle

    def refs(self, o, ids):
        for key, value in o.items():
            for ref in [value] if key.endswith("_ref") else value if key.endswith("_refs") else []:
                need(ref in ids, f"{o['id']}: {key} {ref} is not in the bundle")

    def beyond(self, o):
        for early, late in (("created", "modified"), ("first_observed", "last_observed"), ("first_seen", "last_seen")):
            need(early not in o or o[early] <= o[late], f"{o['id']}: {early} is behind {late}")
        need(o.get("number_observed", 1) in range(1, 10**9), "number_observed")
        if o["type"] == "indicator":
            need(re.fullmatch(r"\[[a-z0-9-]+:[a-z_.]+ = '[^'\\]*'( AND [a-z0-9-]+:[a-z_.]+ = ('[^'\\]*'|\d+))*\]", o["pattern"]), o["pattern"])
        if o["type"] == "incident":
            core = o["extensions"]["extension-definition--ef765651-680c-498d-9894-99799f2fa126"]
            need(core["extension_type"] == "property-extension" and core["determination"] in (
                "blocked", "failed-attempt", "false-positive", "low-value", "successful-attempt", "suspected"), "determination")
            need(core["investigation_status"] in ("new", "open", "closed"), "investigation_status")
            need(0 <= core["criticality"] <= 100, "criticality")


def journal_check(folder, program):
    """Every record of a journal, as it was written, in each format. Prints how many of which kind."""
    lines = [line for p in sorted(pathlib.Path(folder).glob("seg-*.ndjson")) for line in p.read_bytes().splitlines()]
    corpus = pathlib.Path(os.environ.get("OSTIARY_CORPUS") or ROOT / "../shared/corpus") / "schemas"
    every = {"ecs": Ecs(ROOT / "tests/tools/ecs-fields.tsv").check, "cef": cef_check}
    if corpus.exists():
        every.update(ocsf=Ocsf(corpus).check, stix=Stix(corpus / "stix2.1").check)
    for form, check in every.items():
        out = subprocess.run([program, "--convert", form], input=b"".join(line + b"\n" for line in lines), capture_output=True, check=True).stdout.splitlines()
        need(len(out) >= (1 if form == "stix" else len(lines)), f"{form}: {len(out)} of {len(lines)} lines")
        for line in out:
            try:
                told = check(line)
            except (Wrong, ValueError, KeyError, TypeError) as fault:
                raise Wrong(f"{form}: {type(fault).__name__} {fault}: {line[:2000]!r}") from fault
            need(form != "ecs" or "other" not in told["ostiary"], f"members that are no fields of ECS: {told.get('ostiary', {}).get('other')}" if form == "ecs" else "")
    kinds = collections.Counter(json.loads(line)["kind"] for line in lines)
    print(f"{len(lines)} records in {', '.join(every)}: " + ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items())))


if __name__ == "__main__":  # export_checks.py JOURNAL_FOLDER OSTIARY_EXPORTD
    journal_check(*sys.argv[1:])
