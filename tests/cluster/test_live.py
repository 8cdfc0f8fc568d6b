"""The drill itself: what needs no cluster. `python3 -B -m unittest` in this folder."""

import json
import os
import sys
import tarfile
import tempfile
import time
import unittest
from collections import Counter
from pathlib import Path
from unittest import mock

from harness import table
from harness.forms import FORMS
from harness.trial import Program
from harness.trial import Result as Outcome
from live import crowd, images, manifests, owners, photo, report, scenario, scenarios  # noqa: F401
from live.room import Said
from live.scenario import Deviation, Result, Scenario
from live.scenarios import owners as announcements
from live.session import Session


class Scenarios(unittest.TestCase):
    def test_all_are_told_apart(self):
        names = Counter(one.name for one in scenario.ALL)
        self.assertEqual([name for name, count in names.items() if count > 1], [])
        for one in scenario.ALL:
            with self.subTest(one.name):
                self.assertRegex(one.name, "^[a-z0-9-]+$")
        self.assertGreater(len(names), 100)

    def test_some_by_name_or_group(self):
        self.assertEqual([one.name for one in scenario.chosen(["port-80"])], ["port-80"])
        self.assertTrue({one.group for one in scenario.chosen(["rights"])} == {"rights"})
        self.assertEqual(scenario.chosen([]), scenario.ALL)
        with self.assertRaises(LookupError):
            scenario.chosen(["port-81"])

    def test_a_flaw_of_one_is_its_own(self):
        def run(_):
            raise KeyError("x")

        room = mock.Mock(gist=lambda: "the end")
        result = scenario.play(Scenario("a", "g", "", run), room)
        self.assertIn("KeyError", result.reason)
        room.close.assert_called_once()
        self.assertTrue(scenario.play(Scenario("a", "g", "", lambda _: None), room).passed)

    def test_the_record(self):
        one = Scenario("a", "g", "it | breaks", lambda _: None)
        text = report.markdown([Result(one, "", "cause x | y", 1.2), Result(one, "not as before", "", 3)])
        self.assertIn("| ok | 1 | cause x \\| y |", text)
        self.assertIn("- a: not as before", text)


class Words(unittest.TestCase):
    def test_what_is_said(self):
        said = Said(4, "the new pods\n  do not start\n")
        said.expect(4, ["pods do not start", "NEW"], ["healthy"])
        for expectation in ((0, []), (4, ["old"]), (4, [], ["do not"])):
            with self.subTest(expectation), self.assertRaises(Deviation):
                said.expect(*expectation)

    def test_what_is_announced(self):
        text = "+ spec.securityContext.seccompProfile.type: RuntimeDefault   stays\n~ allowPrivilegeEscalation: true -> false\n    BLOCKS the next"
        self.assertEqual(announcements.announced(text), {"seccompProfile": "stays", "allowPrivilegeEscalation": "blocks"})
        with self.assertRaises(Deviation):
            announcements.announced("+ seccompProfile stays ~ allowPrivilegeEscalation")


class Photos(unittest.TestCase):
    def item(self, **spec):
        return {
            "metadata": {"name": "web", "uid": "1", "annotations": {"deployment.kubernetes.io/revision": "2"}}, "spec": spec, "status": {"x": 1},
        }

    def test_what_counts(self):
        self.assertEqual(photo.asked_for(self.item(a=1)), {"metadata": {"name": "web"}, "spec": {"a": 1}})

    def test_what_is_not_as_before(self):
        before = {"objects": {"a": {"x": [1, 2]}, "b": {}}, "ready": 1, "pods": 1}
        after = {"objects": {"a": {"x": [1, 3]}, "c": {}}, "ready": 0, "pods": 1}
        self.assertEqual(photo.differences(before, before), [])
        self.assertEqual(
            photo.differences(before, after),
            ["a differs at /x/1", "b is gone", "c is left over", "0 of 1 pods are ready, there were 1 of 1"],
        )

    def test_pods_that_stay(self):
        pods = [
            {"metadata": {}, "status": {"phase": "Running"}},
            {"metadata": {"deletionTimestamp": "x"}, "status": {"phase": "Running"}},
            {"metadata": {}, "status": {"phase": "Failed", "reason": "Evicted"}},
        ]
        self.assertEqual(photo.living(pods), pods[:1])


