"""Manifests of other people, asked of the API server before and after they were rewritten. Nothing is kept there (dry run).

The texts go to the server as they are, one request for each document that differs, as `kubectl create --dry-run=server` would: it
reads the YAML, completes the object, runs admission and validates it, unknown and double fields included. Where it had something
against the document before (no such kind, a patch that is no whole object), it may say the same afterwards; whatever it says only
then is a failure.
"""

import http.client
import json
import re
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import quote

from .api import CORE

CONNECTIONS = 4
# For the dry run of a server that has the object already; the object was validated before that.
CONFLICT = 409
# The complaint that there is no such kind.
KIND = "kind"


@dataclass(frozen=True)
class Document:
    """One document of a manifest, as text, with what leads to its address."""

    version: str
    kind: str
    namespace: str
    name: str
    text: str

    @property
    def identity(self):
        # Without the version, which may be one of the things that change.
        return self.kind, self.namespace, self.name


def documents(text):
    """The documents of a manifest that are objects of the API in block style, as nearly all are."""
    found = []
    for part in re.split(r"^---.*\n", text.replace("\r\n", "\n"), flags=re.MULTILINE):
        version, kind = (field(part, name) for name in ("apiVersion", "kind"))
        if version and kind:
            about = re.search(r"^metadata:[^\n]*\n((?:[ #\t][^\n]*\n|\n)*)", part + "\n", re.MULTILINE)
            inner = about[1] if about else ""
            indent = re.match(r"(?:\s*#[^\n]*\n|\s*\n)*( +)", inner)
            namespace, name = (field(inner, name, indent[1] if indent else "") for name in ("namespace", "name"))
            found.append(Document(version, kind, namespace or "default", name or "", part))
    return found


def field(text, name, indent=""):
    match = re.search(rf"""^{indent}["']?{name}["']?:\s*["']?([^\s"'#]+)""", text, re.MULTILINE)
    return match and match[1]


def pairs(before, after):
    """What differs of two versions of a manifest: the old document (None for a new one) and the new one."""
    seen, known = Counter(), {}
    for document in before:
        seen[document.identity] += 1
        known[document.identity, seen[document.identity]] = document
    seen.clear()
    for document in after:
        seen[document.identity] += 1
        old = known.get((document.identity, seen[document.identity]))
        if not old or old.text != document.text:
            yield old, document


class Server:
    """The API server as the corpus asks it: over few connections that stay open."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.own = threading.local()
        self.groups, self.lock = {}, threading.Lock()

    def prepare(self, namespaces):
        for name in namespaces:
            # A template's name is nobody's.
            if re.fullmatch(r"[a-z0-9-]+", name) and not self.cluster.call("GET", f"{CORE}/namespaces/{name}"):
                self.cluster.call("POST", f"{CORE}/namespaces", {"metadata": {"name": name}})

    def complaints(self, document):
        """What the server has against the document, by field where it can tell, in its own words; empty where it takes it.

        What it warns of counts, too.
        """
        path = self.path(document)
        if not path:
            return {KIND: f"no such kind: {document.version} {document.kind}"}
        status, answer, warnings = self.post(f"{path}?dryRun=All&fieldValidation=Strict&fieldManager=corpus", document.text)
        if status < 300 or status == CONFLICT:
            return {text: f"warning: {text}" for text in warnings}
        causes = (answer.get("details") or {}).get("causes") or []
        fields = {f"{cause.get('field')} {cause.get('reason')}": f"{cause.get('field')}: {cause.get('message')}" for cause in causes}
        return fields or {str(status): answer.get("message", "")}

    def path(self, document):
        base = CORE if document.version == "v1" else f"/apis/{document.version}"
        with self.lock:
            if base not in self.groups:
                known = (self.cluster.call("GET", base) or {}).get("resources", [])
                self.groups[base] = {kind["kind"]: kind for kind in known if "/" not in kind["name"]}
        kind = self.groups[base].get(document.kind)
        if not kind:
            return None
        return f"{base}/namespaces/{quote(document.namespace)}/{kind['name']}" if kind["namespaced"] else f"{base}/{kind['name']}"

    def post(self, path, text):
        if not hasattr(self.own, "connection"):
            self.own.connection = http.client.HTTPSConnection("127.0.0.1", 6443, context=self.cluster.trust, timeout=30)
        self.own.connection.request("POST", path, text.encode(), {"Content-Type": "application/yaml", "Accept": "application/json"})
        answer = self.own.connection.getresponse()
        return answer.status, json.loads(answer.read()), warnings_of(answer.headers.get_all("Warning", []))


def unrendered(document):
    """Whether its name, namespace or spec holds what some template engine would replace: `${X}`, `{{ x }}` or `(@= x @)`."""
    spec = document.text.partition("\nspec:")[2]
    return bool(re.search(r"\$\{|\{\{|\(@", f"{document.namespace} {document.name} {spec}"))


def warnings_of(headers):
    """The texts of `Warning` headers: a code, an agent and a quoted text, as RFC 7234 has it."""
    return [re.sub(r"\\(.)", r"\1", text) for header in headers for text in re.findall(r'\d{3} \S+ "((?:[^"\\]|\\.)*)"', header)]


@dataclass
class Answers:
    asked: int = 0
    # What the server takes neither before nor after, for the same reasons.
    never: int = 0
    # (file, document, complaints): what it has something new against.
    lost: tuple = ()


def ask(server, changed):
    """Puts all of `changed`, (file, old document, new document), to the server."""
    def one(entry):
        file, old, new = entry
        after = server.complaints(new)
        before = server.complaints(old) if after and old else {}
        # Whoever knows no such kind has nothing to say of its fields.
        return file, new, before, [text for key, text in after.items() if key not in before and KIND not in before]

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        answers = list(pool.map(one, changed))
    lost = tuple((file, new, "; ".join(added)) for file, new, _, added in answers if added)
    return Answers(len(answers), sum(bool(before) and not added for _, _, before, added in answers), lost)
