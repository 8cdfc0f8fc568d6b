"""The harness itself: what needs no cluster. `python3 -B -m unittest` in this folder."""

import os
import tarfile
import tempfile
import unittest
from pathlib import Path

from harness import archive, dockerfile, table
from harness.forms import FORMS
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

    def test_every_program_is_whole(self):
        for folder in PROGRAMS.iterdir():
            with self.subTest(folder.name):
                text = (folder / "manifest.yaml").read_text()
                self.assertIn(f"name: {folder.name}\n", text)
                self.assertNotIn("securityContext", text)
                self.assertTrue((folder / "check").read_text().startswith("# "))
                level, reason = Program(folder.name, folder).level
                self.assertIn(level, ("restricted", "baseline", "privileged"))
                self.assertEqual(level == "restricted", not reason)


if __name__ == "__main__":
    unittest.main()
