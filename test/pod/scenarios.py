#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The pod tests: the manifests of deploy/manifests as real pods, good and bad, and the gate in
every kind of container.

    test/pod/run.sh [BINARY [NAME]]     NAME: only the scenarios whose name contains it
"""
import copy
import dataclasses
import hashlib
import json
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import driver
import engine
import images
import kinds
import volumes

MANIFESTS = Path(__file__).resolve().parents[2] / "deploy/manifests"
GATE = {"registry.example.com/initgate@sha256:" + "0" * 64: "initgate"}
SERVER = {"registry.example.com/server@sha256:" + "1" * 64: "server"}
PLACEHOLDERS = {
    "shared-volume": {**GATE,
                      "registry.example.com/server-artifact@sha256:" + "2" * 64: "artifact",
                      "registry.example.com/server-runtime@sha256:" + "3" * 64: "runtime"},
    "same-image": {**GATE, **SERVER},
    "same-image-with-image-volume": {**GATE, **SERVER},
    "image-volume": {**GATE, **SERVER},
}
DIGEST = "f" * 64
READY = "Accepting connections"
CONFIG_PATH = "/etc/tinyproxy/tinyproxy.conf"

# N stands for how many checks were made: every new one changes it.
FAILED = "initgate: fail: 1 of N checks failed: {}"
# What the termination message begins with, per scenario. The one table to change when the gate's
# wording does.
FIRST_LINES = {
    "shared-volume good": "initgate: pass: N checks passed",
    "shared-volume own loader": "initgate: pass: N checks passed",
    "shared-volume subPath of a file": "initgate: pass: N checks passed",
    "shared-volume changed byte": FAILED.format("binary.sha256 (/app/server)"),
    "shared-volume wrong digest": FAILED.format("binary.sha256 (/app/server)"),
    "shared-volume missing loader": FAILED.format("binary.interpreter (/app/server)"),
    "shared-volume loader not in sight": FAILED.format("binary.interpreter (/app/server)"),
    "shared-volume other loader": FAILED.format("binary.interpreter (/app/server)"),
    "shared-volume writable loader": FAILED.format("binary.interpreter (/app/server)"),
    "shared-volume not executable": FAILED.format("binary.access (/app/server)"),
    "shared-volume stale subPath":
        "initgate: fail: 2 of N checks failed: binary.file (/app/server), volume.subpath (/app)",
    "shared-volume stale subPath of a file":
        "initgate: fail: 2 of N checks failed: binary.mount (/app/server), "
        "volume.subpath (/app/server)",
    "shared-volume no policy":
        "initgate: error: policy /etc/initgate/policy.json: cannot be opened: "
        "ENOENT (No such file or directory)",
    "same-image good": "initgate: pass: N checks passed",
    "same-image subPath of a file": "initgate: pass: N checks passed",
    "same-image changed byte": FAILED.format(f"binary.sha256 (/{images.SERVER})"),
    "same-image wrong digest": FAILED.format(f"binary.sha256 (/{images.SERVER})"),
    "same-image missing loader": FAILED.format(f"binary.interpreter (/{images.SERVER})"),
    "same-image writable loader": FAILED.format(f"binary.interpreter (/{images.SERVER})"),
    "same-image not executable": FAILED.format(f"binary.access (/{images.SERVER})"),
    "same-image not readable": FAILED.format(f"binary.access (/{images.SERVER})"),
    "same-image stale subPath": FAILED.format(f"volume.subpath ({CONFIG_PATH})"),
    "same-image-with-image-volume good": "initgate: pass: N checks passed",
    "same-image-with-image-volume changed byte": FAILED.format(f"binary.sha256 (/{images.SERVER})"),
    "same-image-with-image-volume missing loader":
        FAILED.format(f"binary.interpreter (/{images.SERVER})"),
    "image-volume good": "initgate: pass: N checks passed",
    "image-volume changed byte": FAILED.format(f"binary.sha256 (/{images.SERVER})"),
    "image-volume missing loader": FAILED.format(f"binary.interpreter (/{images.SERVER})"),
    "image-volume not executable": FAILED.format(f"binary.access (/{images.SERVER})"),
    # What an OCI artifact that is no image mounts as.
    "image-volume empty": FAILED.format(f"binary.file (/{images.SERVER})"),
}


@dataclasses.dataclass
class Scenario:
    """One pod: a manifest, and what is done to it or to its volumes."""
    name: str
    exit_code: int
    image: str = "server"        # the application's image, where the program is part of it
    digest: str = ""             # what the policy expects; the published digest by default
    policy: object = None        # function(policy) changes the policy
    edit: object = None          # function(documents, pod spec) changes the manifest
    before: object = None        # function(pod) called before the gate's container is made
    between: object = None       # function(pod) called after its mounts are made

    @property
    def pattern(self):
        return self.name.split(" ", maxsplit=1)[0]


# What is done to volumes.

def app_folder(pod):
    return pod.volume_path("delivery") / "app"


def server_file(pod):
    return app_folder(pod) / "server"


def replace_folder(pod):
    """Puts a new delivery in the place of the one that is mounted, and removes that."""
    old, new = (app_folder(pod).with_name(name) for name in ("old", "new"))
    shutil.copytree(app_folder(pod), new)
    app_folder(pod).rename(old)
    new.rename(app_folder(pod))
    shutil.rmtree(old)


def replace_file(path, content):
    """Puts another file in its place by rename, as careful programs and the kubelet do."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_bytes(content)
    fresh.chmod(path.stat().st_mode)
    fresh.rename(path)


