"""The part that is imported, so that Python wants to keep byte-code beside it."""

import hashlib


def summary(path):
    with open(path, "rb") as file:
        content = file.read()
    return content.count(b"\n"), hashlib.sha256(content).hexdigest()
