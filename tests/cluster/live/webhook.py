"""An admission webhook: a small HTTPS server that the API server asks. It takes the certificate of the API server itself, which holds
for this address."""

import base64
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REGISTRATION = "/apis/admissionregistration.k8s.io/v1"


class Webhook:
    """`answer(request)` gives a refusal, or None; asked for what is created or changed of these resources in the room's namespace."""

    def __init__(self, room, resources, answer=None, up=True):
        self.room, self.asked = room, []
        self.name = room.namespace.name
        pki = room.cluster.folder / "pki"
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler(answer))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pki / "apiserver.crt", pki / "apiserver.key")
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        url = f"https://127.0.0.1:{self.server.server_port}/"
        if up:
            threading.Thread(target=self.server.serve_forever, daemon=True).start()
        else:
            self.server.server_close()
        room.cluster.call("POST", f"{REGISTRATION}/validatingwebhookconfigurations", {
            "metadata": {"name": self.name},
            "webhooks": [{
                "name": "policy.drill.example", "admissionReviewVersions": ["v1"], "sideEffects": "NoneOnDryRun",
                "timeoutSeconds": 3, "failurePolicy": "Fail",
                "clientConfig": {"url": url, "caBundle": base64.b64encode((pki / "ca.crt").read_bytes()).decode()},
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": self.name}},
                "rules": [
                    {"apiGroups": ["", "apps"], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": resources},
                ],
            }],
        })
        room.at_end.append(self.close)

    def handler(self, answer):
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                request = review["request"]
                asked.append(request)
                refusal = answer(request) if answer else None
                response = {"uid": request["uid"], "allowed": refusal is None}
                if refusal:
                    response["status"] = {"message": refusal}
                body = json.dumps({"apiVersion": review["apiVersion"], "kind": "AdmissionReview", "response": response}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler

    def close(self):
        self.room.cluster.call("DELETE", f"{REGISTRATION}/validatingwebhookconfigurations/{self.name}")
        self.server.server_close()