def deliver(content):
    """Puts another program on the volume, owned like the delivered one."""
    def change(pod):
        path = server_file(pod)
        path.write_bytes(content)
    return change


def deliver_with_loader(content, mode):
    """The same, and a loader beside it; mode None leaves the loader out."""
    def change(pod):
        deliver(content)(pod)
        folder = app_folder(pod) / "l"
        folder.mkdir()
        if mode is not None:
            loader = folder / "ld-linux-x86-64.so.2"
            shutil.copyfile(images.debian_root() / images.LOADER, loader)
            loader.chmod(mode)
        subprocess.run(["chown", "-R", "65532:65532", str(folder)], check=True)
    return change


def with_interpreter(path):
    """The server asking for another loader, its size unchanged."""
    old = b"/lib64/ld-linux-x86-64.so.2\0"
    program = (images.debian_root() / "usr/bin/tinyproxy").read_bytes()
    assert program.count(old) == 1 and len(path) < len(old)
    return program.replace(old, path.encode().ljust(len(old), b"\0"))


# What is done to manifests.

def mount_words(spec):
    """What the gate is told of the server's mounts: one word each, in their order."""
    return [f"--container-mount={mount['mountPath']}"
            for mount in spec["containers"][0].get("volumeMounts") or []]


def set_mount_words(spec):
    gate = spec["initContainers"][-1]
    key = "command" if "command" in gate else "args"
    gate[key] = [word for word in gate[key] if not word.startswith("--container-mount")]
    gate[key] += mount_words(spec)


def mount_program_by_subpath(_documents, spec):
    """shared-volume: gate and server mount the single file."""
    for container in (spec["initContainers"][1], spec["containers"][0]):
        mount = next(m for m in container["volumeMounts"] if m["name"] == "delivery")
        mount.update({"mountPath": "/app/server", "subPath": "app/server"})
    set_mount_words(spec)


def mount_config_by_subpath(documents, spec):
    """same-image: gate and server get a configuration file from a ConfigMap."""
    documents.append({"kind": "ConfigMap", "metadata": {"name": "config"},
                      "data": {"tinyproxy.conf": images.CONFIG}})
    spec["volumes"].append({"name": "config", "configMap": {"name": "config"}})
    for container in (spec["initContainers"][1], spec["containers"][0]):
        container.setdefault("volumeMounts", []).append(
            {"name": "config", "mountPath": CONFIG_PATH, "subPath": "tinyproxy.conf",
             "readOnly": True})
    set_mount_words(spec)


def forget_policy(documents, _spec):
    data = driver.find_object(documents, "ConfigMap", "server-policy")["data"]
    data["polcy.json"] = data.pop("policy.json")


def empty_target(_documents, spec):
    volume = next(volume for volume in spec["volumes"] if "image" in volume)
    del volume["image"]
    volume["emptyDir"] = {}


def forget_visible(policy):
    del policy["binaries"][0]["interpreter"]


def own_loader(policy):
    # Its libraries lie in the server's image all the same.
    policy["binaries"][0].update(interpreter={"path": OWN_LOADER, "trustedDirs": ["/app/l"]},
                                 libraries=False, symbols=False)


def volume_at(path):
    def change(policy):
        policy["volumes"] = [{"mountPath": path, "readOnly": True}]
    return change


OWN_LOADER = "/app/l/ld-linux-x86-64.so.2"


