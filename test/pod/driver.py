#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the pods of Kubernetes manifests as real containers, with podman and runc.

What it does as the kubelet does: emptyDir, ConfigMap, Secret and hostPath volumes laid out and
owned alike under .../pods/UID/volumes/kubernetes.io~KIND/NAME, image volumes (the image's root,
mounted read-only), fsGroup, subPath resolved when a container is made, /dev/termination-log,
security contexts, memory and CPU limits, shared and host PID namespaces, init containers one after
the other, and no main container after one that failed.
What it does not: restart anything (restartPolicy counts as Never), probe, or give a pod network.
A field that it does not know is an error: a test must not pass because a field was ignored.

    test/pod/driver.py --pause IMAGE [--replace OLD=NEW]... [--ready TEXT] [--json] MANIFEST

--replace puts NEW for OLD in the manifest's text, and OLD must be there. The main containers are
stopped once they printed TEXT, ended, or ran for --seconds; with --wait, when Enter is pressed.
Exit code: 0 the main containers started, 1 they were kept from it, 2 the pod could not be run.
"""
import argparse
import functools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import uuid
from pathlib import Path

import yaml

import engine
from engine import podman

MESSAGE_LIMIT = 4096  # the kubelet keeps this much of a termination message
LOG_LIMIT = 2048      # and this much of the log, for FallbackToLogsOnError
SHOWN_LINES = 3       # of a container that left no termination message

# Fields that change nothing in a pod that runs once on one machine.
IGNORED = {
    "pod": {"restartPolicy", "automountServiceAccountToken", "terminationGracePeriodSeconds",
            "enableServiceLinks"},
    "container": {"imagePullPolicy", "ports", "readinessProbe", "livenessProbe"},
}
KNOWN = {
    "pod": {"initContainers", "containers", "volumes", "securityContext", "hostPID", "hostUsers",
            "shareProcessNamespace"},
    "pod securityContext": {"runAsUser", "runAsGroup", "runAsNonRoot", "fsGroup",
                            "supplementalGroups", "seccompProfile"},
    "container": {"name", "image", "command", "args", "env", "workingDir", "volumeMounts",
                  "securityContext", "resources", "terminationMessagePath",
                  "terminationMessagePolicy"},
    "container securityContext": {"runAsUser", "runAsGroup", "runAsNonRoot", "seccompProfile",
                                  "capabilities", "privileged", "readOnlyRootFilesystem",
                                  "allowPrivilegeEscalation"},
    "volumeMount": {"name", "mountPath", "readOnly", "subPath"},
    "volume": {"name", "emptyDir", "configMap", "secret", "hostPath", "image"},
}


READ_ONLY = {"configMap", "secret", "image"}  # these volumes are, whatever the mount says


class PodError(Exception):
    """The manifest asks for something that this driver or the kubelet refuses."""


def check_keys(what, mapping):
    unknown = set(mapping) - KNOWN[what] - IGNORED.get(what, set())
    if unknown:
        raise PodError(f"{what}: this driver does not know {', '.join(sorted(unknown))}")


def load(path, replace=None):
    """The documents of a manifest, after literal replacements in its text."""
    text = Path(path).read_text(encoding="utf-8")
    for old, new in (replace or {}).items():
        if old not in text:
            raise PodError(f"{path}: nothing to replace: {old}")
        text = text.replace(old, new)
    return [document for document in yaml.safe_load_all(text) if document]


# Where the pod's spec is in an object of each kind.
POD_SPEC = {"Pod": ["spec"], **dict.fromkeys(("Deployment", "StatefulSet", "DaemonSet", "Job"),
                                             ["spec", "template", "spec"]),
            "CronJob": ["spec", "jobTemplate", "spec", "template", "spec"]}


def pod_spec(documents):
    """The one pod spec of the documents: a Pod's, or that of a workload's template."""
    specs = [functools.reduce(dict.__getitem__, POD_SPEC[doc["kind"]], doc)
             for doc in documents if doc["kind"] in POD_SPEC]
    if len(specs) != 1:
        raise PodError(f"expected one {', '.join(POD_SPEC)}, found {len(specs)}")
    return specs[0]


def find_object(documents, kind, name):
    for document in documents:
        if document["kind"] == kind and document["metadata"]["name"] == name:
            return document
    raise PodError(f"{kind} {name} is not in the manifest")


def quantity(value):
    """A Kubernetes quantity (64Mi, 100m, 2) as a number."""
    scale = {"": 1, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
    match = re.fullmatch(r"([0-9.]+)([a-zA-Z]*)", str(value))
    if not match or match[2] not in scale:
        raise PodError(f"not a quantity: {value}")
    return float(match[1]) * scale[match[2]]


class Volume:
    """One volume of a pod, as a folder on this machine that looks like the kubelet's."""

    def __init__(self, pod, spec):
        check_keys("volume", spec)
        kinds = set(spec) - {"name"}
        if len(kinds) != 1:
            raise PodError(f"volume {spec['name']}: needs one kind, has {sorted(kinds)}")
        self.kind = kinds.pop()
        self.source = spec[self.kind] or {}
        self.name = spec["name"]
        self.tmpfs = self.kind == "secret" or self.source.get("medium") == "Memory"
        if self.kind == "hostPath":
            self.path = Path(self.source["path"])
            return
        if self.kind == "image":
            self.path = self._mount_image()
            return
        plugin = {"emptyDir": "empty-dir", "configMap": "configmap", "secret": "secret"}[self.kind]
        self.path = pod.folder / "volumes" / f"kubernetes.io~{plugin}" / self.name
        self.path.mkdir(parents=True)
        if self.tmpfs:
            subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(self.path)], check=True)
        self.path.chmod(0o1777 if self.tmpfs else 0o777)
        if self.kind in ("configMap", "secret"):
            self.project(self._files(pod.documents))
        if pod.fs_group is not None:
            self._own(pod.fs_group)

    def _mount_image(self):
        """The root of an image that is there already, by the name that the manifest gives it."""
        if set(self.source) - {"reference", "pullPolicy"}:
            raise PodError(f"volume {self.name}: this driver does not know what it asks for")
        return Path(podman("image", "mount", self.source["reference"]).stdout.strip())

    def _files(self, documents):
        """Name to bytes: what a ConfigMap or Secret puts on its volume."""
        named = self.source.get("secretName" if self.kind == "secret" else "name")
        found = find_object(documents, "Secret" if self.kind == "secret" else "ConfigMap", named)
        unknown = set(found) - {"apiVersion", "kind", "metadata", "type", "data", "stringData",
                                "immutable"}
        unknown |= set(self.source) - {"name", "secretName", "items"}
        if unknown or (self.kind == "secret" and "data" in found):
            raise PodError(f"volume {self.name}: this driver does not know what it asks for")
        data = {**found.get("data", {}), **found.get("stringData", {})}
        items = self.source.get("items") or [{"key": key, "path": key} for key in data]
        return {item["path"]: data[item["key"]].encode() for item in items}

    def project(self, files):
        """Writes `files` as the kubelet does, again too: one swap of ..data shows them all."""
        stamp = time.strftime("..%Y_%m_%d_%H_%M_%S.") + str(time.time_ns() % 10**9)
        old = self.path / os.readlink(self.path / "..data") if (self.path / "..data").exists() \
            else None
        (self.path / stamp).mkdir(mode=0o755)
        for name, content in files.items():
            (self.path / stamp / name).write_bytes(content)
            (self.path / stamp / name).chmod(0o644)
            if not (self.path / name).is_symlink():
                (self.path / name).symlink_to(f"..data/{name}")
        (self.path / "..data_tmp").symlink_to(stamp)
        (self.path / "..data_tmp").rename(self.path / "..data")
        if old:
            shutil.rmtree(old)

    def _own(self, group):
        """fsGroup: the group, setgid on folders, and rw for the group on writable volumes."""
        for path in [self.path, *self.path.rglob("*")]:
            os.chown(path, -1, group, follow_symlinks=False)
            if path.is_symlink():
                continue
            more = 0o060 if self.kind == "emptyDir" else 0o040
            path.chmod(path.stat().st_mode | (more | 0o2010 if path.is_dir() else more))

    def resolve(self, sub_path):
        """What a mount of this volume binds; a subPath that is missing becomes a folder, as there.
        """
        if not sub_path:
            return self.path
        target = Path(os.path.realpath(self.path / sub_path))
        if not target.is_relative_to(os.path.realpath(self.path)):
            raise PodError(f"volume {self.name}: subPath {sub_path} leads out of it")
        umask = os.umask(0)
        if not target.exists():
            target.mkdir(parents=True)
        os.umask(umask)
        return target

    def remove(self):
        if self.tmpfs:
            subprocess.run(["umount", "-l", str(self.path)], check=False)
        elif self.kind == "image":
            podman("image", "unmount", self.source["reference"], check=False)


