"""Hands out parcels to whoever has the token."""

import http.server
import os
import sys


def token():
    """TOKEN, or the content of the file that TOKEN_FILE names."""
    value, file = os.environ.get("TOKEN"), os.environ.get("TOKEN_FILE")
    if value and file:
        sys.exit("error: both TOKEN and TOKEN_FILE are set (but are exclusive)")
    if file:
        with open(file) as content:
            value = content.read().rstrip("\n")
    return value or sys.exit("error: no token")


TOKEN = token()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        known = self.headers.get("Authorization") == f"Bearer {TOKEN}"
        self.send_response(200 if known else 401)
        self.end_headers()
        self.wfile.write(b"shoes\n" if known else b"not for you\n")


http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
