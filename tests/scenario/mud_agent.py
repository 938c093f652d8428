# SPDX-License-Identifier: GPL-2.0-or-later
"""ostiary-mud, asked as the command asks it: requests and answers of common/mud_wire.h; and a small CA by openssl."""
import os
import pathlib
import struct
import subprocess

ROOT = pathlib.Path(os.environ.get("OSTIARY_SOURCE", pathlib.Path(__file__).resolve().parent.parent.parent))
BIN = pathlib.Path(os.environ.get("OSTIARY_BIN", ROOT / "build" / "bin"))
CORPUS = pathlib.Path(os.environ.get("OSTIARY_CORPUS", ROOT.parent / "shared" / "corpus")) / "mud"

ASK = ["end", "url", "body", "signature", "signer_cas", "server_cas", "device", "at", "allow_private"]
ANSWER = {9: "fault", 10: "why", 2: "body", 3: "signature", 11: "final_url", 12: "server", 13: "verdict", 14: "signer", 15: "spki",
          16: "not_after"}
VERDICTS = ["signed", "unsigned", "bad-signature", "unknown-ca", "expired-signer", "wrong-usage", "wrong-signer"]
FAULTS = ["none", "url", "address", "unreachable", "tls", "time", "reply", "status", "redirect", "inside"]
NUMBERS = ("fault", "verdict", "not_after")


def item(tag, value):
    if isinstance(value, int):
        value = struct.pack(">Q", value)
    if isinstance(value, str):
        value = value.encode()
    return struct.pack(">BI", tag, len(value)) + value


def request(**ask):
    return b"".join(item(ASK.index(k), v) for k, v in ask.items()) + item(0, b"")


def answer(data):
    out = {"fault": 0, "why": b"", "verdict": 0}
    at = 0
    while True:
        tag, n = struct.unpack_from(">BI", data, at)
        value = data[at + 5:at + 5 + n]
        at += 5 + n
        if tag == 0:
            break
        name = ANSWER[tag]
        out[name] = struct.unpack(">Q", value)[0] if name in NUMBERS else value
    assert at == len(data)
    out["fault"] = FAULTS[out["fault"]]
    out["verdict"] = VERDICTS[out["verdict"] - 1]
    for key in ("why", "final_url", "server", "signer"):
        out[key] = out.get(key, b"").decode()
    return out


def raw(data, timeout=60, before=()):
    p = subprocess.run([*before, str(BIN / "ostiary-mud")], input=data, capture_output=True, timeout=timeout, check=False)
    return p.returncode, p.stdout, p.stderr.decode(errors="replace")


def ask(before=(), **what):
    code, out, err = raw(request(**what), before=before)
    if code != 0:
        raise AssertionError(f"ostiary-mud ended with {code}: {err}")
    return answer(out)


def openssl(*args, stdin=None):
    p = subprocess.run(["openssl", *map(str, args)], input=stdin, capture_output=True, timeout=60, check=False)
    if p.returncode != 0:
        raise AssertionError(f"openssl {args}: {p.stderr.decode()}")
    return p.stdout


class Maker:
    """Keys and certificates in a folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def path(self, name):
        return self.folder / name

    def make(self, name, subject, issuer=None, key="ec", start="20240101000000Z", end="20400101000000Z", extensions=""):
        """NAME.key and NAME.crt, of NAME itself or of ISSUER."""
        kind = {"ec": ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "rsa": ["rsa", "-pkeyopt", "rsa_keygen_bits:2048"],
                "weak": ["rsa", "-pkeyopt", "rsa_keygen_bits:1024"]}[key]
        if not self.path(name + ".key").exists():
            openssl("genpkey", "-algorithm", *kind, "-out", self.path(name + ".key"))
        conf = self.path(name + ".cnf")
        conf.write_text("[req]\ndistinguished_name=dn\n[dn]\n[ca]\ndefault_ca=d\n"
                        f"[d]\ndatabase={self.path(name + '.db')}\nrand_serial=yes\ndefault_md=sha256\npolicy=p\nemail_in_dn=no\n"
                        f"unique_subject=no\n[p]\ncommonName=optional\norganizationName=optional\n[x]\n{extensions}\n")
        self.path(name + ".db").write_text("")
        openssl("req", "-new", "-key", self.path(name + ".key"), "-subj", subject, "-config", conf, "-out", self.path(name + ".csr"))
        who = issuer or name
        sign = ["-selfsign"] if issuer is None else ["-cert", self.path(issuer + ".crt")]
        openssl("ca", "-batch", "-config", conf, "-notext", "-preserveDN", *sign, "-keyfile", self.path(who + ".key"), "-in", self.path(name + ".csr"),
                "-startdate", start, "-enddate", end, "-extensions", "x", "-out", self.path(name + ".crt"), "-outdir", self.folder)
        return self.path(name + ".crt")

    def ca(self, name, subject=None, issuer=None, **more):
        return self.make(name, subject or f"/O=Test/CN={name}", issuer,
                         extensions="basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash", **more)

    def signer(self, name, issuer, subject=None, usage="digitalSignature", more="", **kind):
        extensions = (f"keyUsage=critical,{usage}\n" if usage else "basicConstraints=CA:false\n") + more
        return self.make(name, subject or f"/O=Test/CN={name}", issuer, extensions=extensions, **kind)

    def sign(self, name, data, *options):
        self.path("content").write_bytes(data)
        return openssl("cms", "-sign", "-binary", "-outform", "DER", "-in", self.path("content"), "-signer", self.path(name + ".crt"),
                       "-inkey", self.path(name + ".key"), *options)