class Pod:
    """A pod: `with Pod(documents, pause) as pod: result = pod.run()`. Leaves nothing behind.

    documents     a manifest's documents, as load() returns them
    pause         image of the pod's first process
    before        {container name: function(pod)} called before that container is made
    between       the same, called after its mounts are made and before it starts
    ready         text in a main container's output at which it counts as up, and is stopped
    seconds       how long a main container may run without that
    podman_args   more words for `podman create` of every container, for what no manifest can say
    """

    uids = []  # of every pod that this process made: leftovers are known by them

    def __init__(self, documents, pause, *, before=None, between=None, ready=None, seconds=10,
                 podman_args=()):
        self.documents = documents
        self.spec = pod_spec(documents)
        check_keys("pod", self.spec)
        self.context = self.spec.get("securityContext") or {}
        check_keys("pod securityContext", self.context)
        self.fs_group = self.context.get("fsGroup")
        self.pause = pause
        self.before, self.between = before or {}, between or {}
        self.ready, self.seconds = ready, seconds
        self.podman_args = list(podman_args)
        self.uid = str(uuid.uuid4())
        self.name = f"initgate-{self.uid}"
        self.volumes = {}
        self.base = None
        Pod.uids.append(self.uid)

    def __enter__(self):
        engine.need_alone()
        self.base = Path(tempfile.mkdtemp(prefix=f"initgate-pod-{self.uid}-"))
        try:
            self.base.chmod(0o755)  # a container's user must reach its volumes, as on a node
            self.folder = self.base / "pods" / self.uid
            self.folder.mkdir(parents=True)
            for spec in self.spec.get("volumes") or []:
                self.volumes[spec["name"]] = Volume(self, spec)
            self._create_pod()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exception):
        podman("pod", "rm", "--force", "--time", "0", self.name, check=False)
        for volume in self.volumes.values():
            volume.remove()
        shutil.rmtree(self.base, ignore_errors=True)

    def _create_pod(self):
        share = "ipc,net,uts,pid" if self.spec.get("shareProcessNamespace") else "ipc,net,uts"
        words = ["--name", self.name, "--share", share, "--network", "none", "--hostname", "pod",
                 "--infra-image", self.pause]
        if self.spec.get("hostUsers", True) is False:
            words += ["--uidmap", "0:200000:65536", "--gidmap", "0:200000:65536"]
        podman("pod", "create", *words)
        podman("pod", "start", self.name)

    def volume_path(self, name):
        """Where a volume lies on this machine, for functions in `before` and `between`."""
        return self.volumes[name].path

    def run(self):
        """Runs the pod: {"started": bool, "containers": [what became of each]}."""
        results = []
        blocked = False
        for kind, specs in (("init", self.spec.get("initContainers") or []),
                            ("main", self.spec["containers"])):
            for spec in specs:
                if blocked:
                    results.append({"name": spec["name"], "kind": kind, "ran": False,
                                    "exitCode": None, "stdout": "", "stderr": "", "message": ""})
                    continue
                result = Container(self, spec, kind).run()
                results.append(result)
                blocked = kind == "init" and result["exitCode"] != 0
        started = all(result["ran"] for result in results if result["kind"] == "main")
        return {"started": started, "containers": results}


