#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A receiver by HTTPS: export_receiver.py FOLDER PORT CERTIFICATE KEY. POST to .../_bulk is taken as Elasticsearch takes it (an id that is there
already is a conflict), to elsewhere as NDJSON; what is taken lies in FOLDER/bulk or FOLDER/plain, synced, before it is answered. FOLDER/mood
holds a number: it is the answer's status instead; "busy": every second document is refused for now; "no": the first one, for good.
"""
import http.server
import json
import os
import pathlib
import ssl
import sys

FOLDER = pathlib.Path(sys.argv[1])
taken = {}


def load():
    plain = FOLDER / "plain"
    if plain.exists():
        text = plain.read_bytes()
        plain.write_bytes(text[:text.rfind(b"\n") + 1])
    bulk = FOLDER / "bulk"
    if not bulk.exists():
        return
    text = bulk.read_bytes()
    whole = text[:text.rfind(b"\n") + 1]
    bulk.write_bytes(whole)  # a line that a kill cut was answered to nobody
    for line in whole.splitlines():
        taken[json.loads(line)["_id"]] = True


def keep(name, data):
    with open(FOLDER / name, "ab") as f:
        f.write(data)
        f.flush()
        os.fsync(f.fileno())


def bulk(body, mood):
    lines, items, out, errors = body.decode().splitlines(), [], [], False
    for n in range(0, len(lines), 2):
        one = json.loads(lines[n])["create"].get("_id")
        json.loads(lines[n + 1])
        status = 201
        if one is not None and one in taken:
            status = 409
        elif mood == "busy" and n % 4 == 2:
            status = 429
        elif mood == "no" and n == 0 and one is not None:
            status = 400
        if status == 201:
            if one is not None:
                taken[one] = True
            out.append(json.dumps({"_id": one or "heartbeat", "line": lines[n + 1]}).encode() + b"\n")
        errors = errors or status != 201
        items.append({"create": {"_id": one, "status": status, **({} if status == 201 else {"error": {"type": "test"}})}})
    keep("bulk", b"".join(out))
    return json.dumps({"took": 1, "errors": errors, "items": items}).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        mood = (FOLDER / "mood").read_text().strip() if (FOLDER / "mood").exists() else ""
        status, answer = 200, b"{}"
        if self.headers.get("Authorization") != "ApiKey secret-of-test":
            status = 401
        elif mood.isdigit():
            status = int(mood)
        elif self.path.endswith("/_bulk"):
            answer = bulk(body, mood)
        else:
            keep("plain", body)
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        pass  # who does not trust us


def main():
    load()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[4])
    server = Server(("127.0.0.1", int(sys.argv[2])), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()


if __name__ == "__main__":
    main()
