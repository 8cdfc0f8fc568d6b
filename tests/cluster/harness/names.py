"""The names of Services, answered as a cluster's DNS does: with the address of a ready pod behind them.

No Service has an address that leads anywhere on this cluster; that a name leads straight to a pod is enough for one program to find
another.
"""

import ipaddress
import socketserver
import struct
import threading

DOMAIN = "svc.cluster.local"
ADDRESS = 1
NO_SUCH_NAME = 3


class Server(socketserver.ThreadingUDPServer):
    """`lookup(service, namespace)` gives an address, or None."""

    daemon_threads = True

    def __init__(self, at, lookup):
        super().__init__(at, Handler)
        self.lookup = lookup

    def start(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        question, connection = self.request
        connection.sendto(answer(question, self.server.lookup), self.client_address)


def answer(question, lookup):
    """The answer to a DNS message with one question."""
    labels, at = [], 12
    while length := question[at]:
        labels.append(question[at + 1 : at + 1 + length].decode().lower())
        at += 1 + length
    kind = struct.unpack_from("!H", question, at + 1)[0]
    service, _, rest = ".".join(labels).partition(".")
    namespace = rest.removesuffix(f".{DOMAIN}")
    address = lookup(service, namespace) if rest != namespace and "." not in namespace else None
    answers = [ipaddress.ip_address(address).packed] if address and kind == ADDRESS else []
    # An answer with authority; recursion is there as far as whoever asks is concerned.
    flags = 0x8580 | (0 if address else NO_SUCH_NAME)
    head = question[:2] + struct.pack("!5H", flags, 1, len(answers), 0, 0)
    # The name is that of the question; it holds for a second, since pods come and go.
    records = b"".join(struct.pack("!3HIH", 0xC00C, ADDRESS, 1, 1, len(data)) + data for data in answers)
    return head + question[12 : at + 5] + records
