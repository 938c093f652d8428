# SPDX-License-Identifier: GPL-2.0-or-later
"""For scenarios of authentication: certificates by openssl, a site for ostiary-authd, a RADIUS client that speaks EAP-TLS.

The client's TLS is Python's (OpenSSL), its RADIUS and EAP are written here: nothing of it is the gateway's own code.
"""
import hashlib
import hmac
import json
import os
import pathlib
import pwd
import queue
import shutil
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(os.environ.get("OSTIARY_SOURCE", pathlib.Path(__file__).resolve().parent.parent.parent))
BIN = pathlib.Path(os.environ.get("OSTIARY_BIN", ROOT / "build" / "bin"))
WAIT_S = 20
EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
CA_CNF = """[ca]
default_ca = d
[d]
database = {name}.idx
serial = {name}.ser
crlnumber = {name}.crl
new_certs_dir = .
certificate = {name}.crt
private_key = {name}.key
default_md = sha256
policy = p
default_days = 30
default_crl_days = 30
copy_extensions = copy
unique_subject = no
[p]
commonName = supplied
"""


class Pki:
    """Certificates, also those that no CA of ours would sign."""

    def __init__(self, folder):
        self.dir = pathlib.Path(folder)
        self.dir.mkdir()

    def openssl(self, *args):
        p = subprocess.run(["openssl", *args], cwd=self.dir, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if p.returncode != 0:
            raise RuntimeError(f"openssl {' '.join(args)}: {p.stderr}")

    def ca(self, name, subject):
        self.openssl("req", "-x509", *EC, "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.crt", "-subj", f"/CN={subject}",
                     "-days", "365", "-addext", "basicConstraints=critical,CA:TRUE",
                     "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        for suffix, text in (("idx", ""), ("ser", "1000"), ("crl", "01"), ("cnf", CA_CNF.format(name=name))):
            (self.dir / f"{name}.{suffix}").write_text(text, encoding="utf-8")

    def issue(self, ca, name, san, key=None, dates=()):
        kind = ["-newkey", key] if key else EC
        self.openssl("req", *kind, "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}",
                     "-addext", f"subjectAltName={san}")
        self.openssl("ca", "-batch", "-config", f"{ca}.cnf", "-in", f"{name}.csr", "-out", f"{name}.crt", "-notext", *dates)

    def revoke(self, ca, name):
        self.openssl("ca", "-config", f"{ca}.cnf", "-revoke", f"{name}.crt")

    def crl(self, ca, *dates):
        self.openssl("ca", "-config", f"{ca}.cnf", "-gencrl", "-out", f"{ca}.pem", *dates)

    def sha256(self, name):
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert((self.dir / f"{name}.crt").read_text(encoding="ascii"))).hexdigest()

    def path(self, name):
        return str(self.dir / name)


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Child:
    """A program whose lines of output are waited for."""

    def __init__(self, argv, log):
        # Built with AddressSanitizer, ostiary-authd may not make the calls that the search for leaks needs at the end.
        env = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")
        self.lines = queue.Queue()
        self.log = log
        self.process = subprocess.Popen([str(a) for a in argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True, errors="replace", env=env)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.log.append(line.rstrip())
            self.lines.put(line.rstrip())
        self.lines.put(None)

    def wait_line(self, wanted, seconds=WAIT_S):
        """The first line, of those not yet looked at, that wanted() takes; None: it ended or the time is over."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self.lines.get(timeout=max(0.01, deadline - time.monotonic()))
            except queue.Empty:
                return None
            if line is None or wanted(line):
                return line

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def stop(self):
        self.process.stdin.close()
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(timeout=WAIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()


class Site:
    """A root folder with keys, a program that decides, and ostiary-authd."""

    def __init__(self, pki, ca="ca", gateway="gateway"):
        self.log = []
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="ost-auth-"))
        folder = self.root / "etc/ostiary/pki"
        folder.mkdir(parents=True)
        (self.root / "run/ostiary").mkdir(parents=True)
        for source, name in ((f"{ca}.crt", "ca.crt"), (f"{gateway}.crt", "gateway.crt"), (f"{gateway}.key", "gateway.key"),
                             (f"{ca}.pem", "crl.pem")):
            shutil.copy(pki.path(source), folder / name)
        self.port = free_port()
        self.decider = self.authd = None

    def clients(self, text, mode=0o600):
        path = self.root / "etc/ostiary/radius-clients"
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        self.give()

    def give(self):
        """Where there is a user for ostiary-authd, root gives him the files."""
        try:
            user = pwd.getpwnam("ostiary-auth")
        except KeyError:
            return
        if os.geteuid() == 0:
            for path in [self.root, *self.root.rglob("*")]:
                os.chown(path, user.pw_uid, user.pw_gid)

    def start(self, *decider_options, wrap=(), listen="127.0.0.1"):
        self.decider = Child([ROOT / "tests/tools/ost-decider", "--root", self.root, *decider_options], self.log)
        while not (self.root / "run/ostiary/auth.sock").exists():
            if self.decider.process.poll() is not None:
                raise RuntimeError("the decider did not start")
            time.sleep(0.02)
        self.authd = Child([*wrap, BIN / "ostiary-authd", "--root", self.root, "--radius", f"{listen}:{self.port}"], self.log)
        if self.event("up") is None:
            raise RuntimeError("ostiary-authd did not come:\n" + "\n".join(self.log))

    def event(self, kind, seconds=WAIT_S):
        line = self.decider.wait_line(lambda text: text.startswith("{") and json.loads(text)["event"] == kind, seconds)
        return json.loads(line) if line else None

    def stop(self):
        code = self.authd.stop() if self.authd else None
        if self.decider:
            self.decider.stop()
        shutil.rmtree(self.root, ignore_errors=True)
        return code


# ---- RADIUS

ACCEPT, REJECT, CHALLENGE = 2, 3, 11


def attribute(kind, value):
    return bytes([kind, len(value) + 2]) + value


class Reply:
    def __init__(self, packet, request, secret):
        self.code, self.identifier, length = struct.unpack(">BBH", packet[:4])
        assert length == len(packet), "length of a reply"
        body, sent = packet[20:], request[4:20]
        right = hashlib.md5(packet[:4] + sent + body + secret).digest()
        assert packet[4:20] == right, "Response Authenticator"
        self.attributes = []
        while body:
            self.attributes.append((body[0], body[2:body[1]]))
            body = body[body[1]:]
        assert self.attributes[0][0] == 80, "Message-Authenticator is the first attribute"
        zeroed = packet[:4] + sent + packet[20:22] + bytes(16) + packet[38:]
        assert self.attributes[0][1] == hmac.new(secret, zeroed, "md5").digest(), "Message-Authenticator"

    def all(self, kind):
        return [value for k, value in self.attributes if k == kind]

    def eap(self):
        return b"".join(self.all(79))

    def state(self):
        values = self.all(24)
        return values[0] if values else None


class Radius:
    """A RADIUS client: one socket, numbered requests."""

    def __init__(self, port, secret, address="127.0.0.1", server="127.0.0.1"):
        self.secret = secret.encode()
        self.socket = socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.socket.connect((server, port))  # an answer from another address is none
        self.identifier = 0

    def request(self, *attributes, code=1, signed=True):
        self.identifier = (self.identifier + 1) % 256
        body = b"".join(attributes) + (attribute(80, bytes(16)) if signed else b"")
        packet = struct.pack(">BBH", code, self.identifier, 20 + len(body)) + os.urandom(16) + body
        return packet[:-16] + hmac.new(self.secret, packet, "md5").digest() if signed else packet

    def send(self, packet):
        self.socket.send(packet)

    def hear(self, packet, seconds=WAIT_S):
        self.socket.settimeout(seconds)
        try:
            data = self.socket.recv(5000)
        except socket.timeout:
            return None
        return Reply(data, packet, self.secret)

    def ask(self, *attributes, seconds=WAIT_S, **options):
        packet = self.request(*attributes, **options)
        self.send(packet)
        return self.hear(packet, seconds)


def eap_attributes(packet):
    return b"".join(attribute(79, packet[i:i + 253]) for i in range(0, len(packet), 253)) if packet else attribute(79, b"")


class Supplicant:
    """EAP-TLS over a Radius client, a round at a time."""

    def __init__(self, radius, ca, certificate=None, mac="02-00-00-00-00-01", tls13=True, fragment=1000):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(ca)
        if certificate:
            context.load_cert_chain(certificate + ".crt", certificate + ".key")
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_3 if tls13 else ssl.TLSVersion.TLSv1_2
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing)
        self.radius, self.mac, self.fragment = radius, mac.encode(), fragment
        self.state, self.waiting, self.total = None, b"", 0
        self.error = None
        self.reply = None

    def attributes(self, eap):
        state = attribute(24, self.state) if self.state is not None else b""
        return attribute(1, b"anonymous") + attribute(31, self.mac) + state + eap_attributes(eap)

    def ask(self, eap, **options):
        self.reply = self.radius.ask(self.attributes(eap), **options)
        if self.reply is not None:
            self.state = self.reply.state()
        return self.reply

    def identity(self, identifier=1, **options):
        return self.ask(struct.pack(">BBHB", 2, identifier, 14, 1) + b"anonymous", **options)

    def answer(self, request):
        """The answer to an EAP-TLS request."""
        identifier, flags = request[1], request[5]
        if not self.waiting:
            self.incoming.write(request[10 if flags & 0x80 else 6:])
            if not flags & 0x40:
                self.advance()
                self.waiting = self.outgoing.read()
                self.total = len(self.waiting)
        part, first = self.waiting[:self.fragment], len(self.waiting) == self.total
        self.waiting = self.waiting[self.fragment:]
        flags, length = 0x40 if self.waiting else 0, b""
        if self.waiting and first:
            flags, length = flags | 0x80, struct.pack(">I", self.total)
        return struct.pack(">BBHBB", 2, identifier, 6 + len(length) + len(part), 13, flags) + length + part

    def advance(self):
        try:
            self.tls.do_handshake()
            self.tls.read(1)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as e:
            self.error = e

    def run(self):
        """All rounds; the last reply, or None."""
        self.identity()
        while self.reply is not None and self.reply.code == CHALLENGE:
            self.ask(self.answer(self.reply.eap()))
        return self.reply


def mppe_keys(reply, packet_authenticator, secret):
    """RFC 2548 2.4.2: {17: receive key, 16: send key}."""
    keys = {}
    for value in reply.all(26):
        vendor, kind, length = struct.unpack(">IBB", value[:6])
        assert (vendor, length) == (311, len(value) - 4), "vendor attribute"
        salt, hidden, plain, before = value[6:8], value[8:], b"", packet_authenticator + value[6:8]
        assert salt[0] & 0x80, "first bit of a salt"
        for i in range(0, len(hidden), 16):
            block = hidden[i:i + 16]
            plain += bytes(a ^ b for a, b in zip(block, hashlib.md5(secret + before).digest()))
            before = block
        keys[kind] = plain[1:1 + plain[0]]
    return keys
