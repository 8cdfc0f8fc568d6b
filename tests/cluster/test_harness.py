"""The harness itself: what needs no cluster. `python3 -B -m unittest` in this folder."""

import argparse
import os
import struct
import tarfile
import tempfile
import unittest
from pathlib import Path

from harness import archive, corpus, dockerfile, forms, memory, names, secrets, table
from harness.forms import FORMS, LIMITS, UNLIMITED, Failed
from harness.trial import Program, Result

PROGRAMS = Path(__file__).resolve().parent / "programs"


def parsed(text):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "Dockerfile"
        path.write_text(text)
        return dockerfile.read(path)


class Dockerfiles(unittest.TestCase):
    def test_continued_lines_flags_and_here_documents(self):
        file = parsed(
            "# image: web:1\nFROM debian:bookworm-slim AS build\nRUN one && \\\n    two\n"
            "COPY --from=build --chmod=755 <<'END' /run.sh\n#!/bin/sh\n# kept\nEND\nCMD [\"a b\", \"c\"]\n"
        )
        self.assertEqual(file.image, "docker.io/library/web:1")
        start, run, copy, command = file.instructions
        self.assertEqual(start.rest, "debian:bookworm-slim AS build")
        self.assertEqual(run.rest, "one && two")
        self.assertEqual((copy.rest, copy.body), ("/run.sh", "#!/bin/sh\n# kept\n"))
        self.assertEqual(copy.flags, {"from": "build", "chmod": "755"})
        self.assertEqual(command.items(), ["a b", "c"])

    def test_what_it_does_not_do_is_refused(self):
        for text in [
            "FROM scratch\n",
            "# image: web:1\n",
            "# image: web:1\nRUN true\n",
            "# image: web:1\nFROM scratch\nADD a b\n",
            "# image: web:1\nFROM scratch\nRUN <<END\ntrue\n",
            "# image: web:1\nFROM scratch\nRUN true \\\n",
        ]:
            with self.subTest(text), self.assertRaises(dockerfile.Malformed):
                parsed(text)

    def test_names(self):
        for name, full in {
            "nginx:1": "docker.io/library/nginx:1",
            "prom/prometheus:v2": "docker.io/prom/prometheus:v2",
            "quay.io/a/b:1": "quay.io/a/b:1",
            "localhost/a:1": "localhost/a:1",
        }.items():
            self.assertEqual(dockerfile.normalised(name), full)


class Archives(unittest.TestCase):
    @unittest.skipUnless(os.geteuid() == 0, "needs root: device files and file capabilities")
    def test_a_layer_keeps_owners_capabilities_and_what_it_takes_away(self):
        # cap_net_bind_service=+ep, as setcap writes it.
        capability = bytes.fromhex("0100000200040000000000000000000000000000")
        with tempfile.TemporaryDirectory(dir="/var/tmp") as work:
            folder, tar = Path(work) / "fs", Path(work) / "layer.tar"
            (folder / "etc").mkdir(parents=True)
            (folder / "etc/program").write_text("x")
            os.chown(folder / "etc/program", 101, 102)
            os.setxattr(folder / "etc/program", "security.capability", capability)
            os.link(folder / "etc/program", folder / "etc/twin")
            os.symlink("/dev/stdout", folder / "etc/log")
            os.mknod(folder / "etc/gone", 0o020000, 0)
            os.setxattr(folder / "etc", "trusted.overlay.opaque", b"y")
            archive.pack(folder, tar)
            with tarfile.open(tar) as layer:
                found = {info.name: info for info in layer}
        self.assertEqual(set(found), {"etc", "etc/.wh..wh..opq", "etc/program", "etc/twin", "etc/log", "etc/.wh.gone"})
        self.assertEqual((found["etc/program"].uid, found["etc/program"].gid), (101, 102))
        kept = found["etc/program"].pax_headers["SCHILY.xattr.security.capability"]
        self.assertEqual(kept.encode("utf-8", "surrogateescape"), capability)
        self.assertTrue(found["etc/twin"].islnk())
        self.assertEqual(found["etc/log"].linkname, "/dev/stdout")


