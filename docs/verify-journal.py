#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A second verifier of Ostiary's journal, which shares no code with the first: Python's standard library and openssl(1).
  verify-journal.py FOLDER VKEY     VKEY: the public key that signs now; ostiary-journal(5) has the format
Prints what it found; ends with 0 when the journal is whole, with 1 when it is not."""
import base64, hashlib, json, pathlib, re, subprocess, sys, tempfile

SPKI = bytes.fromhex("302a300506032b6570032100")  # RFC 8410: Ed25519, then the 32 bytes of the key


class Bad(Exception):
    pass


def strict(text):
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise Bad("spare bits in base64")
    return data


def signed(folder, vkey):
    """Size and root of the newest checkpoint, its signature verified by openssl."""
    name, key_id, key = vkey.split("+", 2)
    key = strict(key)
    if key[0] != 1 or hashlib.sha256(name.encode() + b"\n" + key).digest()[:4].hex() != key_id:
        raise Bad("the key is none")
    note = (folder / "checkpoint").read_bytes().decode()
    text, signatures = note.split("\n\n", 1)
    origin, size, root = text.split("\n")
    if origin != name or not re.fullmatch("0|[1-9][0-9]*", size) or not re.fullmatch("(— [^ \n+]+ [^ \n]+\n)+", signatures):
        raise Bad("the checkpoint is none")
    for line in signatures.splitlines():
        _, who, blob = line.split(" ")
        blob = strict(blob)
        if who == name and blob[:4].hex() == key_id:
            with tempfile.TemporaryDirectory() as scratch:
                for file, data in ("key", SPKI + key[1:]), ("sig", blob[4:]), ("text", (text + "\n").encode()):
                    pathlib.Path(scratch, file).write_bytes(data)
                done = subprocess.run(["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey", "key", "-sigfile", "sig",
                                       "-in", "text"], cwd=scratch, capture_output=True, check=False)
            if done.returncode == 0:
                return int(size), strict(root)
    raise Bad("the checkpoint is not signed by this key")


def lines(folder):
    """The lines of all segments. A segment that a failing disk cut short ends where the next one says."""
    files = sorted(folder.glob("seg-*.ndjson"))
    for i, file in enumerate(files):
        data = file.read_bytes()
        if i + 1 < len(files):
            first = files[i + 1].read_bytes().split(b"\n", 1)[0]
            if b'"kind":"journal.io_error"' in first[:200]:
                data = data[:json.loads(first)["ostiary"]["journal"]["io_error"]["kept_bytes"]]
        yield from data.split(b"\n")[:-1]
        if data and not data.endswith(b"\n"):
            raise Bad("a line does not end")


def verify(folder, vkey):
    """The number of records, all of them signed; or Bad. Lines behind the checkpoint are Bad, too."""
    folder, peaks, prev, n = pathlib.Path(folder), [], bytes(32), 0
    size, root = signed(folder, vkey)

    def push(leaf):
        node, count = leaf, n
        while count & 1:
            node, count = hashlib.sha256(b"\1" + peaks.pop() + node).digest(), count >> 1
        peaks.append(node)

    if (folder / "minimum-index").exists():  # of records that were pruned the hashes are kept
        leaves = (folder / "tiles/leaves.bin").read_bytes()
        for i in range(int((folder / "minimum-index").read_text())):
            prev = leaves[32 * i:32 * i + 32]
            push(prev)
            n += 1
    for line in lines(folder):
        if n == size:
            raise Bad(f"covered up to {size}, further lines behind it")
        if not line.startswith(b'{"v":1,"seq":%d,"prev":"%s","kind":"' % (n, prev.hex().encode())):
            raise Bad(f"record {n} or the one before it is not what it was")
        prev = hashlib.sha256(b"\0" + line).digest()
        push(prev)
        n += 1
    if n < size:
        raise Bad(f"have {n} records, the checkpoint says {size}")
    while len(peaks) > 1:
        right = peaks.pop()
        peaks.append(hashlib.sha256(b"\1" + peaks.pop() + right).digest())
    if (peaks[0] if peaks else hashlib.sha256(b"").digest()) != root:
        raise Bad("the records are not those that were signed")
    return n


if __name__ == "__main__":
    try:
        print("whole:", verify(sys.argv[1], sys.argv[2]), "records")
    except (Bad, OSError, ValueError, KeyError, TypeError) as fault:
        sys.exit(f"NOT WHOLE: {fault}")