def scenarios():
    bundled = with_interpreter(OWN_LOADER)
    musl = with_interpreter("/lib/ld-musl-x86_64.so.1")
    bundled_digest = hashlib.sha256(bundled).hexdigest()
    new_config = {"tinyproxy.conf": b"Port 8081\n"}
    return [
        Scenario("shared-volume good", 0),
        Scenario("shared-volume own loader", 0, digest=bundled_digest, policy=own_loader,
                 before=deliver_with_loader(bundled, 0o755)),
        Scenario("shared-volume subPath of a file", 0, edit=mount_program_by_subpath,
                 policy=volume_at("/app/server")),
        Scenario("shared-volume changed byte", 1,
                 before=lambda pod: images.change_byte(server_file(pod))),
        Scenario("shared-volume wrong digest", 1, digest=DIGEST),
        Scenario("shared-volume missing loader", 1, digest=bundled_digest, policy=own_loader,
                 before=deliver_with_loader(bundled, None)),
        Scenario("shared-volume loader not in sight", 1, policy=forget_visible),
        Scenario("shared-volume other loader", 1, digest=hashlib.sha256(musl).hexdigest(),
                 before=deliver(musl)),
        Scenario("shared-volume writable loader", 1, digest=bundled_digest, policy=own_loader,
                 before=deliver_with_loader(bundled, 0o777)),
        Scenario("shared-volume not executable", 1,
                 before=lambda pod: server_file(pod).chmod(0o744)),
        Scenario("shared-volume stale subPath", 1, between=replace_folder),
        Scenario("shared-volume stale subPath of a file", 1, edit=mount_program_by_subpath,
                 policy=volume_at("/app/server"),
                 between=lambda pod: replace_file(server_file(pod), b"#!/bin/sh\n")),
        Scenario("shared-volume no policy", 2, edit=forget_policy),
        Scenario("same-image good", 0),
        Scenario("same-image subPath of a file", 0, edit=mount_config_by_subpath,
                 policy=volume_at(CONFIG_PATH)),
        Scenario("same-image changed byte", 1, image="server-changed-byte"),
        Scenario("same-image wrong digest", 1, digest=DIGEST),
        Scenario("same-image missing loader", 1, image="server-no-loader"),
        Scenario("same-image writable loader", 1, image="server-writable-loader"),
        Scenario("same-image not executable", 1, image="server-not-executable"),
        Scenario("same-image not readable", 1, image="server-not-readable"),
        Scenario("same-image stale subPath", 1, edit=mount_config_by_subpath,
                 policy=volume_at(CONFIG_PATH),
                 between=lambda pod: pod.volumes["config"].project(new_config)),
        Scenario("same-image-with-image-volume good", 0),
        Scenario("same-image-with-image-volume changed byte", 1, image="server-changed-byte"),
        Scenario("same-image-with-image-volume missing loader", 1, image="server-no-loader"),
        Scenario("image-volume good", 0),
        Scenario("image-volume changed byte", 1, image="server-changed-byte"),
        Scenario("image-volume missing loader", 1, image="server-no-loader"),
        Scenario("image-volume not executable", 1, image="server-not-executable"),
        Scenario("image-volume empty", 1, edit=empty_target),
    ]


class Failure(Exception):
    """A scenario did not end as it should."""


def expect(what, found, wanted):
    if found != wanted:
        raise Failure(f"{what} is {found!r}, not {wanted!r}")


def edit_policy(documents, change):
    config = driver.find_object(documents, "ConfigMap", "server-policy")
    policy = json.loads(config["data"]["policy.json"])
    change(policy)
    config["data"]["policy.json"] = json.dumps(policy)


def run_scenario(scenario, built):
    """Runs one pod of a manifest and holds what became of it against the scenario."""
    replace = {text: built[scenario.image if name == "server" else name]
               for text, name in PLACEHOLDERS[scenario.pattern].items()}
    replace[DIGEST] = scenario.digest or images.program_digest()
    documents = driver.load(MANIFESTS / f"{scenario.pattern}.yaml", replace)
    if scenario.policy:
        edit_policy(documents, scenario.policy)
    if scenario.edit:
        scenario.edit(documents, driver.pod_spec(documents))
    hooks = {"before": {"gate": scenario.before} if scenario.before else {},
             "between": {"gate": scenario.between} if scenario.between else {}}
    with driver.Pod(documents, built["pause"], ready=READY, **hooks) as pod:
        result = pod.run()
        exist = engine.podman("ps", "--all", "--filter", f"pod={pod.name}", "--format",
                              "{{.Names}}").stdout.split()
    containers = {container["name"]: container for container in result["containers"]}
    gate, server = containers["gate"], containers["server"]
    message = gate["message"]
    try:
        expect("the gate's exit code", gate["exitCode"], scenario.exit_code)
        first_line = re.sub(r"\b\d+ checks", "N checks", message.partition("\n")[0])
        expect("the termination message's first line", first_line, FIRST_LINES[scenario.name])
        if scenario.exit_code == 0:
            expect(f"{READY!r} in the server's output", READY in server["stdout"], True)
        else:
            expect("whether the server ran", server["ran"], False)
            expect("what podman has of the server",
                   [name for name in exist if name.endswith("-server")], [])
            expect("whether podman has the gate", any(n.endswith("-gate") for n in exist), True)
    except Failure as failure:
        shown = [line for text in (gate["message"], gate["stderr"], server["stderr"])
                 for line in text.splitlines()]
        raise Failure("\n#   ".join([str(failure), *shown])) from None


