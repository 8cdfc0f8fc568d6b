"""Applications under policies: what needs no cluster. `python3 -B -m unittest` in this folder."""

import json
import re
import struct
import subprocess
import tarfile
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from harness import archive
from traffic import application, attempts, callers, flows, images, report, rounds
from traffic.callers import Caller
from traffic.flows import Door, Malformed, Row, Table

APPLICATIONS = Path(__file__).parent / "applications"
WEB = Door("web.shop", "80")


def table(*rows):
    return Table("# from\tto\n\n" + "".join("\t".join(row) + "\n" for row in rows))


def pod(name, owner=None, namespace="shop", labels=None, **status):
    references = [{"controller": True, "kind": owner[0], "name": owner[1]}] if owner else []
    return {
        "metadata": {"name": name, "namespace": namespace, "labels": labels or {}, "ownerReferences": references},
        "status": {"phase": "Running", "podIP": "10.0.0.1", **status},
    }


class Tables(unittest.TestCase):
    def test_the_nearest_row_counts(self):
        read = table(
            ("shop/api", "web.shop", "80", "yes", "a"), ("around", "web.shop", "80", "open", "b"), ("*", "web.shop", "80", "no", ""),
            ("outside", "shop/web", "80", "yes", "c"), ("*", "shop/web", "80", "no", ""),
        )
        self.assertEqual(read.row("shop/api", False, WEB), Row("yes", "a"))
        self.assertEqual(read.row("other/api", True, WEB), Row("open", "b"))
        self.assertEqual(read.row("shop/db", False, WEB), Row("no", ""))
        # Around or not, there is no row but the last for this door.
        self.assertEqual(read.row("other/api", True, Door("shop/web", "80")), Row("no", ""))
        self.assertEqual(read.row("outside", False, Door("shop/web", "80")).needed, "yes")
        self.assertEqual(read.row("outside", False, WEB).needed, flows.UNTRIED)
        self.assertEqual(read.callers, {"shop/api"})

    def test_what_says_too_little_or_too_much_is_refused(self):
        everyone = ("*", "web.shop", "80", "no", "")
        for rows, said in [
            ([("*", "web.shop", "80", "perhaps", "")], "flows.tsv:3: a row is"),
            ([("*", "web.shop", "80", "no")], "flows.tsv:3: a row is"),
            ([("shop/api", "web.shop", "80", "yes", "")], "web.shop 80 has no row for *"),
            ([everyone, everyone], "flows.tsv:4: * has a row for web.shop 80 already"),
        ]:
            with self.subTest(rows), self.assertRaisesRegex(Malformed, re.escape(said)):
                table(*rows)

    def test_every_application_is_whole(self):
        folders = [path.parent for path in APPLICATIONS.glob("*/flows.tsv")]
        self.assertGreaterEqual(len(folders), 3)
        known = json.loads((APPLICATIONS / "images.json").read_text())
        around = (APPLICATIONS / "around.yaml").read_text()
        neighbours = {f"{namespace}/{name}" for namespace, name in application.bare_pods(around)}
        self.assertGreaterEqual(len(neighbours), 5)
        for folder in folders:
            with self.subTest(folder.name):
                one = application.Application(folder)
                text = one.manifests.read_text()
                self.assertEqual(set(re.findall(r"image: (\S+)", text + around)) - known.keys(), set())
                kinds = {row.needed for door in one.table.doors for row in one.table.rows[door].values()}
                self.assertLessEqual({"yes", "no"}, kinds)
                # Nothing in a manifest may give away the policies that the tool is to make.
                self.assertNotIn("kind: NetworkPolicy", text)
                own = {caller for caller in one.table.callers if caller.partition("/")[0] in one.namespaces}
                heads = re.findall(r"^kind: (?:Deployment|StatefulSet|\w*Job)\nmetadata:\n  name: (\S+)\n  namespace: (\S+)$", text, re.MULTILINE)
                workloads = {f"{namespace}/{name}" for name, namespace in heads}
                self.assertEqual({re.sub(r"-\d$", "", caller) for caller in own} - workloads, set())
                self.assertEqual(one.table.callers - own - neighbours, set())


