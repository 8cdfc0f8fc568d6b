"""Builds the images of the test programs from their Dockerfiles, each step kept under the hash of all that led to it."""

import json
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

from . import archive, dockerfile, layers

# The key of every step contains this: raise it when the same instruction comes to give another result.
BUILDER = "2"
DEBIAN = "docker.io/library/debian:bookworm-slim"


def cache():
    """The folder that all of this is kept in."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "kubectl-harden" / "testcluster" / "images"


class Stage:
    """An image in the making: its layers, its configuration and how it came about."""

    def __init__(self, stack=(), configuration=None, history=()):
        self.stack = list(stack)
        self.configuration = json.loads(json.dumps(configuration or {}))
        self.history = list(history)

    def environment(self):
        return dict(entry.split("=", 1) for entry in self.configuration.get("Env", []))


class Builder:
    """All images of the folder `programs`, by name."""

    def __init__(self, programs):
        self.layers = layers.Layers(cache())
        self.files = {}
        for path in sorted(programs.glob("*/Dockerfile*")):
            read = dockerfile.read(path)
            if read.image in self.files:
                raise SystemExit(f"images: {path} and {self.files[read.image].path} make the same image")
            self.files[read.image] = read
        self.done = {}

    def archive(self, image):
        """The docker-archive of `image`: made unless it is there."""
        return self.archived(image.removeprefix("docker.io/library/"), [image])

    def bundle(self):
        """One docker-archive of all images. What nobody has asked for in a long time is thrown away."""
        bundle = self.archived("bundle", sorted(self.files))
        for old in [path for path in cache().glob("*.tar") if layers.forgotten(path)]:
            old.unlink()
        self.layers.prune()
        return bundle

    def archived(self, name, images):
        stages = [self.stage(image) for image in images]
        about = json.dumps([[stage.stack, stage.configuration, stage.history] for stage in stages])
        name = re.sub(r"[^a-z0-9.]+", "-", name)
        target = cache() / f"{name}.{layers.key_of(BUILDER, *images, about)}.tar"
        if not target.exists():
            archive.write(target, [
                (image, stage.configuration, [{"created_by": text, "empty_layer": empty} for text, empty in stage.history],
                 [self.layers.folder(key) for key in stage.stack])
                for image, stage in zip(images, stages)
            ])
        layers.remember(target)
        return target

    def stage(self, image):
        """The last stage of `image`'s Dockerfile, built."""
        if image not in self.done:
            print(f"images: {image}", file=sys.stderr, flush=True)
            self.done[image] = self.build(self.files[image])
        return self.done[image]

    def build(self, file):
        stages, stage = {}, None
        for instruction in file.instructions:
            if instruction.word == "FROM":
                source, _, name = instruction.rest.partition(" AS ")
                stage = self.start(source, stages)
                stages[name or len(stages)] = stage
            else:
                STEPS[instruction.word](Step(self.layers, file, stages), stage, instruction)
        return stage

    def start(self, source, stages):
        if source == "scratch":
            return Stage()
        image = dockerfile.normalised(source)
        if image == DEBIAN:
            configuration = {"Env": [f"PATH={layers.DEFAULT_PATH}"], "Cmd": ["bash"]}
            return Stage(self.layers.base(), configuration, [("ADD rootfs.tar /", False)])
        known = stages.get(source) or self.stage(image)
        return Stage(known.stack, known.configuration, known.history)


