"""What a user may not do."""

from ..manifests import role, workload
from ..scenario import Deviation, scenario

GROUP = "rights"
READER = [("*", "*", "get list")]
NARROW = [("apps", "deployments", "get")]
LISTS = [("apps", "deployments", "get list")]
CHANGES = [("apps", "deployments", "get list watch patch update")]


@scenario(GROUP, "reader-diff", "a user who may only read: diff works")
def reader_diff(room):
    room.deploy(workload())
    room.put(*role("reader", "reader", READER))
    said = room.harden("diff", "deploy/web", "--as=reader", "--only=seccomp-profile").expect(1, [r"\+ +seccompProfile:"])
    if said.text.lower().count("may not patch") > 1:
        raise Deviation("said more than once")


@scenario(GROUP, "reader-check", "the same: check works")
def reader_check(room):
    room.deploy(workload())
    room.put(*role("reader", "reader", READER))
    room.harden("check", "deploy/web", "--as=reader").expect(1, ["seccomp-profile"])
    room.harden("check", "deployments", "--as=reader").expect(1, ["seccomp-profile"])


@scenario(GROUP, "reader-apply", "the same: apply refuses with the server's words")
def reader_apply(room):
    room.deploy(workload())
    room.put(*role("reader", "reader", READER))
    said = room.harden("apply", "deploy/web", "--yes", "--as=reader", "--only=seccomp-profile")
    if said.code not in (2, 3):
        raise Deviation(f"exit code {said.code}: {said.text[-300:]}")
    said.expect(said.code, ["may not patch|cannot patch|Forbidden"])


@scenario(GROUP, "narrow-reader", "a user who may read that one kind and nothing beside: less is known, said once")
def narrow_reader(room):
    room.deploy(workload())
    room.put(*role("narrow", "narrow", NARROW))
    room.harden("diff", "deploy/web", "--as=narrow", "--only=seccomp-profile").expect(1, [r"\+ +seccompProfile:"])


@scenario(GROUP, "deployments-only", "a user who may change deployments, and see nothing of their pods: said, and applied")
def deployments_only(room):
    room.deploy(workload())
    room.put(*role("changer", "changer", CHANGES))
    said = room.harden("apply", "deploy/web", "--yes", "--as=changer", "--only=seccomp-profile")
    said.expect(0, ["deployment.apps/web hardened", "may not|cannot|forbidden"])
    room.harden("undo", "deploy/web", "--yes", "--as=changer").expect(0)


@scenario(GROUP, "one-type-unlisted", "of two types one may not be listed: no object is refused for that")
def one_type_unlisted(room):
    room.deploy(workload())
    room.put(*role("lists", "lists", LISTS))
    said = room.harden("check", "deployments,statefulsets", "--as=lists", "--only=seccomp-profile")
    said.expect(2, ["statefulsets.*forbidden", "1 type could not be listed", "seccomp-profile"], ["is refused", "are refused"])


@scenario(GROUP, "no-namespace", "a namespace that is not there: kubectl's sentence, for objects and for types")
def no_namespace(room):
    for words in (["deploy/web"], ["deployments"]):
        said = room.harden("check", *words, "-n", "nowhere").expect(2, [r'Error from server \(NotFound\): namespaces "nowhere" not found'])
        if len(said.text.strip().splitlines()) > 1:
            raise Deviation(f"it says more than a sentence: {said.text}")


@scenario(GROUP, "no-right", "a user with no right at all: one sentence")
def no_right(room):
    room.deploy(workload())
    for verb in ("diff", "check", "apply"):
        said = room.harden(verb, "deploy/web", "--as=nobody").expect(2, ["nobody", "deployments"])
        if len(said.text.strip().splitlines()) > 2:
            raise Deviation(f"{verb} says more than a sentence: {said.text}")


@scenario(GROUP, "no-right-anywhere", "the same, over all namespaces")
def no_right_anywhere(room):
    said = room.harden("check", "-A", "--as=nobody").expect(2, ["nobody"])
    if len(said.text.strip().splitlines()) > 3:
        raise Deviation(f"it says more than a sentence: {said.text}")
