"""A way to the API server that breaks: connections are cut again and again, for a while nobody answers at all."""

import socket
import threading
import time

SERVER = ("127.0.0.1", 6443)


class Proxy:
    """Listens on a port of its own; `cut` ends all connections that there are."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.pairs, self.cuts, self.closed = set(), 0, False
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while not self.closed:
            try:
                near, _ = self.listener.accept()
                far = socket.create_connection(SERVER)
            except OSError:
                continue
            self.pairs.add((near, far))
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self.pass_on, args=(source, target, (near, far)), daemon=True).start()

    def pass_on(self, source, target, pair):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        self.end(pair)

    def end(self, pair):
        self.pairs.discard(pair)
        for side in pair:
            try:
                side.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # It is closed already.
            side.close()

    def cut(self):
        for pair in list(self.pairs):
            self.cuts += 1
            self.end(pair)

    def cut_every(self, seconds):
        """From now on, until it is closed."""

        def again():
            while not self.closed:
                time.sleep(seconds)
                self.cut()

        threading.Thread(target=again, daemon=True).start()

    def close(self):
        self.closed = True
        self.listener.close()
        self.cut()

    def config(self, room):
        """kubectl's configuration of the room, by this way."""
        path = room.scratch / "proxied.conf"
        path.write_text(room.namespace.config.read_text().replace("127.0.0.1:6443", f"127.0.0.1:{self.port}"))
        return path