class Flux(unittest.TestCase):
    def test_it_takes_over_what_kubectl_owns(self):
        def entry(manager, fields, **more):
            return {"manager": manager, "operation": "Update", "time": "t", "fieldsV1": fields, **more}

        fields = [
            entry("kubectl-edit", {"f:spec": {"f:a": {}}}),
            entry("pod-hardener", {"f:spec": {"f:b": {}}}),
            entry("kustomize-controller", {"f:spec": {"f:c": {}}}, operation="Apply"),
            entry("kubectl", {"f:status": {}}, subresource="status"),
        ]
        own, *kept = owners.taken_over(fields)
        self.assertEqual(own["fieldsV1"], {"f:spec": {"f:a": {}, "f:c": {}}})
        self.assertEqual([one["manager"] for one in kept], ["pod-hardener", "kubectl"])


class Manifests(unittest.TestCase):
    def test_nothing_is_hardened(self):
        for kind in manifests.SERVED:
            with self.subTest(kind):
                text = json.dumps(manifests.workload(kind))
                self.assertNotIn("securityContext", text)
                self.assertIn(manifests.SHELL, text)

    def test_the_crowd(self):
        kinds = Counter(crowd.kind_of(number) for number in range(200))
        self.assertEqual(kinds, {kind: 2 * share for kind, share in crowd.MIX})
        names = {crowd.workload(number)[1] for number in range(200)}
        self.assertEqual(len(names), 200)

    def test_images(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, XDG_CACHE_HOME=folder):
            home = Path(folder) / "kubectl-harden/testcluster"
            home.mkdir(parents=True)
            busybox = Path(folder) / "busybox.tar"
            with tarfile.open(Path(folder) / "layer.tar", "w") as layer:
                images.put(layer, "./bin/busybox", b"x")
            with tarfile.open(busybox, "w") as tar:
                images.put(tar, "manifest.json", b'[{"Config": "c.json", "Layers": ["layer.tar"]}]')
                images.put(tar, "c.json", b'{"config": {"Cmd": ["sh"]}}')
                images.put(tar, "layer.tar", (Path(folder) / "layer.tar").read_bytes())
            made = images.archive(busybox)
            self.assertEqual(images.archive(busybox), made)
            with tarfile.open(made) as tar:
                entries = {entry["RepoTags"][0]: entry for entry in json.load(tar.extractfile("manifest.json"))}
                self.assertEqual(entries.keys(), images.IMAGES.keys())
                named = json.load(tar.extractfile(entries["mirror.example/named/numeric:1"]["Config"]))
                self.assertEqual(named["config"], {"Cmd": ["sh"], "User": "nobody"})


class Programs(unittest.TestCase):
    def test_a_program_that_breaks_only_at_work(self):
        forms = {form.name: form for form in FORMS}
        with tempfile.TemporaryDirectory() as folder:
            program = Program("web", Path(folder))
            idle = Outcome("web", "", ready=True, reason="ready, but does not work: + save")
            self.assertFalse(table.met(forms["live-naive"], program, idle))
            (Path(folder) / "late").write_text("nobody asked\n")
            self.assertTrue(table.met(forms["live-naive"], program, idle))
            self.assertFalse(table.met(forms["live"], program, idle))
            untold = Outcome("web", "", ready=True, reason="kubectl-harden apply: no cause is named: x")
            self.assertFalse(table.met(forms["live-naive"], program, untold))


class Sessions(unittest.TestCase):
    def start(self, script, terminal):
        return Session([sys.executable, "-c", script], dict(os.environ), terminal)

    def test_a_person_answers(self):
        session = self.start("print('\\x1b[1mApply?\\x1b[0m'); print('got', input()); raise SystemExit(3)", True)
        session.until(r"Apply\?\n")
        session.type("y\n")
        self.assertEqual(session.end(), 3)
        self.assertIn("got y", session.text)

    def test_ctrl_c_reaches_it(self):
        session = self.start("import time\ntry:\n print('on', flush=True); time.sleep(60)\nexcept KeyboardInterrupt: raise SystemExit(130)", True)
        session.until("on")
        session.type("\x03")
        self.assertEqual(session.end(20), 130)

    def test_patience_ends(self):
        session = self.start("import time; print('on', flush=True); time.sleep(60)", False)
        session.until("on")
        started = time.monotonic()
        with self.assertRaises(Deviation):
            session.end(1)
        self.assertLess(time.monotonic() - started, 10)

    def test_it_ends_too_early(self):
        with self.assertRaises(Deviation):
            self.start("print('off')", False).until("on")


if __name__ == "__main__":
    unittest.main()