class Promises(unittest.TestCase):
    def test_what_a_form_owes(self):
        forms = {form.name: form for form in FORMS}
        with tempfile.TemporaryDirectory() as folder:
            program = Program("web", Path(folder))
            broken = Result("web", "", ready=True)
            loose = Result("web", "", ready=True, works=True, restricted=False)
            self.assertFalse(table.met(forms["plain"], program, broken))
            self.assertTrue(table.met(forms["naive"], program, broken))
            self.assertTrue(table.met(forms["image"], program, loose))
            self.assertFalse(table.met(forms["ours"], program, loose))
            (Path(folder) / "level").write_text("baseline: it starts as root\n")
            self.assertEqual(program.level, ("baseline", "it starts as root"))
            self.assertTrue(table.met(forms["ours"], program, loose))

    def test_a_program_that_must_fail_until_it_gets_what_it_needs(self):
        forms = {form.name: form for form in FORMS}
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "fails").write_text("OOMKilled: it is given too little\n")
            program = Program("web", Path(folder))
            killed = Result("web", "", reason="app: OOMKilled, exit code 137: (no log)")
            other = Result("web", "", reason="app: Error, exit code 1: no such file")
            works = Result("web", "", ready=True, works=True, restricted=True)
            for name, result, met in [
                ("plain", killed, True), ("plain", other, False), ("plain", works, False), ("ours", killed, True),
                ("limits", killed, False), ("limits", works, True), ("naive", other, True),
            ]:
                with self.subTest(name, reason=result.reason):
                    self.assertEqual(table.met(forms[name], program, result), met)

    def test_every_program_is_whole(self):
        for folder in PROGRAMS.iterdir():
            with self.subTest(folder.name):
                text = (folder / "manifest.yaml").read_text()
                self.assertIn(f"name: {folder.name}\n", text)
                self.assertNotIn("securityContext", text)
                self.assertTrue((folder / "check").read_text().startswith("# "))
                program = Program(folder.name, folder)
                level, reason = program.level
                self.assertIn(level, ("restricted", "baseline", "privileged"))
                self.assertEqual(level == "restricted", not reason)
                self.assertEqual(*map(bool, program.fails))
                self.assertEqual("secretKeyRef" in text, bool(program.secrets))

    def test_every_program_was_measured(self):
        measured = memory.stated(LIMITS.read_text())
        for folder in PROGRAMS.iterdir():
            with self.subTest(folder.name):
                self.assertTrue(any(f"/{folder.name}/" in key for key in measured))


class Forms(unittest.TestCase):
    def test_a_resource_on_every_container(self):
        form = forms.named("limits.memory=64Mi")
        deployment = {"kind": "Deployment", "spec": {"template": {"spec": {
            "initContainers": [{"name": "a"}],
            "containers": [{"name": "b", "resources": {"requests": {"memory": "1Mi"}, "limits": {"cpu": "1", "memory": "1Gi"}}}],
        }}}}
        form.edit(forms.containers(deployment)[0])
        form.edit(forms.containers(deployment)[1])
        first, second = forms.containers(deployment)
        self.assertEqual(first["resources"], {"limits": {"memory": "64Mi"}})
        self.assertEqual(second["resources"], {"requests": {"memory": "1Mi"}, "limits": {"cpu": "1", "memory": "64Mi"}})
        self.assertFalse(form.must)
        UNLIMITED.edit(second)
        self.assertEqual(second["resources"], {"requests": {"memory": "1Mi"}})

    def test_other_names(self):
        self.assertEqual(forms.named("ours").name, "ours")
        for name in ("theirs", "limits.memory", "limits.memory=", "limit.memory=1Gi"):
            with self.subTest(name), self.assertRaises(argparse.ArgumentTypeError):
                forms.named(name)