class Callers(unittest.TestCase):
    def test_what_a_pod_belongs_to(self):
        for of, name in [
            (pod("web-5d4-x", ("ReplicaSet", "web-5d4"), labels={"pod-template-hash": "5d4"}), "web"),
            (pod("db-0", ("StatefulSet", "db")), "db-0"),
            (pod("report-now-x", ("Job", "report-now")), "report"),
            (pod("migrate-x", ("Job", "migrate")), "migrate"),
            (pod("stranger"), "stranger"),
        ]:
            with self.subTest(name):
                self.assertEqual(callers.of([of]), [Caller(f"shop/{name}", "shop", of["metadata"]["name"], "10.0.0.1")])

    def test_who_is_going_or_not_there_yet_is_none(self):
        going = pod("a")
        going["metadata"]["deletionTimestamp"] = "x"
        self.assertEqual(callers.of([going, pod("b", phase="Pending"), pod("c", podIP="")]), [])


class Attempts(unittest.TestCase):
    PODS = [Caller("shop/web", "shop", "web-1", "10.0.0.1"), Caller("shop/web", "shop", "web-2", "10.0.0.2")]

    def test_targets(self):
        for host, port, wanted in [
            ("web.shop", "80", ["http|web.shop.svc.cluster.local.|80"]),
            ("kubernetes.default.svc", "443/tcp", ["tcp|kubernetes.default.svc.cluster.local.|443"]),
            ("mail.example", "25", ["http|mail.example.|25"]),
            ("node", "30080", [f"http|{attempts.NODE}|30080"]),
            # All pods of the workload, but not the caller itself.
            ("shop/web", "9999", ["http|10.0.0.2|9999"]),
            ("shop/db", "5432", []),
        ]:
            with self.subTest(host):
                self.assertEqual(attempts.targets(Door(host, port), self.PODS[0], self.PODS), wanted)

    def test_only_yes_and_no_are_answers(self):
        self.assertEqual(attempts.parsed("yes http|a|1\nno tcp|b|2\nmaybe c\nyes\n"), {"http|a|1": "yes", "tcp|b|2": "no", "": "yes"})

    def test_who_says_nothing_fails(self):
        silent = subprocess.CompletedProcess([], 1, "yes http|a|1\n", "no such container")
        with mock.patch.object(subprocess, "run", return_value=silent), mock.patch.object(attempts.time, "sleep"):
            self.assertEqual(attempts.answers(self.PODS[0], ["http|a|1"], None), {"http|a|1": "yes"})
            with self.assertRaisesRegex(application.Failed, "tcp|b|2.*no such container"):
                attempts.answers(self.PODS[0], ["http|a|1", "tcp|b|2"], None)

    def test_only_what_must_pass_is_tried_again(self):
        asked = []

        def answers(caller, wanted, applets, limit=attempts.LIMIT):
            asked.append((wanted, limit))
            return {target: "no" if limit == attempts.LIMIT else "yes" for target in wanted}

        with mock.patch.object(attempts, "answers", answers):
            plan = [(self.PODS[0], ["a", "b"]), (self.PODS[1], [])]
            found = attempts.all_of(plan, None, lambda _, target: {"a": "yes", "b": "no"}[target])
        self.assertEqual(found, [{"a": "yes", "b": "no"}, {}])
        self.assertEqual(asked, [(["a", "b"], attempts.LIMIT), (["a"], attempts.PATIENT_LIMIT)])

    def test_the_question_by_tcp(self):
        """The query of the script is a whole DNS message, with its length before it."""
        octal = re.search(r"^query='(.*)'$", attempts.SCRIPT, re.MULTILINE)[1]
        query = subprocess.run(["sh", "-c", 'printf "$0"', octal], capture_output=True, check=True).stdout
        self.assertEqual(struct.unpack("!H", query[:2])[0], len(query) - 2)
        self.assertEqual(query[14:-4], b"".join(bytes([len(label)]) + label.encode() for label in f"{attempts.LOOKED_UP}.".split(".")))

    @unittest.skipUnless(Path("/bin/busybox").exists(), "needs busybox")
    def test_the_script(self):
        with tempfile.TemporaryDirectory() as folder:
            applets = attempts.install(Path(folder) / "applets")
            call = [applets / "sh", "-c", attempts.SCRIPT, "attempts", "2", "http|127.0.0.1|1", "tcp|127.0.0.1|1"]
            done = subprocess.run(call, env={"PATH": str(applets)}, capture_output=True, text=True)
        self.assertEqual(sorted(done.stdout.splitlines()), ["no http|127.0.0.1|1", "no tcp|127.0.0.1|1"])