# What the gate must say of /proc; checks not named must pass.
PROC_CHECKS = ["proc.mounted", "proc.self_exe", "proc.hidepid", "proc.privileged",
               "proc.shared_pid", "proc.host_pid", "proc.overmounts"]

PROC_IN_KIND = {
    "privileged": {"proc.privileged": "fail"},
    "hostpid": {"proc.host_pid": "fail"},
    "sharedpid": {"proc.shared_pid": "fail"},
}
# (kind, what the policy demands, whether the check passes)
HIDEPID = [("default", "off", "pass"), ("default", "invisible", "fail"),
           ("hidepid1", "noaccess", "pass"), ("hidepid1", 2, "fail"),
           ("hidepid2", "invisible", "pass"), ("hidepid2", 2, "pass"),
           ("hidepid2", "off", "fail")]
# What a privileged container does to its own /proc before the gate looks at it, and what fails.
OVERMOUNTS = {
    "a mount on /proc/1/environ": (
        "mount --bind /etc/hostname /proc/1/environ",
        {"proc.privileged": "fail", "proc.overmounts": "fail"}),
    "a tmpfs on /proc/self's folder": (
        "mount -t tmpfs none /proc/1",
        {**dict.fromkeys(PROC_CHECKS, "error"), "proc.mounted": "pass", "proc.self_exe": "fail"}),
    "a tmpfs on /proc": (
        "mount -t tmpfs none /proc",
        {**dict.fromkeys(PROC_CHECKS, "skip"), "proc.mounted": "fail"}),
}

PROC_COMMAND = ["/gate/initgate", "verify", "--policy", "/vol/cm/policy.json", "--format", "json"]


def run_kind(kind, built, expected, script=None, hidepid="any"):
    """Runs the gate in one kind of container; `script` is a shell's work before it there."""
    command = ["sh", "-c", f"{script} && exec {' '.join(PROC_COMMAND)}"] if script \
        else PROC_COMMAND
    documents, podman_args = kinds.pod(kind, built["initgate"], built["runtime"], command,
                                       hidepid)
    with driver.Pod(documents, built["pause"], podman_args=podman_args) as pod:
        gate = pod.run()["containers"][1]
    try:
        report = json.loads(gate["stdout"])
    except ValueError:
        raise Failure(f"no JSON report, exit {gate['exitCode']}: {gate['stdout']}"
                      f"{gate['stderr']}") from None
    wanted = {**dict.fromkeys(PROC_CHECKS, "pass"), **expected}
    found = {result["check"]: result["status"] for result in report["results"]}
    messages = "".join(f"\n#   {result['check']}: {result['message']}"
                       for result in report["results"]
                       if result["status"] != wanted.get(result["check"]))
    if found != wanted:
        raise Failure(f"the report differs:{messages}")
    failed = "fail" in wanted.values()
    expect("the gate's exit code", gate["exitCode"], int(failed))
    expect("the verdict", report["verdict"], "fail" if failed else "pass")


def run_volumes(built, good):
    """Every kind of volume in one pod; what did not pass is what should not."""
    documents, podman_args = volumes.pod(built, good)
    between = {} if good else {"gate": volumes.replace}
    try:
        with driver.Pod(documents, built["pause"], podman_args=podman_args, between=between,
                        before={"gate": volumes.fill(good)}) as pod:
            gate = pod.run()["containers"][1]
    finally:
        volumes.remove_named()
    try:
        results = json.loads(gate["stdout"])["results"]
    except ValueError:
        raise Failure(f"no JSON report: {gate['stdout']}{gate['stderr']}") from None
    found = {(r["subject"], r["check"]): f"{r['status']} {r['message']}" for r in results
             if r["status"] not in ("pass", "skip")}
    wanted = {} if good else volumes.FAULTS
    if set(found) != set(wanted) or any(not found[key].startswith(wanted[key]) for key in wanted):
        raise Failure("the report differs:" + "".join(f"\n#   {key}: {text}"
                                                      for key, text in found.items()))
    expect("the gate's exit code", gate["exitCode"], 0 if good else 1)
    alike = [r["check"] for r in results if r["status"] == "pass" and "shadows" in r["check"]]
    expect("shadows that pass", len(alike), 2 if good else 1)
    atomic = [r["subject"] for r in results if r["check"] == "volume.atomic"
              and r["status"] == "pass"]
    expect("volumes of one generation", atomic, ["/vol/configmap", "/vol/secret"] if good else [])