class Container:
    """One container of a pod, from `podman create` to what is left of it."""

    def __init__(self, pod, spec, kind):
        check_keys("container", spec)
        self.pod, self.spec, self.kind = pod, spec, kind
        self.name = f"{pod.name}-{spec['name']}"
        own = spec.get("securityContext") or {}
        check_keys("container securityContext", own)
        self.context = {**pod.context, **own}
        folder = pod.folder / "containers" / spec["name"]
        folder.mkdir(parents=True)
        self.log = folder / uuid.uuid4().hex[:8]
        self.log.touch()
        self.log.chmod(0o666)  # 0644 less the umask would shut out whoever is not root

    def _mount(self, source, target, read_only):
        # suid, dev and exec undo what podman adds to every bind and the kubelet does not.
        mode = "ro" if read_only else "rw"
        return ["--volume", f"{source}:{target}:{mode},rprivate,suid,dev,exec"]

    def _mounts(self):
        words = []
        for mount in self.spec.get("volumeMounts") or []:
            check_keys("volumeMount", mount)
            if mount["name"] not in self.pod.volumes:
                raise PodError(f"{self.spec['name']}: no volume is named {mount['name']}")
            volume = self.pod.volumes[mount["name"]]
            read_only = mount.get("readOnly", False) or volume.kind in READ_ONLY
            words += self._mount(volume.resolve(mount.get("subPath")), mount["mountPath"],
                                 read_only)
        path = self.spec.get("terminationMessagePath", "/dev/termination-log")
        return words + self._mount(self.log, path, False)

    def _user(self):
        user, group = self.context.get("runAsUser"), self.context.get("runAsGroup")
        image_user = podman("image", "inspect", "--format", "{{.Config.User}}",
                            self.spec["image"]).stdout.strip()
        effective = str(user) if user is not None else image_user.split(":", maxsplit=1)[0]
        if self.context.get("runAsNonRoot") and effective in ("", "0", "root"):
            raise PodError(f"{self.spec['name']}: runAsNonRoot, and its user is root")
        words = []
        if user is not None:
            words += ["--user", f"{user}:{group}" if group is not None else str(user)]
        groups = list(self.context.get("supplementalGroups") or [])
        for extra in groups + ([self.pod.fs_group] if self.pod.fs_group is not None else []):
            words += ["--group-add", str(extra)]
        return words

    def _security(self):
        context, words = self.context, []
        if context.get("privileged"):
            words.append("--privileged")
        capabilities = context.get("capabilities") or {}
        for option in ("drop", "add"):
            for capability in capabilities.get(option, []):
                words += [f"--cap-{option}", capability]
        if context.get("readOnlyRootFilesystem"):
            words += ["--read-only", "--read-only-tmpfs=false"]
        if context.get("allowPrivilegeEscalation", True) is False:
            words += ["--security-opt", "no-new-privileges"]
        profile = (context.get("seccompProfile") or {}).get("type", "Unconfined")
        if profile == "Unconfined" and not context.get("privileged"):
            words += ["--security-opt", "seccomp=unconfined"]
        elif profile not in ("Unconfined", "RuntimeDefault"):
            raise PodError(f"{self.spec['name']}: seccompProfile {profile} is not known here")
        if self.pod.spec.get("hostPID"):
            words += ["--pid", "host"]
        return words

    def _resources(self):
        limits = (self.spec.get("resources") or {}).get("limits") or {}
        words = []
        if "memory" in limits:
            memory = int(quantity(limits["memory"]))
            words += ["--memory", str(memory), "--memory-swap", str(memory)]
        if "cpu" in limits:
            words += ["--cpus", str(quantity(limits["cpu"]))]
        return words

    def _command(self):
        words = []
        for variable in self.spec.get("env") or []:
            if "value" not in variable:
                raise PodError(f"{self.spec['name']}: env {variable['name']} has no plain value")
            words += ["--env", f"{variable['name']}={variable['value']}"]
        if "workingDir" in self.spec:
            words += ["--workdir", self.spec["workingDir"]]
        if "command" in self.spec:
            words += ["--entrypoint", json.dumps(self.spec["command"])]
        return words + [self.spec["image"]] + list(self.spec.get("args") or [])

    def run(self):
        hook = self.pod.before.get(self.spec["name"])
        if hook:
            hook(self.pod)
        podman("create", "--pod", self.pod.name, "--name", self.name, "--pull", "never",
               "--http-proxy=false", "--no-healthcheck", *self._user(), *self._security(),
               *self._resources(), *self._mounts(), *self.pod.podman_args, *self._command())
        between = self.pod.between.get(self.spec["name"])
        if between:
            podman("init", self.name)
            between(self.pod)
        start = podman("start", self.name, check=False)
        if start.returncode == 0:
            self._wait()
        return self._result(start.stderr.strip())

    def _wait(self):
        """An init container to its end; a main one until it is ready, ends, or its time is up."""
        limit = time.monotonic() + (120 if self.kind == "init" else self.pod.seconds)
        while time.monotonic() < limit:
            state = podman("inspect", "--format", "{{.State.Status}}", self.name).stdout.strip()
            if state not in ("running", "created", "initialized"):
                return
            if self.kind == "main" and self.pod.ready and self.pod.ready in self._output()[0]:
                return
            time.sleep(0.03)
        if self.kind == "init":
            podman("kill", self.name, check=False)
            podman("wait", self.name, check=False)

    def _output(self):
        logs = podman("logs", self.name)
        return logs.stdout, logs.stderr

    def _message(self, exit_code, stdout, stderr):
        """What the kubelet puts into the container's status, at its length."""
        message = self.log.read_bytes()[:MESSAGE_LIMIT]
        fallback = self.spec.get("terminationMessagePolicy") == "FallbackToLogsOnError"
        if not message and fallback and exit_code != 0:
            message = (stdout + stderr).encode()[-LOG_LIMIT:]
        return message.decode(errors="backslashreplace")

    def _result(self, start_error):
        state = json.loads(podman("inspect", self.name).stdout)[0]["State"]
        ran = not start_error and not state["StartedAt"].startswith("0001")
        running = state["Status"] == "running"
        # 128 is what the kubelet reports for a container that could not be started
        exit_code = (None if running else state["ExitCode"]) if ran else 128
        stdout, stderr = self._output() if ran else ("", start_error)
        return {"name": self.spec["name"], "kind": self.kind, "ran": ran, "exitCode": exit_code,
                "oomKilled": state.get("OOMKilled", False), "stdout": stdout, "stderr": stderr,
                "message": self._message(exit_code, stdout, stderr)}


