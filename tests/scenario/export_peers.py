# SPDX-License-Identifier: GPL-2.0-or-later
"""Around ostiary-exportd: a journal that grows on command, and real receivers on loopback."""
import atexit
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time

import mud_agent

ROOT = mud_agent.ROOT
BIN = mud_agent.BIN
TOOLS = BIN.parent / "tests" / "tools"
SYSLOG, RELP, HTTPS, REDIS = 6514, 2514, 8443, 6390
MOST_S = 120


def alone():
    """Begins again in a network of its own, where ports are ours."""
    if os.environ.get("OSTIARY_EXPORT_ALONE") == "1":
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    os.environ["OSTIARY_EXPORT_ALONE"] = "1"
    os.execvp("unshare", ["unshare", "-n", sys.executable, *sys.argv])


def wait(what, found, pause=0.05):
    """Until found() is true; says what was waited for in vain."""
    end = time.monotonic() + MOST_S
    while time.monotonic() < end:
        value = found()
        if value:
            return value
        time.sleep(pause)
    raise AssertionError(f"waited in vain: {what}")


def lines(path):
    return pathlib.Path(path).read_bytes().decode().split("\n")[:-1] if pathlib.Path(path).exists() else []


def start(*words, **more):
    p = subprocess.Popen([str(w) for w in words], **more)
    atexit.register(p.kill)
    return p


def kill(p):
    p.send_signal(signal.SIGKILL)
    p.wait()


def answers(port):
    try:
        with socket.create_connection(("127.0.0.1", port), 1):
            return True
    except OSError:
        return False


class Grown:
    """Lines of a file that grows, each looked at once."""

    def __init__(self, path, parse=lambda line: line):
        self.path, self.parse, self.file, self.offset, self.found = pathlib.Path(path), parse, None, 0, []

    def all(self):
        if not self.path.exists():
            return []
        if self.file != self.path.stat().st_ino:
            self.file, self.offset, self.found = self.path.stat().st_ino, 0, []
        with open(self.path, "rb") as f:
            f.seek(self.offset)
            text = f.read()
        text = text[:text.rfind(b"\n") + 1]
        self.offset += len(text)
        self.found += [self.whole(line) for line in text.decode().split("\n")[:-1]]
        return self.found

    def whole(self, line):
        """A kill in the midst of a write leaves half of a line, whose whole comes again."""
        try:
            return self.parse(line)
        except (ValueError, KeyError, AssertionError):
            return None


class Source:
    """Journal and ostiaryd's half."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.size = 0
        self.begin()

    def begin(self):
        self.p = start(TOOLS / "ost-export-source", self.root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(self.root / "source.log", "a"),
                       text=True)

    def ask(self, words):
        self.p.stdin.write(words + "\n")
        self.p.stdin.flush()
        return self.p.stdout.readline()

    def add(self, count, size=100):
        self.size = int(self.ask(f"add {count} {size}").split()[1])
        return self.size

    def prune(self, seq):
        return int(self.ask(f"prune {seq}").split()[1])

    def status(self):
        return json.loads(self.ask("status"))["export"]

    def destination(self, name):
        return next((d for d in self.status()["destinations"] if d["name"] == name), {})


class Exporter:
    def __init__(self, root, destinations, config=None):
        self.root = pathlib.Path(root)
        etc = self.root / "etc/ostiary"
        etc.mkdir(parents=True, exist_ok=True)
        self.config = config or etc / "ostiary.yaml"
        text = "".join(f"  {name}: {{ {line} }}\n" for name, line in destinations.items())
        self.config.write_text("ostiary: 1\nports: { dev1: { side: device, interface: a }, net1: { side: network, interface: b } }\nexport:\n" + text)
        self.log = self.root / "exportd.log"
        self.start()

    def start(self):
        self.p = start(BIN / "ostiary-exportd", "--root", self.root, "--config", self.config, stderr=open(self.log, "a"))

    def stop(self):
        self.p.terminate()
        return self.p.wait()

    def said(self, text):
        return text in self.log.read_text()


class Certificates(mud_agent.Maker):
    def __init__(self, folder):
        super().__init__(folder)
        self.folder.mkdir(exist_ok=True)
        names = "subjectAltName=DNS:localhost,DNS:siem.example,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n"
        self.ca("ca")
        self.ca("other-ca")
        self.signer("server", "ca", more=names)
        self.signer("expired", "ca", more=names, start="20200101000000Z", end="20210101000000Z")
        self.signer("client", "ca", more="extendedKeyUsage=clientAuth\n")


class Rsyslog:
    """Syslog over TLS and RELP; each message as it came, before it is acknowledged, in syslog.out and relp.out."""

    def __init__(self, folder, certificates, server="server", client=False):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        c = certificates.path
        mode = "x509/certvalid" if client else "anon"
        self.conf = self.folder / "rsyslog.conf"
        self.conf.write_text(f"""