class Rounds(unittest.TestCase):
    def judged(self, name, needed, answers):
        result = rounds.Result("shop", name)
        rounds.judge(result, "shop/api", WEB, Row(needed, "why"), answers)
        return result

    def test_what_is_owed(self):
        for name, needed, answers, met in [
            ("no policy", "no", {"yes"}, True), ("no policy", "no", {"no"}, False),
            ("default deny alone", "yes", {"no"}, True), ("default deny alone", "yes", {"yes"}, False),
            ("policies", "yes", {"yes"}, True), ("policies", "yes", {"no"}, False), ("policies", "no", {"yes"}, False),
            ("policies", "no", {"no"}, True), ("policies", "open", {"yes"}, True), ("policies", "open", {"no"}, False),
            # One replica that reaches it and one that does not are neither.
            ("policies", "yes", {"yes", "no"}, False), ("policies", "no", {"yes", "no"}, False),
            ("policies, not enforced", "no", {"yes"}, True), ("policies, not enforced", "no", {"no"}, False),
        ]:
            with self.subTest(name, needed=needed, answers=answers):
                result = self.judged(name, needed, answers)
                self.assertEqual((result.kept[needed], result.tried[needed], not result.wrong), (int(met), 1, met))

    def test_all_pairs_are_tried(self):
        of = mock.Mock(namespaces=["shop"], table=table(("shop/api", "web.shop", "80", "yes", ""), ("*", "web.shop", "80", "no", "")))
        of.name = "shop"
        pods = [Caller("shop/api", "shop", f"api-{number}", f"10.0.0.{number}") for number in (1, 2)]
        pods.append(Caller("other/x", "other", "x", "10.0.0.3"))

        def all_of(plan, _, owed):
            return [{target: "no" if caller.pod == "api-2" else owed(caller, target) for target in targets} for caller, targets in plan]

        with mock.patch.object(attempts, "all_of", all_of):
            result = rounds.play(of, "policies", pods, None)
        # The second replica of api reaches nothing: neither its Service nor a name server.
        self.assertEqual((result.kept, result.tried, result.resolved), ({"yes": 0, "no": 1}, {"yes": 1, "no": 1}, [0, 2]))
        self.assertEqual(len(result.wrong), 3)
        self.assertIn("shop/api -> web.shop 80: no and yes, owed: yes; needed: yes", result.wrong)

    def test_the_record(self):
        text = report.markdown([self.judged("policies", "yes", {"no"})], ["the cluster is gone"])
        self.assertIn("| shop | policies | needed and open ones pass | 0 of 1 | 0 of 0 | 0 of 0 | 0 of 0 |", text)
        self.assertIn("- shop, policies: shop/api -> web.shop 80: no, owed: yes; needed: yes (why)", text)
        self.assertIn("- the cluster is gone", text)
        self.assertEqual(report.OWED.keys(), rounds.ROUNDS.keys())


class Images(unittest.TestCase):
    def test_what_is_in_them(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch.dict("os.environ", XDG_CACHE_HOME=folder):
            home = Path(folder)
            (home / "kubectl-harden/testcluster").mkdir(parents=True)
            (home / "base/fs/bin").mkdir(parents=True)
            (home / "base/fs/bin/busybox").write_text("x")
            archive.write(home / "busybox.tar", [("busybox:1", {"Cmd": ["sh"]}, [{}], [home / "base/fs"])])
            (home / "nameserver").write_text("n")
            (home / "images.json").write_text('{"r/a:1": {"listens": [80], "calls": ["b:1"]}, "r/b:1": {"once": true, "nameserver": true}}')
            made = images.archived(home / "busybox.tar", home / "nameserver", home / "images.json")
            self.assertEqual(images.archived(home / "busybox.tar", home / "nameserver", home / "images.json"), made)
            with tarfile.open(made) as tar:
                entries = {entry["RepoTags"][0]: entry for entry in json.load(tar.extractfile("manifest.json"))}
                found = {name: json.load(tar.extractfile(entry["Config"]))["config"]["Entrypoint"] for name, entry in entries.items()}
                layers = {}
                for name, entry in entries.items():
                    with tarfile.open(fileobj=tar.extractfile(entry["Layers"][1])) as layer:
                        layers[name] = {info.name: layer.extractfile(info).read() for info in layer if info.isfile()}
        self.assertEqual(found, {"r/a:1": ["serve"], "r/b:1": ["once"]})
        self.assertEqual(layers["r/a:1"]["etc/app/calls"], b"b:1")
        self.assertNotIn("bin/nameserver", layers["r/a:1"])
        self.assertEqual(layers["r/b:1"]["bin/nameserver"], b"n")


if __name__ == "__main__":
    unittest.main()