def end_on_signal(number, _frame):
    """Lets `with` blocks clean up when the run is stopped from outside."""
    raise SystemExit(128 + number)


def show(result):
    """What became of the pod, for a person."""
    for container in result["containers"]:
        if not container["ran"] and container["exitCode"] is None:
            state = "not started"
        elif container["exitCode"] is None:
            state = "running"
        else:
            state = f"exit code {container['exitCode']}"
        sys.stdout.write(f"{container['kind']:4} {container['name']:10} {state}\n")
        lines = container["message"].splitlines() or \
            (container["stdout"] + container["stderr"]).splitlines()[-SHOWN_LINES:]
        for line in lines:
            wrapped = textwrap.wrap(line, 88, break_on_hyphens=False) or [""]
            sys.stdout.write("".join(f"       {part}\n" for part in wrapped))


def arguments():
    parser = argparse.ArgumentParser(description="Run the pod of a manifest with podman.")
    parser.add_argument("manifest")
    parser.add_argument("--pause", required=True, help="image of the pod's first process")
    parser.add_argument("--replace", action="append", default=[], metavar="OLD=NEW")
    parser.add_argument("--ready", help="text that shows that a main container is up")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--wait", action="store_true", help="leave the pod until Enter is pressed")
    return parser.parse_args()


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, end_on_signal)
    try:
        replace = dict(pair.split("=", maxsplit=1) for pair in options.replace)
        documents = load(options.manifest, replace)
        with engine.alone(), Pod(documents, options.pause, ready=options.ready,
                                 seconds=options.seconds) as pod:
            result = pod.run()
            if options.wait:
                sys.stderr.write(f"pod {pod.name}, volumes in {pod.folder}; Enter ends it\n")
                sys.stdin.readline()
    except (PodError, engine.EngineError, OSError, ValueError) as error:
        sys.stderr.write(f"driver.py: {error}\n")
        return 2
    if options.json:
        json.dump(result, sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        show(result)
    return 0 if result["started"] else 1


if __name__ == "__main__":
    sys.exit(main())
