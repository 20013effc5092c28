#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A web server that speaks TLS with a certificate of its own making, for 127.0.0.1.

usage: https_peer.py DIRECTORY PORT; DIRECTORY/certificate is there before "ready" is printed.
"""
import http.server
import ssl
import subprocess
import sys

directory, port = sys.argv[1], int(sys.argv[2])
certificate, key = f"{directory}/certificate", f"{directory}/key"


class TakesAll(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()


subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                "-nodes", "-subj", "/CN=peer.test", "-addext", "subjectAltName=IP:127.0.0.1",
                "-days", "2", "-keyout", key, "-out", certificate], check=True)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server = http.server.HTTPServer(("127.0.0.1", port), TakesAll)
server.socket = context.wrap_socket(server.socket, server_side=True,
                                    do_handshake_on_connect=False)
print("ready", flush=True)
server.serve_forever()