class Memory(unittest.TestCase):
    def test_the_highest_of_what_was_seen(self):
        with tempfile.TemporaryDirectory() as folder:
            group = Path(folder) / "memory/test/kubepods/burstable/pod1/abc"
            group.mkdir(parents=True)
            meter = memory.Meter("test", Path(folder))
            for used, inactive, rss in [(50, 10, 30), (90, 70, 15), (30, 0, 5)]:
                (group / "memory.usage_in_bytes").write_text(f"{used}\n")
                (group / "memory.max_usage_in_bytes").write_text("95\n")
                (group / "memory.stat").write_text(f"total_rss {rss}\ntotal_inactive_file {inactive}\n")
                meter.look()
            self.assertEqual(meter.of("containerd://abc"), memory.Peak(40, 30, 95))
            self.assertIsNone(meter.of("containerd://other"))

    def test_control_groups_of_version_2(self):
        with tempfile.TemporaryDirectory() as folder:
            group = Path(folder) / "test/kubepods/pod1/abc"
            group.mkdir(parents=True)
            (Path(folder) / "cgroup.controllers").write_text("memory\n")
            (group / "memory.current").write_text("50\n")
            (group / "memory.peak").write_text("95\n")
            (group / "memory.stat").write_text("anon 30\ninactive_file 10\n")
            meter = memory.Meter("test", Path(folder))
            meter.look()
            self.assertEqual(meter.of("containerd://abc"), memory.Peak(40, 30, 95))

    def test_what_is_written(self):
        mi = memory.MI
        results = [Result("web", "", peaks=[("Deployment/web", "app", memory.Peak(size, mi, 9 * mi)) for size in (mi, 40 * mi + 1)])]
        found = memory.together(results)
        self.assertIn("| web | app | 41 | 1 | 9 | 64 |\n", memory.table(found))
        entry = "default/Deployment/web/app:\n  requests: {memory: 41Mi}\n  limits: {memory: 64Mi}\n"
        self.assertTrue(memory.limits(found).endswith(entry))
        self.assertEqual(memory.stated(memory.limits(found)), {"Deployment/web/app": "64Mi"})
        self.assertEqual([memory.limit(memory.Peak(size * mi)) for size in (1, 43, 128, 129)], [64, 64, 192, 208])