global(workDirectory="{self.folder}" maxMessageSize="600k" defaultNetstreamDriver="ossl" defaultNetstreamDriverCAFile="{c('ca.crt')}"
  defaultNetstreamDriverCertFile="{c(server + '.crt')}" defaultNetstreamDriverKeyFile="{c(server + '.key')}")
main_queue(queue.type="direct")
module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="{mode}")
module(load="imrelp" tls.tlslib="openssl")
template(name="raw" type="string" string="%rawmsg%\\n")
ruleset(name="syslog" queue.type="direct") {{ action(type="omfile" file="{self.folder}/syslog.out" template="raw") }}
ruleset(name="relp" queue.type="direct") {{ action(type="omfile" file="{self.folder}/relp.out" template="raw") }}
input(type="imtcp" address="127.0.0.1" port="{SYSLOG}" ruleset="syslog")
input(type="imrelp" address="127.0.0.1" port="{RELP}" ruleset="relp" tls="on" tls.cacert="{c('ca.crt')}" tls.mycert="{c(server + '.crt')}"
  tls.myprivkey="{c(server + '.key')}" maxDataSize="600k")
""")
        self.start()

    def start(self):
        self.p = start(shutil.which("rsyslogd") or "/usr/sbin/rsyslogd", "-n", "-f", self.conf, "-i", self.folder / "pid",
                       stderr=open(self.folder / "log", "a"))
        wait("rsyslogd listens", lambda: answers(SYSLOG) and answers(RELP))

    def messages(self, name):
        return lines(self.folder / f"{name}.out")


class Https:
    def __init__(self, folder, certificates, server="server"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.files = certificates.path(server + ".crt"), certificates.path(server + ".key")
        self.start()

    def start(self):
        self.p = start(sys.executable, ROOT / "tests/scenario/export_receiver.py", self.folder, HTTPS, *self.files)
        wait("the HTTPS receiver listens", lambda: answers(HTTPS))

    def mood(self, text):
        (self.folder / "mood.new").write_text(text)
        (self.folder / "mood.new").rename(self.folder / "mood")

    def bulk(self):
        return [json.loads(line) for line in lines(self.folder / "bulk")]


class Redis:
    def __init__(self, folder, certificates):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.certificates = certificates
        self.start()

    def start(self):
        c = self.certificates.path
        self.p = start("redis-server", "--port", "0", "--tls-port", REDIS, "--bind", "127.0.0.1", "--tls-cert-file", c("server.crt"), "--tls-key-file",
                       c("server.key"), "--tls-ca-cert-file", c("ca.crt"), "--tls-auth-clients", "no", "--dir", self.folder, "--appendonly", "yes",
                       "--appendfsync", "always", "--save", "", "--requirepass", "secret", stdout=subprocess.DEVNULL)
        wait("redis-server answers", lambda: answers(REDIS) and self.ready())

    def ready(self):
        try:
            return self.ask("PING") == b"PONG"
        except (OSError, AssertionError):
            return False

    def ask(self, *words):
        context = ssl.create_default_context(cafile=self.certificates.path("ca.crt"))
        with context.wrap_socket(socket.create_connection(("127.0.0.1", REDIS)), server_hostname="localhost") as s:
            f = s.makefile("rwb")
            for command in (("AUTH", "secret"), words):
                f.write(b"*%d\r\n" % len(command) + b"".join(b"$%d\r\n%s\r\n" % (len(w.encode()), w.encode()) for w in command))
                f.flush()
                value = self.read(f)
        return value

    def read(self, f):
        line = f.readline()[:-2]
        if line[:1] == b"-":
            raise AssertionError(line)
        if line[:1] == b"$":
            return f.read(int(line[1:]) + 2)[:-2]
        if line[:1] == b"*":
            return [self.read(f) for _ in range(int(line[1:]))]
        return line[1:]

    def entries(self, stream):
        """Of records; fields by their names, and the entry's id as "at"."""
        out = []
        for at, fields in self.ask("XRANGE", stream, "-", "+"):
            one = {fields[i].decode(): fields[i + 1].decode() for i in range(0, len(fields), 2)}
            if one["kind"] != "heartbeat":
                out.append({"at": at.decode(), **one})
        return out


MESSAGE = re.compile(r"<(\d{1,3})>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) ([!-~]+) ostiary - ([!-~]{1,32}) (-|(?:\[[^ \]]+(?: [a-z]+=\"(?:[^\"\\\]]|\\.)*\")*\])+) (.*)",
                     re.S)


def syslog_parse(message):
    """RFC 5424 as we write it: (severity, kind, structured data by element, text)."""
    m = MESSAGE.fullmatch(message)
    assert m and int(m[1]) // 8 == 13, message[:200]
    elements = {}
    for name, params in re.findall(r"\[([^ \]]+)((?: [a-z]+=\"(?:[^\"\\\]]|\\.)*\")*)\]", m[5]):
        elements[name] = dict(re.findall(r" ([a-z]+)=\"((?:[^\"\\\]]|\\.)*)\"", params))
    return int(m[1]) % 8, m[4], elements, m[6]
