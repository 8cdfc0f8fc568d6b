"""Takes orders and keeps them in the file that its configuration names."""

import configparser
import http.server

config = configparser.ConfigParser()
config.read("/etc/app/app.conf")
api = config["api"]


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, code, text):
        self.send_response(code)
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self):
        if self.path == "/orders":
            with open(api["store"]) as store:
                return self.answer(200, store.read())
        self.answer(200, api["greeting"] + "\n")

    def do_POST(self):
        order = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with open(api["store"], "a") as store:
            store.write(order + "\n")
        self.answer(201, "kept\n")


http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
