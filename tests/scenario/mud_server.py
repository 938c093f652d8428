#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A manufacturer's web server: mud_server.py FOLDER ADDRESS makes FOLDER/web.crt, the CA of its certificate, FOLDER/signers.crt, the one of
its signer, and serves what stands in FOLDER/www by https; FILE.p7s is made when it is asked for.
"""
import pathlib
import socket
import ssl
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import mud_agent  # noqa: E402


def answer(maker, www, path):
    name = path.rsplit("/", 1)[-1]
    if name.endswith(".p7s") and (www / name[:-4]).is_file():
        body = maker.sign("maker", (www / name[:-4]).read_bytes())
    elif (www / name).is_file():
        body = (www / name).read_bytes()
    else:
        return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def main():
    folder, address = pathlib.Path(sys.argv[1]), sys.argv[2]
    (folder / "www").mkdir(parents=True, exist_ok=True)
    maker = mud_agent.Maker(folder)
    maker.ca("signers")
    maker.ca("web")
    maker.signer("maker", "signers")
    maker.signer("server", "web", more=f"subjectAltName=IP:{address}\n")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(maker.path("server.crt"), maker.path("server.key"))
    listener = socket.create_server((address, 443))
    print("serving", flush=True)
    while True:
        s, _ = listener.accept()
        try:
            with context.wrap_socket(s, server_side=True) as t:
                t.sendall(answer(maker, folder / "www", t.recv(4096).split(b" ")[1].decode()))
                t.unwrap()
        except (OSError, ValueError, IndexError):
            pass


if __name__ == "__main__":
    main()