class Step:
    """How each instruction changes a stage."""

    def __init__(self, kept, file, stages):
        self.layers, self.file, self.stages = kept, file, stages

    def layer(self, stage, instruction, make, *also):
        """One more layer, made by `make(merged)`; `also` is what it depends on besides the instruction."""
        environment = json.dumps(stage.environment(), sort_keys=True)
        directory = stage.configuration.get("WorkingDir", "/")
        key = layers.key_of(BUILDER, *stage.stack, environment, directory, instruction.text, *also)
        stage.stack = self.layers.add(stage.stack, key, make)
        stage.history.append((instruction.text, False))

    def run(self, stage, instruction):
        if stage.configuration.get("User"):
            raise dockerfile.Malformed(f"{self.file.path}: RUN after USER")
        script = f"cd '{stage.configuration.get('WorkingDir', '/')}'\n{instruction.body or instruction.rest}"
        self.layer(stage, instruction, lambda merged: self.layers.run(merged, script, stage.environment()))

    def copy(self, stage, instruction):
        *sources, target = instruction.rest.split()
        origin = self.stages[instruction.flags["from"]] if "from" in instruction.flags else None
        also = origin.stack if origin else [describe(self.file.path.parent / source) for source in sources]

        def make(merged):
            if instruction.body is not None:
                content = place(merged, stage, target)
                content.write_text(instruction.body)
                finish(content, instruction.flags)
            elif origin:
                with tempfile_folder(self.layers) as tree, self.layers.mounted(origin.stack, tree):
                    copied(merged, stage, instruction, [inside(tree, source) for source in sources], target)
            else:
                copied(merged, stage, instruction, [self.file.path.parent / source for source in sources], target)

        self.layer(stage, instruction, make, *also)

    def workdir(self, stage, instruction):
        stage.configuration["WorkingDir"] = os.path.join(stage.configuration.get("WorkingDir", "/"), instruction.rest)
        folder = stage.configuration["WorkingDir"]
        self.layer(stage, instruction, lambda merged: inside(merged, folder).mkdir(parents=True, exist_ok=True))

    def set(self, stage, instruction):
        word, configuration = instruction.word, stage.configuration
        if word == "ENV":
            merged = {**stage.environment(), **dict(item.split("=", 1) for item in instruction.items())}
            configuration["Env"] = [f"{name}={value}" for name, value in merged.items()]
        elif word == "LABEL":
            configuration.setdefault("Labels", {}).update(item.split("=", 1) for item in instruction.items())
        elif word == "USER":
            configuration["User"] = instruction.rest
        elif word == "VOLUME":
            configuration.setdefault("Volumes", {}).update((item, {}) for item in instruction.items())
        elif word == "EXPOSE":
            ports = (item if "/" in item else f"{item}/tcp" for item in instruction.items())
            configuration.setdefault("ExposedPorts", {}).update((port, {}) for port in ports)
        elif word == "STOPSIGNAL":
            configuration["StopSignal"] = instruction.rest
        else:
            # A new entrypoint takes away the command of the image below, as in Docker.
            if word == "ENTRYPOINT":
                configuration.pop("Cmd", None)
            configuration[word.capitalize()] = instruction.items()
        stage.history.append((instruction.text, True))


STEPS = {"RUN": Step.run, "COPY": Step.copy, "WORKDIR": Step.workdir}
STEPS.update({word: Step.set for word in dockerfile.KNOWN - {"FROM", *STEPS}})


def inside(tree, path):
    return Path(tree) / path.lstrip("/")


def place(merged, stage, target):
    """Where `target` lies in the tree, its folder made."""
    path = inside(merged, os.path.join(stage.configuration.get("WorkingDir", "/"), target))
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def copied(merged, stage, instruction, sources, target):
    for source in sources:
        # Of a folder the content is copied, of a file the file.
        goal = place(merged, stage, target + source.name if target.endswith("/") and source.is_file() else target)
        if source.is_dir():
            shutil.copytree(source, goal, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy2(source, goal)
            os.chown(goal, 0, 0)
        finish(goal, instruction.flags)


def finish(path, flags):
    if path.is_file():
        path.chmod(int(flags.get("chmod", "755" if os.access(path, os.X_OK) and path.stat().st_mode & 0o100 else "644"), 8))
    if "chown" in flags:
        owner, _, group = flags["chown"].partition(":")
        os.chown(path, int(owner), int(group or owner))


def describe(path):
    return f"{path.stat().st_mode:o} {path.read_text()}"


def tempfile_folder(kept):
    return tempfile.TemporaryDirectory(dir=kept.root, prefix="from.")