def check_manifest(pattern):
    """Every container: Pod Security "restricted", requests and limits, an image by digest; the gate
    is told of each of the server's mounts, in their order, behind its other words."""
    documents = driver.load(MANIFESTS / f"{pattern}.yaml")
    spec = driver.pod_spec(documents)
    gate, wanted = spec["initContainers"][-1], mount_words(spec)
    words = gate.get("command", []) + gate.get("args", [])
    expect("the gate's last words", words[-len(wanted):], wanted)
    expect("whether it is told of a mount before", "container-mount" in str(words[:-len(wanted)]),
           False)
    for container in spec["initContainers"] + spec["containers"]:
        name, context = container["name"], container["securityContext"]
        expect(f"{name}: runAsNonRoot", context["runAsNonRoot"], True)
        expect(f"{name}: seccomp profile", context["seccompProfile"]["type"], "RuntimeDefault")
        expect(f"{name}: capabilities", context["capabilities"], {"drop": ["ALL"]})
        expect(f"{name}: privilege escalation", context["allowPrivilegeEscalation"], False)
        expect(f"{name}: read-only root", context["readOnlyRootFilesystem"], True)
        expect(f"{name}: resources", {kind: set(amounts) for kind, amounts
                                      in container["resources"].items()},
               {"requests": {"cpu", "memory"}, "limits": {"cpu", "memory"}})
        if not re.fullmatch(r"registry\.example\.com/[a-z-]+@sha256:[0-9]{64}",
                            container["image"]):
            raise Failure(f"{name}: {container['image']} is not pinned by digest")


def nothing_left():
    """After all pods: no container, mount or folder of theirs remains."""
    expect("what is still mounted of images",
           engine.podman("image", "mount", "--format", "json").stdout.strip(), "[]")
    expect("whether podman has the named volume",
           volumes.NAMED in engine.podman("volume", "ls", "--quiet").stdout.split(), False)
    things = [*engine.podman("ps", "--all", "--format", "{{.Names}} {{.PodName}}").stdout.split(),
              *Path("/proc/self/mounts").read_text(encoding="utf-8").split(),
              *map(str, Path(tempfile.gettempdir()).iterdir())]
    expect("what is left", [thing for thing in things for uid in driver.Pod.uids if uid in thing],
           [])


def tests(built):
    """(name, function) of every test, in order."""
    for pattern in PLACEHOLDERS:
        yield f"{pattern} manifest", lambda p=pattern: check_manifest(p)
    for scenario in scenarios():
        yield scenario.name, lambda s=scenario: run_scenario(copy.deepcopy(s), built)
    for good in (True, False):
        yield (f"volumes of every kind, {'good' if good else 'broken'}",
               lambda g=good: run_volumes(built, g))
    for kind in kinds.KINDS:
        yield f"proc in {kind}", lambda k=kind: run_kind(k, built, PROC_IN_KIND.get(k, {}))
    for kind, wanted, status in HIDEPID:
        yield (f"proc in {kind}, hidepid {wanted} demanded: {status}",
               lambda k=kind, w=wanted, s=status: run_kind(k, built, {"proc.hidepid": s},
                                                           hidepid=w))
    for name, (script, expected) in OVERMOUNTS.items():
        yield (f"proc with {name}",
               lambda s=script, e=expected: run_kind("privileged", built, e, script=s))


def main():
    if len(sys.argv) not in (2, 3):
        sys.stderr.write("usage: test/pod/run.sh [BINARY [NAME]]\n")
        return 2
    signal.signal(signal.SIGTERM, driver.end_on_signal)
    built = images.build(sys.argv[1])
    chosen = [(name, run) for name, run in tests(built) if len(sys.argv) < 3 or sys.argv[2] in name]
    chosen.append(("nothing is left behind", nothing_left))
    failed = 0
    for name, run in chosen:
        try:
            run()
            print(f"ok {name}", flush=True)
        except (Failure, driver.PodError, engine.EngineError, OSError,
                subprocess.SubprocessError) as error:
            failed += 1
            print(f"not ok {name}: {error}", flush=True)
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    with engine.alone():
        sys.exit(main())
