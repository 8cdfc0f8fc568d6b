"""A report service: keeps what it is sent in a temporary file, sorts it there, and answers with the result."""

import tempfile

import worker


def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/healthz":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"ok\n"]
    if path == "/report" and environ["REQUEST_METHOD"] == "POST":
        with tempfile.NamedTemporaryFile() as spool:
            left = int(environ.get("CONTENT_LENGTH") or 0)
            while left and (part := environ["wsgi.input"].read(min(left, 65536))):
                spool.write(part)
                left -= len(part)
            spool.flush()
            lines, digest = worker.summary(spool.name)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [f"report: {lines} lines {digest}\n".encode()]
    start_response("404 Not Found", [("Content-Type", "text/plain")])
    return [b"no such page\n"]