class Secrets(unittest.TestCase):
    class Runtime:
        def __init__(self, told=(), has=()):
            self.tells, self.has = told, has

        def told(self):
            return self.tells

        def processes(self):
            return self.has

    def compare(self, left, runtime, moves=True):
        before = secrets.wanted([
            {"kind": "Secret", "metadata": {"name": "s"}, "stringData": {"key": "horse"}},
            {"kind": "Pod", "spec": {"containers": [
                {"name": "app", "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "key"}}}, {"name": "B"}]},
            ]}},
        ])
        self.assertEqual(before, {("app", "A"): "horse"})
        pod = {
            "spec": {"containers": [{"name": "app", "env": [{"name": name} for name in left]}]},
            "status": {"containerStatuses": [{"name": "app", "containerID": "containerd://abc"}]},
        }
        return secrets.compare({"A": moves}, before, [pod], lambda _: runtime, True)

    def test_where_a_secret_is(self):
        self.assertEqual(self.compare(["A_FILE"], self.Runtime(["A_FILE=/s"], ["PATH=/"])), [])
        self.assertEqual(self.compare(["A_FILE"], self.Runtime(["A_FILE=/s"], ["A=horse"])), ["A"])
        self.assertEqual(self.compare(["A"], self.Runtime(["A=horse"]), moves=False), [])

    def test_what_is_not_as_owed(self):
        for left, runtime, moves in [
            (["A"], self.Runtime(["A=horse"]), True),
            ([], self.Runtime(), False),
            (["B"], self.Runtime(["B=my horse"]), True),
        ]:
            with self.subTest(left=left), self.assertRaises(Failed):
                self.compare(left, runtime, moves)


class Names(unittest.TestCase):
    def ask(self, name, kind=names.ADDRESS):
        labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
        known = {("web", "shop"): "10.244.0.17"}
        question = b"ab" + struct.pack("!5H", 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", kind, 1)
        answer = names.answer(question, lambda *service: known.get(service))
        self.assertEqual(answer[:2], b"ab")
        self.assertIn(question[12:], answer)
        flags, _, count, _, _ = struct.unpack_from("!5H", answer, 2)
        return flags & 15, count, answer[-4:]

    def test_names_of_services(self):
        self.assertEqual(self.ask("Web.shop.svc.cluster.local"), (0, 1, bytes([10, 244, 0, 17])))
        # The name exists, with no address of that kind.
        self.assertEqual(self.ask("web.shop.svc.cluster.local", 28)[:2], (0, 0))
        for name in ("db.shop.svc.cluster.local", "web.svc.cluster.local", "web", "web.shop", "a.web.shop.svc.cluster.local"):
            with self.subTest(name):
                self.assertEqual(self.ask(name)[:2], (names.NO_SUCH_NAME, 0))


class Corpus(unittest.TestCase):
    TEXT = (
        "# a comment\napiVersion: v1\nkind: Service\nmetadata:\n  labels:\n    name: other\n  name: web\n---\n"
        "apiVersion: \"apps/v1\" # quoted\nkind: Deployment\nmetadata:\n    # first\n    name: 'web'\n    namespace: shop\n"
        "spec:\n    template: {metadata: {name: none}}\n---\n# nothing\n"
    )

    def test_documents(self):
        service, deployment = corpus.documents(self.TEXT)
        self.assertEqual((service.version, *service.identity), ("v1", "Service", "default", "web"))
        self.assertEqual((deployment.version, *deployment.identity), ("apps/v1", "Deployment", "shop", "web"))
        self.assertEqual([item.identity for item in corpus.documents(self.TEXT.replace("\n", "\r\n"))],
                         [service.identity, deployment.identity])

    def test_only_what_differs_is_asked(self):
        before = corpus.documents(self.TEXT)
        after = corpus.documents(self.TEXT.replace("template: {", "template: {spec: {}, ") + "---\napiVersion: v1\nkind: Pod\n")
        (old, new), (none, pod) = corpus.pairs(before, after)
        self.assertEqual((old.kind, new.kind, none, pod.kind), ("Deployment", "Deployment", None, "Pod"))
        self.assertIn("spec: {}, ", new.text)

    def test_what_a_server_warns_of(self):
        headers = ['299 - "unknown field \\"spec.x\\""', '299 - "a", 299 - "b, c"']
        self.assertEqual(corpus.warnings_of(headers), ['unknown field "spec.x"', "a", "b, c"])
        self.assertEqual(corpus.warnings_of([]), [])

    def test_templates_that_nobody_rendered(self):
        def document(text, namespace="shop"):
            return corpus.Document("v1", "Pod", namespace, "web", text)

        for text in ("\nspec:\n  a: ${NAME}", "\nspec: {{ .name }}", "\nspec:\n  (@= name @): x"):
            self.assertTrue(corpus.unrendered(document(text)))
        self.assertTrue(corpus.unrendered(document("", "${NAME:-default}")))
        # What an annotation says is no name.
        self.assertFalse(corpus.unrendered(document("annotations: ${X}\nspec:\n  namespaceSelector: {}\n  cost: $5\n")))

    def test_only_what_is_said_against_the_new_one_alone_is_a_loss(self):
        def document(text):
            return corpus.Document("v1", "Pod", "default", "web", text)

        class Server:
            def complaints(self, document):
                return {word: f"{word}!" for word in document.text.split() if word != "good"}

        answers = corpus.ask(Server(), [
            ("a", document("good"), document("bad")), ("b", document("bad worse"), document("bad good")),
            ("c", document("bad"), document("good")), ("d", None, document("bad")), ("e", document("bad"), document("bad worse")),
            ("f", document("kind"), document("bad")),
        ])
        self.assertEqual((answers.asked, answers.never), (6, 2))
        self.assertEqual([(file, said) for file, _, said in answers.lost], [("a", "bad!"), ("d", "bad!"), ("e", "worse!")])


if __name__ == "__main__":
    unittest.main()
