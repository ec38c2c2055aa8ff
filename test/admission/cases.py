# SPDX-License-Identifier: Apache-2.0
"""Requests to the API server, and what becomes of them under deploy/admission: one row each."""
import copy
import dataclasses

import manifests
from manifests import (DIGEST, GATE, POLICY, container, defaulted, gate, init, mount, pod,
                  volume)

OTHER = "registry.example.com/other@sha256:" + "9" * 64
NO_GATE = "No gate answers for container server."
IDLE = "Init container {} is named like a gate, and another gate answers for its container."
INSIDE = "The gate runs inside the image of container server"
UNLISTED = "The last words of init container {} do not name the volumes that container {} mounts"
EXPANDED = "Container {} has a subPathExpr"
TOKEN_PATH = "The gate has a volume at the ServiceAccount's path that is not the API server's own."
POWERFUL = "Container {} adds one of the capabilities ALL, SYS_ADMIN"
EPHEMERAL_POWERFUL = "An ephemeral container adds one of the capabilities ALL, SYS_ADMIN"
TAKEN = "Claim {} is the ephemeral volume of another pod"
GATE_PIN = "The gate's image is not pinned by digest."
APP_PIN = "The image of container server is not pinned by digest"
FOREIGN = "The gate runs neither an accepted image of initgate nor the image of container server."
SIDECAR = "The gate has a restartPolicy: as a sidecar it keeps nothing from starting."
COMMAND = "The gate's command, args or workingDir are not those of deploy/manifests."
ENVIRONMENT = "The gate's environment sets INITGATE_, LD_ or OPENSSL_ variables"
POLICY_MOUNT = "The gate's policy does not come from a ConfigMap mounted whole at /etc/initgate."
COVERED = "A volume of the gate lies over the gate, its policy, its verdict or what it checks"
TARGET = "What the gate checks at /target is not the image of container server."
UNKNOWN = "The program at /gate is not known to be initgate."
EXCHANGED = "A container other than install-gate mounts the gate's own volume writable"
ELSEWHERE = "The gate mounts a volume that container server does not have at the same path"
PRIVILEGED = "Container {} is privileged: it can change what was checked"
WRITER = "Init container {} can write to a volume that the gate checks, after or while it does."
COMPANION = "Sidecar mesh runs beside the gate among the same processes"
OWN_MESSAGE = "The gate has a terminationMessagePath of its own, or volumeDevices"
ROOT = "The gate runs as root, and container server does not"
AUDIT = "Container server sets LD_AUDIT"
NEIGHBOUR = "Container other can write to a volume that the gate checks for another container"
NO_CONTAINER = "The annotation initgate.dev/container names 'nobody', which is no container"
PARAMETERS = "The parameters of initgate's policies name no gate, or one that is not pinned"
NO_PARAMETERS = "no params found for policy binding with `Deny` parameterNotFoundAction"
IMAGE_CHANGED = "The image of a running pod's container cannot be changed"
EPHEMERAL = "An ephemeral container mounts a volume that the gate checked, and may write to it."
EPHEMERAL_PRIVILEGED = "An ephemeral container is privileged: it can change what was checked."
APPROVE = "ConfigMap {} holds a gate's policy, and dev may not approve policies here."


@dataclasses.dataclass
class Case:
    """A request; `refused` begins the message, None where it is accepted."""
    name: str
    refused: str = None
    object: dict = None
    old: dict = None
    subresource: str = ""
    approves: bool = False
    namespace: str = "shop"
    parameters: dict = None     # what the parameters' data are; False where there are none
    deletes: bool = False       # the old object; `object` is that too, for apiserver.go
    claims: tuple = ()          # that are there already

    def operation(self):
        return "DELETE" if self.deletes else "UPDATE" if self.old else "CREATE"

    def request(self):
        return {"operation": self.operation(), "namespace": self.namespace,
                "subresource": self.subresource, "user": "dev", "approves": self.approves,
                "mutate": False, "object": self.object, "oldObject": self.old}

    def matched_as(self):
        """(operation, resource) as a policy's rules name them."""
        resource = self.object["kind"].lower() + "s"
        return (self.operation(),
                f"{resource}/{self.subresource}" if self.subresource else resource)


def fitting(pattern, made):
    """Parameters that allow the pattern, and containers beside those that have a gate; None where the
    shipped ones do."""
    other = [c["image"] for c in made["spec"]["containers"]
             if c["name"] not in manifests.answered(made)]
    allowed = dict({"sameImage": "allow"} if pattern.startswith("same-image") else {},
                   **({"ungated": "\n".join(other)} if other else {}))
    return dict(allowed, images=GATE) if allowed else None


def new(name, pattern, edit=None, refused=None, listed=True, **more):
    """A new pod. listed: its gates name its mounts after the edit."""
    made = pod(pattern)
    if edit:
        edit(made)
    if listed:
        manifests.list_mounts(made)
    more.setdefault("parameters", fitting(pattern, made))
    return Case(f"{pattern}: {name}", refused, made, **more)


def change(name, pattern, edit, refused=None, before=None, **more):
    """An update of a running pod, which `before` made what it is."""
    old = pod(pattern)
    if before:
        before(old)
    manifests.list_mounts(old)
    made = copy.deepcopy(old)
    edit(made)
    return Case(f"{pattern}: {name}", refused, made, old, **more)


# What is done to pods: each returns a function of the pod.

def gate_set(**fields):
    return lambda p: gate(p).update(fields)


def gate_mounts(*mounts):
    return lambda p: gate(p)["volumeMounts"].extend(mounts)


def mount_set(path, **fields):
    return lambda p: next(m for m in gate(p)["volumeMounts"]
                          if m["mountPath"] == path).update(fields)


def main_set(**fields):
    return lambda p: container(p, "server").update(fields)


def main_mounts(*mounts):
    return lambda p: container(p, "server").setdefault("volumeMounts", []).extend(mounts)


def install_set(**fields):
    return lambda p: init(p, "install-gate").update(fields)


def then(*edits):
    def both(p):
        for edit in edits:
            edit(p)
    return both


def volumes(*added):
    return lambda p: p["spec"].setdefault("volumes", []).extend(added)


def volume_set(name, **fields):
    def edit(p):
        found = volume(p, name)
        found.clear()
        found.update(fields, name=name)
    return edit


def inits(*added, at=None):
    def edit(p):
        found = p["spec"]["initContainers"]
        where = len(found) if at is None else at
        found[where:where] = copy.deepcopy(added)
    return edit


def without_gate(p):
    p["spec"]["initContainers"] = [c for c in p["spec"]["initContainers"] if c["name"] != "gate"]


def annotated(**keys):
    return lambda p: p["metadata"].setdefault("annotations", {}).update(
        {f"initgate.dev/{key}": value for key, value in keys.items()})


def helper(name="helper", *mounts, **fields):
    return dict({"name": name, "image": OTHER, "volumeMounts": list(mounts)}, **fields)


def moved_installer(p):
    p["spec"]["initContainers"].reverse()


MESH = helper("mesh", mount("mesh", "/var/run/mesh"), restartPolicy="Always")
MESH_VOLUME = {"name": "mesh", "emptyDir": {}}
CLAIM = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
SAME_CLAIM = {"name": "again", "persistentVolumeClaim": {"claimName": "data"}}
DATA = then(volumes(CLAIM, SAME_CLAIM), main_mounts(mount("data", "/data")))
DATA_SEEN = then(DATA, gate_mounts(mount("data", "/data", readOnly=True)))
WORDS = ["verify", "--policy", "/etc/initgate/policy.json"]


def every_pattern():
    """What is accepted and refused alike in all of them."""
    for pattern in PATTERNS:
        inside = {"sameImage": "allow"} if pattern.startswith("same-image") else {}
        yield new("as it stands", pattern, listed=False)
        yield new("with the API server's defaults", pattern, defaulted)
        yield new("with a mesh's sidecar behind it", pattern,
                  then(volumes(MESH_VOLUME), inits(MESH)))
        yield new("with a mesh's sidecar before it", pattern,
                  then(volumes(MESH_VOLUME), inits(MESH, at=0)))
        yield new("with a later init container that mounts nothing", pattern, inits(helper()))
        yield new("with variables of others", pattern,
                  gate_set(env=[{"name": "AWS_REGION", "value": "eu"}]))
        yield new("no gate", pattern, without_gate, NO_GATE)
        yield new("gate's policy in a Secret", pattern, volume_set(
            POLICY, secret={"secretName": "server-policy"}), POLICY_MOUNT)
        yield new("gate's policy by a subPath", pattern,
                  mount_set("/etc/initgate", subPath="dir"), POLICY_MOUNT)
        yield new("gate's policy by an expanded subPath", pattern,
                  mount_set("/etc/initgate", subPathExpr="$(DIR)"), EXPANDED.format("gate"))
        yield new("gate's policy from another key", pattern, volume_set(POLICY, configMap={
            "name": "server-policy", "items": [{"key": "lax", "path": "policy.json"}]}),
            POLICY_MOUNT)
        yield new("gate's policy not mounted", pattern, then(
            volumes(MESH_VOLUME), mount_set("/etc/initgate", name="mesh")), POLICY_MOUNT)
        yield new("gate's policy optional", pattern, volume_set(POLICY, configMap={
            "name": "server-policy", "optional": True}), POLICY_MOUNT)
        yield new("gate's policy elsewhere", pattern, mount_set("/etc/initgate", mountPath="/etc2"),
                  POLICY_MOUNT)
        yield new("gate with restartPolicy", pattern, gate_set(restartPolicy="Always"), SIDECAR)
        yield new("gate that may fail", pattern, gate_set(
            restartPolicy="Never", restartPolicyRules=[
                {"action": "Restart", "exitCodes": {"operator": "In", "values": [1]}}]), SIDECAR)
        yield new("gate with a working directory", pattern, gate_set(workingDir="/tmp"), COMMAND)
        for name in ("INITGATE_BINARY", "INITGATE_SHA265", "LD_PRELOAD", "OPENSSL_CONF"):
            yield new(f"gate with {name}", pattern,
                      gate_set(env=[{"name": name, "value": "x"}]), ENVIRONMENT)
        yield new("gate with envFrom", pattern,
                  gate_set(envFrom=[{"configMapRef": {"name": "x"}}]), ENVIRONMENT)
        yield new("privileged server", pattern,
                  main_set(securityContext={"privileged": True}), PRIVILEGED.format("server"))
        yield new("privileged server, where it is allowed", pattern,
                  main_set(securityContext={"privileged": True}),
                  parameters=dict(inside, images=GATE, privileged="allow"))
        yield new("privileged server, where nothing is said", pattern,
                  main_set(securityContext={"privileged": True}), PRIVILEGED.format("server"),
                  parameters=dict(inside, images=GATE))
        yield new("privileged init container", pattern,
                  inits(helper(securityContext={"privileged": True}), at=0),
                  PRIVILEGED.format("helper"))
        yield new("container that is none", pattern, annotated(container="nobody"), NO_CONTAINER)
        yield new("container by its name", pattern, annotated(container="server"))
        yield new("gate of an earlier release", pattern, parameters=dict(
            inside, images=f"{OTHER}\n  {GATE}  \n\n", privileged="deny"))
        for path in ("/initgate", "/etc", "/etc/initgate/policy.json", "/gate/initgate",
                     "/dev/termination-log", "/target/app", "/dev", "/dev/fd/3/x", "/dev/stdin", "/proc",
                     "/proc/self/root/initgate", "/proc/1/root/etc/initgate", "/sys", "/sys/fs",
                     "/a/../initgate", "//initgate", "/./initgate", "/initgate/",
                     "/"):
            yield new(f"a volume at {path}", pattern, then(
                volumes(MESH_VOLUME), gate_mounts(mount("mesh", path))), COVERED)
        yield new("a volume of nobody else", pattern, then(
            volumes(MESH_VOLUME), gate_mounts(mount("mesh", "/opt/..a/.b/c.d"))), ELSEWHERE)
        yield new("gate with another message's path", pattern,
                  gate_set(terminationMessagePath="/tmp/message"), OWN_MESSAGE)
        yield new("gate with its log for a message", pattern,
                  gate_set(terminationMessagePolicy="FallbackToLogsOnError"))
        disk = volumes({"name": "disk", "persistentVolumeClaim": {"claimName": "disk"}})
        yield new("gate with a device", pattern, then(disk, gate_set(volumeDevices=[
            {"name": "disk", "devicePath": "/app/server"}])), OWN_MESSAGE)
        yield new("server with another message's path and a device", pattern, then(disk, main_set(
            terminationMessagePath="/tmp/message",
            volumeDevices=[{"name": "disk", "devicePath": "/dev/disk"}])))
        yield new("server with shared memory", pattern, then(
            volumes({"name": "shm", "emptyDir": {"medium": "Memory"}}),
            main_mounts(mount("shm", "/dev/shm")), gate_mounts(mount("shm", prefix(
                pattern) + "/dev/shm"))))
        for name, found, refused in (
                ("LD_AUDIT", {"value": "/x.so"}, AUDIT),
                ("LD_AUDIT", {"valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}, AUDIT),
                ("LD_PRELOAD", {"value": "/usr/lib/libjemalloc.so.2"}, None),
                ("LD_LIBRARY_PATH", {"value": "/app/lib"}, None)):
            yield new(f"server with {name}, {found}", pattern,
                      main_set(env=[dict(found, name=name)]), refused)
        yield new("parameters without a digest", pattern, None, PARAMETERS,
                  parameters={"images": "registry.example.com/initgate:1"})
        yield new("parameters without a gate", pattern, None, PARAMETERS,
                  parameters={"images": "\n"})
        yield new("no parameters", pattern, None, NO_PARAMETERS, parameters=False)


PATTERNS = ("shared-volume", "same-image", "same-image-with-image-volume", "image-volume")
# Namespaces, and whether what is refused is refused there.
ENFORCED = {"shop": True, "mistyped": True, "yes": True, "valueless": True, "warned": False,
            "watched": False, "elsewhere": False}
DEBUG = {"subresource": "ephemeralcontainers"}


def meta(**fields):
    return lambda p: p["metadata"].update(fields)


def without_finalizers(p):
    p["metadata"]["finalizers"] = []


def resources(p):
    container(p, "server")["resources"]["requests"]["cpu"] = "100m"


TRACKED = meta(finalizers=["batch.kubernetes.io/job-tracking"],
               ownerReferences=[{"apiVersion": "batch/v1", "kind": "Job", "name": "j", "uid": "u"}])
DELETED = then(TRACKED, meta(deletionTimestamp="2026-01-01T00:00:00Z",
                             deletionGracePeriodSeconds=30))
GATED = meta(labels={"a": "b"}, annotations={"c": "d", "initgate.dev/container": "server"})
PRIVILEGE = {"securityContext": {"privileged": True}}


def debugged(name, *mounts, **fields):
    """An ephemeral container of that name."""
    return lambda p: p["spec"].setdefault("ephemeralContainers", []).append(
        helper(name, *mounts, **fields))


def writable(pattern):
    """A volume that the gate looks at and the server may write to, and its name."""
    if pattern == "shared-volume":
        return (lambda p: None), "delivery"
    return then(volumes(CLAIM), main_mounts(mount("data", "/data")), gate_mounts(
        mount("data", prefix(pattern) + "/data", readOnly=True))), "data"


# What may happen to a pod, whatever was done to it before: (name, before, edit, more).
HARMLESS = [
    ("nothing", TRACKED, lambda p: None, {}),
    ("finalizers removed", TRACKED, without_finalizers, {}),
    ("finalizers removed while it is deleted", DELETED, without_finalizers, {}),
    ("finalizers added", GATED, TRACKED, {}),
    ("deletion", TRACKED, lambda p: None, {"deletes": True}),
    ("deletion once more", DELETED, lambda p: None, {"deletes": True}),
    ("owners removed", TRACKED, meta(ownerReferences=[]), {}),
    ("owners added", GATED, TRACKED, {}),
    ("a label changed", GATED, meta(labels={"a": "c"}), {}),
    ("labels removed", GATED, meta(labels={}), {}),
    ("an annotation changed", GATED, lambda p: p["metadata"]["annotations"].update(c="e"), {}),
    ("all labels and annotations removed", GATED, lambda p: [
        p["metadata"].pop(key) for key in ("labels", "annotations")], {}),
    ("tolerations added", GATED, lambda p: p["spec"].update(tolerations=[
        {"key": "node.kubernetes.io/not-ready", "operator": "Exists"}]), {}),
    ("a deadline set", GATED, lambda p: p["spec"].update(activeDeadlineSeconds=1), {}),
    ("a scheduling gate removed", lambda p: p["spec"].update(schedulingGates=[{"name": "a.b/c"}]),
     lambda p: p["spec"].update(schedulingGates=[], nodeSelector={"a": "b"}), {}),
    ("status", GATED, lambda p: p.update(status={"phase": "Running", "containerStatuses": [
        {"name": "server", "image": OTHER, "imageID": OTHER, "ready": True, "restartCount": 0}]}),
     {"subresource": "status"}),
    ("resized", GATED, resources, {"subresource": "resize"}),
]


def updates():
    """Of running pods: judged by what they change."""
    for pattern in PATTERNS:
        seen, name = writable(pattern)
        bad = then(seen, debugged("old", mount(name, "/d"), **PRIVILEGE))
        allowed = {"parameters": {"images": GATE, "privileged": "allow"}}
        for parameters in ({}, {"parameters": False}):
            # Also where the pod has what would now be refused.
            for what, before, edit, more in HARMLESS:
                for kind, first in (("", before), (", with a bad ephemeral container",
                                                   then(before, bad))):
                    yield change(f"{what}{kind} {parameters}", pattern, edit, None, first,
                                 **more, **parameters)
            for what, edit in (("server's", main_set(image=OTHER)),
                               ("gate's", gate_set(image=OTHER)),
                               ("each", then(main_set(image=OTHER), gate_set(image=OTHER))),
                               ("server's, to a tag,", main_set(image="server:1")),
                               ("later init container's",
                                lambda p: init(p, "late").update(image=GATE))):
                for also, more in (("", None), (" and a label", meta(labels={"a": "b"})),
                                   (" and a finalizer", without_finalizers)):
                    yield change(f"{what} image changed{also} {parameters}", pattern,
                                 then(edit, more or (lambda p: None)), IMAGE_CHANGED,
                                 then(DELETED if more else TRACKED, inits(helper("late"))),
                                 **parameters)
            yield change(f"images exchanged {parameters}", pattern, then(
                main_set(image=OTHER), lambda p: p["spec"]["containers"][-1].update(
                    image=container(pod(pattern), "server")["image"])), IMAGE_CHANGED,
                another(), **parameters)
        yield change("debugged without volumes", pattern, debugged("new"), **DEBUG)
        yield change("debugged without volumes, no parameters", pattern, debugged("new"),
                     NO_PARAMETERS, parameters=False, **DEBUG)
        yield change("debugged with the policy's volume", pattern,
                     debugged("new", mount(POLICY, "/p")), **DEBUG)
        yield change("debugged privileged", pattern, debugged("new", **PRIVILEGE),
                     EPHEMERAL_PRIVILEGED, **DEBUG)
        yield change("debugged privileged, where it is allowed", pattern,
                     debugged("new", **PRIVILEGE), **allowed, **DEBUG)
        yield change("debugged with what the gate checked", pattern,
                     debugged("new", mount(name, "/d")), EPHEMERAL, seen, **allowed, **DEBUG)
        yield change("debugged with what the gate checked, readOnly", pattern,
                     debugged("new", mount(name, "/d", readOnly=True)), None, seen, **DEBUG)
        # Only what is new is judged.
        for first in (seen, bad):
            yield change("debugged beside what was there", pattern, debugged("new"), None, first,
                         **DEBUG)
            yield change("no new ephemeral container", pattern, lambda p: None, None, first,
                         **DEBUG)
            yield change("debugged beside what was there, privileged", pattern,
                         debugged("new", **PRIVILEGE), EPHEMERAL_PRIVILEGED, first, **DEBUG)
            yield change("debugged beside what was there, writable", pattern,
                         debugged("new", mount(name, "/d")), EPHEMERAL, first, **DEBUG)
            yield change("debugged twice, the second privileged", pattern, then(
                debugged("new"), debugged("newer", **PRIVILEGE)), EPHEMERAL_PRIVILEGED, first,
                **DEBUG)


def gateless():
    """Pods without a gate, from before the namespace was gated, or of containers that need none."""
    def bare(p):
        without_gate(p)
        if not p["spec"]["initContainers"]:
            del p["spec"]["initContainers"]

    tracked = then(bare, TRACKED)
    for pattern in ("shared-volume", "image-volume"):
        for first in (tracked, then(tracked, debugged("old", **PRIVILEGE))):
            for parameters in ({}, {"parameters": False}):
                for what, edit, refused in (
                        ("a label", meta(labels={"a": "b"}), None),
                        ("finalizers", without_finalizers, None),
                        ("image", main_set(image=OTHER), IMAGE_CHANGED)):
                    yield change(f"without a gate: {what} changed {parameters}", pattern, edit,
                                 refused, first, **parameters)
            yield change("without a gate: debugged", pattern, debugged("new"), None, first, **DEBUG)
            yield change("without a gate: debugged with a volume", pattern, then(
                debugged("new", mount("tmp", "/d"))), None, first, **DEBUG)
            yield change("without a gate: debugged privileged", pattern,
                         debugged("new", **PRIVILEGE), EPHEMERAL_PRIVILEGED, first, **DEBUG)
            yield change("without a gate: debugged, no parameters", pattern, debugged("new"),
                         NO_PARAMETERS, first, parameters=False, **DEBUG)
    yield change("without a gate or volumes: debugged", "image-volume", debugged("new"), None, then(
        bare, main_set(volumeMounts=[]), lambda p: p["spec"].pop("volumes")), **DEBUG)


def everywhere():
    """The same in each kind of namespace."""
    for namespace, enforced in ENFORCED.items():
        where = {"namespace": namespace}
        for parameters in ({}, {"parameters": False}):
            def refused(message, gone=None):
                return enforced and (gone if parameters and gone else message) or None

            every = dict(where, **parameters)
            kind = f"{namespace} {parameters}:"
            yield new(f"{kind} no gate", "shared-volume", without_gate,
                      refused(NO_GATE, NO_PARAMETERS), **every)
            yield new(f"{kind} a gate", "shared-volume", None, refused(None, NO_PARAMETERS),
                      **every)
            yield change(f"{kind} image changed", "shared-volume", main_set(image=OTHER),
                         refused(IMAGE_CHANGED), **every)
            yield change(f"{kind} debugged privileged", "shared-volume",
                         debugged("new", **PRIVILEGE),
                         refused(EPHEMERAL_PRIVILEGED, NO_PARAMETERS), **every, **DEBUG)
            for what, before, edit, more in HARMLESS:
                yield change(f"{kind} {what}", "shared-volume", edit, None, before, **every, **more)
            yield Case(f"{kind} policy written", refused(APPROVE.format("server-policy")),
                       config_map(), **every)
            for case in config_map_updates():
                yield dataclasses.replace(case, name=f"{kind} {case.name}", **every,
                                          refused=refused(case.refused))


def prefix(pattern):
    """Of the gate's mountPaths."""
    return "/volumes" if pattern == "image-volume" else ""


def roots():
    """The gate's user, and who the container runs as."""
    for pattern in ("shared-volume", "image-volume"):
        for name, whole, seen, server, refused in (
                ("as root alone", {}, {"runAsUser": 0}, {"runAsUser": 1001}, ROOT),
                ("as the pod's root alone", {"runAsUser": 0}, {}, {"runAsUser": 1001}, ROOT),
                ("as root, the server as the pod's user", {"runAsUser": 1001}, {"runAsUser": 0},
                 {}, ROOT),
                ("as root, the server as its image's other user", {}, {"runAsUser": 0},
                 {"runAsNonRoot": True}, ROOT),
                ("as root, the pod not", {"runAsNonRoot": True},
                 {"runAsUser": 0, "runAsNonRoot": False}, {}, ROOT),
                ("as root, like the server", {}, {"runAsUser": 0}, {"runAsUser": 0}, None),
                ("as root, the server like it in a pod that is not", {"runAsNonRoot": True},
                 {"runAsUser": 0}, {"runAsUser": 0, "runAsNonRoot": False}, None),
                ("as the pod's root, like the server", {"runAsUser": 0}, {}, {}, None),
                ("as root, the server as its image says", {}, {"runAsUser": 0}, {}, None),
                ("as its image says", {}, {}, {"runAsUser": 1001}, None),
                ("as another user", {"runAsUser": 0}, {"runAsUser": 65532}, {"runAsUser": 1001},
                 None)):
            yield new(f"gate {name}", pattern, then(
                pod_set(securityContext=whole), gate_set(securityContext=seen),
                main_set(securityContext=server)), refused)


def own_image():
    """The gate in its own image."""
    for pattern, words in (("shared-volume", WORDS),
                           ("image-volume", ["verify", "--root", "/target", *WORDS[1:]])):
        yield new("gate by tag", pattern, gate_set(image="registry.example.com/initgate:1"),
                  GATE_PIN)
        yield new("gate with a tag and the digest", pattern,
                  gate_set(image="mirror.example.com/initgate:1@sha256:" + DIGEST))
        yield new("gate of another image", pattern, gate_set(image=OTHER), FOREIGN)
        yield new("gate with a command", pattern, gate_set(command=["/initgate"]), COMMAND)
        yield new("gate of no words", pattern, lambda p: gate(p).pop("args"), COMMAND)
        for more in ("--warn-only", "--quiet", "--binary"):
            yield new(f"gate with {more}", pattern, gate_set(args=words + [more]), COMMAND)
        yield new("gate that prints its version", pattern, gate_set(args=["version"]), COMMAND)
    yield new("server by tag", "image-volume", then(
        main_set(image="registry.example.com/server:1"),
        volume_set("initgate-target", image={"reference": "registry.example.com/server:1"})),
        APP_PIN)
    yield new("server by tag", "shared-volume", main_set(image="registry.example.com/server:1"))
    yield new("another image checked, and the server's beside it", "image-volume", then(
        volumes({"name": "other", "image": {"reference": OTHER}}), mount_set(
            "/target", mountPath="/beside"), gate_mounts(mount("other", "/target"))), TARGET)
    yield new("another image checked, and the server's not mounted", "image-volume", then(
        volumes({"name": "other", "image": {"reference": OTHER}}),
        mount_set("/target", name="other")), TARGET)
    yield new("another image checked", "image-volume",
              volume_set("initgate-target", image={"reference": OTHER}), TARGET)
    yield new("part of the image checked", "image-volume", mount_set("/target", subPath="good"),
              TARGET)
    yield new("an expanded part of the image checked", "image-volume",
              mount_set("/target", subPathExpr="$(GOOD)"), EXPANDED.format("gate"))
    yield new("a folder checked for the image", "image-volume",
              volume_set("initgate-target", emptyDir={}), TARGET)
    yield new("nothing checked", "image-volume",
              lambda p: gate(p).update(volumeMounts=[
                  m for m in gate(p)["volumeMounts"] if m["mountPath"] != "/target"]), TARGET)
    yield new("a volume at /target", "shared-volume", then(
        volumes(MESH_VOLUME), gate_mounts(mount("mesh", "/target"))), ELSEWHERE)
    yield new("a volume over both verdicts", "shared-volume", then(
        volumes(MESH_VOLUME), main_mounts(mount("mesh", "/dev/termination-log")),
        gate_mounts(mount("mesh", "/dev/termination-log"))), COVERED)
    yield new("a volume at /gate", "image-volume", then(
        volumes(MESH_VOLUME), gate_mounts(mount("mesh", "/gate"))), ELSEWHERE)
    yield new("another container than the one checked", "image-volume", then(
        lambda p: p["spec"]["containers"].append({"name": "other", "image": OTHER}),
        annotated(container="other")), TARGET.replace("server", "other"))
    yield new("a volume of the server's below /volumes", "image-volume",
              then(DATA, gate_mounts(mount("data", "/volumes/data", readOnly=True))))
    # A webhook may mount what it adds into init containers too.
    yield new("a volume of the server's at its own path", "image-volume",
              then(DATA, gate_mounts(mount("data", "/data", readOnly=True))))
    yield new("a volume of the server's elsewhere", "image-volume",
              then(DATA, gate_mounts(mount("data", "/data2", readOnly=True))), ELSEWHERE)


def inside_the_application():
    """The gate in the application's image."""
    for pattern in ("same-image", "same-image-with-image-volume"):
        yield new("server by tag", pattern, then(
            main_set(image="registry.example.com/server:1"),
            gate_set(image="registry.example.com/server:1")), GATE_PIN)
        yield new("gate in another image", pattern, gate_set(image=OTHER), FOREIGN)
        yield new("gate with args", pattern, gate_set(args=["--warn-only"]), COMMAND)
        yield new("gate with --warn-only", pattern,
                  gate_set(command=["/gate/initgate", *WORDS, "--warn-only"]), COMMAND)
        yield new("another program for the gate", pattern,
                  gate_set(command=["/bin/true", *WORDS]), COMMAND)
        yield new("the gate's volume writable", pattern, mount_set("/gate", readOnly=False),
                  UNKNOWN)
        yield new("the gate's volume elsewhere", pattern,
                  mount_set("/gate", mountPath="/gate2"), UNKNOWN)
        yield new("part of the gate's volume", pattern, mount_set("/gate", subPath="x"), UNKNOWN)
        yield new("an expanded part of the gate's volume", pattern,
                  mount_set("/gate", subPathExpr="$(X)"), EXPANDED.format("gate"))
        yield new("another volume for the gate's", pattern, then(
            volumes(MESH_VOLUME), mount_set("/gate", name="mesh")), UNKNOWN)
        yield new("server's volume in the gate, under another name", pattern, then(
            DATA, gate_mounts(mount("again", "/data"))), ELSEWHERE)
        yield new("server's volume in the gate, by a subPath", pattern, then(
            DATA, gate_mounts(mount("data", "/data", subPath="good"))), ELSEWHERE)
        yield new("server's volume in the gate, by an expanded subPath", pattern, then(
            DATA, gate_mounts(mount("data", "/data", subPathExpr="$(GOOD)"))),
            EXPANDED.format("gate"))
    image = "same-image-with-image-volume"
    yield new("another image for the gate's", image,
              volume_set("initgate", image={"reference": OTHER}), UNKNOWN)
    yield new("the gate's image by tag", image,
              volume_set("initgate", image={"reference": "registry.example.com/initgate:1"}),
              UNKNOWN)
    yield new("an empty folder for the gate's image", image, volume_set("initgate", emptyDir={}),
              UNKNOWN)
    copied = "same-image"
    yield new("installer by tag", copied, install_set(image="registry.example.com/initgate:1"),
              GATE_PIN)
    yield new("installer of another image", copied, install_set(image=OTHER), UNKNOWN)
    yield new("installer with a command", copied, install_set(command=["/initgate"]), UNKNOWN)
    yield new("installer with other words", copied, install_set(args=["version"]), UNKNOWN)
    yield new("installer as a sidecar", copied, install_set(restartPolicy="Always"), SIDECAR)
    yield new("installer with INITGATE_POLICY", copied,
              install_set(env=[{"name": "INITGATE_POLICY", "value": "x"}]), ENVIRONMENT)
    yield new("installer by another name", copied, install_set(name="helper"), UNKNOWN)
    yield new("installer behind the gate", copied, moved_installer, UNKNOWN)
    yield new("installer with a volume over its program", copied, then(
        volumes(MESH_VOLUME),
        install_set(volumeMounts=[mount("initgate", "/gate"), mount("mesh", "/initgate")])),
        COVERED)
    yield new("installer that fills another volume", copied, then(
        volumes(MESH_VOLUME), install_set(volumeMounts=[mount("mesh", "/gate")])), UNKNOWN)
    yield new("installer that fills another folder", copied, install_set(
        volumeMounts=[mount("initgate", "/elsewhere")]), UNKNOWN)
    yield new("installer that fills a subPath", copied, install_set(
        volumeMounts=[mount("initgate", "/gate", subPath="x")]), UNKNOWN)
    yield new("somebody exchanges the gate", copied,
              inits(helper("helper", mount("initgate", "/x")), at=1), EXCHANGED)
    yield new("somebody looks at the gate", copied,
              inits(helper("helper", mount("initgate", "/x", readOnly=True)), at=1))
    yield new("a persistent volume for the gate's", copied,
              volume_set("initgate", persistentVolumeClaim={"claimName": "x"}), UNKNOWN)


def writers():
    """Who may write to what the gate checks, and when."""
    pattern = "same-image"
    yield new("a volume seen, and nobody writes", pattern, DATA_SEEN)
    for name in ("data", "again"):
        late = helper("late", mount(name, "/d"))
        yield new(f"{name} written later", pattern, then(DATA_SEEN, inits(late)),
                  WRITER.format("late"))
        yield new(f"{name} mounted later, readOnly", pattern, then(
            DATA_SEEN, inits(helper("late", mount(name, "/d", readOnly=True)))))
        yield new(f"{name} written earlier", pattern, then(DATA_SEEN, inits(late, at=0)))
        yield new(f"{name} written by a later sidecar", pattern, then(
            DATA_SEEN, inits(dict(late, restartPolicy="Always"))), WRITER.format("late"))
        yield new(f"{name} written by an earlier sidecar", pattern, then(
            DATA_SEEN, inits(dict(late, restartPolicy="Always"), at=0)), WRITER.format("late"))
        yield new(f"{name} written later, unseen by the gate", pattern, then(DATA, inits(late)))
    yield new("program written later", "shared-volume",
              inits(helper("late", mount("delivery", "/d"))), WRITER.format("late"))
    yield new("another claim written later", pattern, then(
        DATA_SEEN, volumes({"name": "third", "persistentVolumeClaim": {"claimName": "third"}}),
        inits(helper("late", mount("third", "/d")))))
    for name, readonly, refused in (("delivery", False, EPHEMERAL), ("delivery", True, None),
                                    ("mesh", False, None)):
        old = pod("shared-volume")
        then(volumes(MESH_VOLUME), inits(MESH, at=0))(old)
        made = copy.deepcopy(old)
        debugged("new", mount(name, "/d", readOnly=readonly))(made)
        yield Case(f"shared-volume: debugged with {name}, readOnly {readonly}", refused, made, old,
                   subresource="ephemeralcontainers")
    for kind, source in (("configMap", {"name": "x"}), ("secret", {"secretName": "x"}),
                         ("projected", {"sources": [{"configMap": {"name": "x"}}]}),
                         ("downwardAPI", {"items": [{"path": "x", "fieldRef": {
                             "fieldPath": "metadata.name"}}]}), ("image", {"reference": OTHER})):
        fixed = then(volumes({"name": "fixed", kind: source}),
                     main_mounts(mount("fixed", "/fixed")), gate_mounts(mount("fixed", "/fixed")))
        yield change(f"debugged with a {kind} that the gate has", pattern,
                     debugged("new", mount("fixed", "/fixed")), None, fixed, **DEBUG)
        yield new(f"{kind} mounted later", pattern,
                  then(fixed, inits(helper("late", mount("fixed", "/fixed")))))


def pod_set(**fields):
    return lambda p: p["spec"].update(fields)


def confined(user, **more):
    """A mesh that runs as `user` and cannot become another."""
    return dict(MESH, securityContext={"runAsUser": user, "allowPrivilegeEscalation": False, **more})


def users(pod_user, gate_user):
    """The pod's user and the gate's; None where it says none."""
    def edit(p):
        for where, user in ((p["spec"], pod_user), (gate(p), gate_user)):
            context = where.setdefault("securityContext", {})
            context.pop("runAsUser", None)
            if user is not None:
                context["runAsUser"] = user
    return edit


def companions():
    """Who runs among the gate's processes while it does."""
    for pattern in ("shared-volume", "image-volume"):
        for field in ("shareProcessNamespace", "hostPID"):
            shared = then(volumes(MESH_VOLUME), pod_set(**{field: True}))
            yield new(f"{field}, and nobody beside the gate", pattern, shared)
            yield new(f"{field}, a sidecar behind the gate", pattern, then(shared, inits(MESH)))
            yield new(f"{field}, an earlier init container", pattern,
                      then(shared, inits(helper(), at=0)))
            yield new(f"{field}, an earlier sidecar", pattern, then(shared, inits(MESH, at=0)),
                      COMPANION)
            yield new(f"no {field}, an earlier sidecar", pattern, then(
                volumes(MESH_VOLUME), pod_set(**{field: False}), inits(MESH, at=0)))
    pattern = "image-volume"
    shared = then(volumes(MESH_VOLUME), pod_set(shareProcessNamespace=True))
    for name, pod_user, gate_user, mesh, refused in (
            ("another user", None, 1001, confined(1337), None),
            ("another user than the pod's", 1001, None, confined(1337), None),
            ("the pod's user, not the gate's", 1337, 1001, confined(None), None),
            ("the gate's user", None, 1001, confined(1001), COMPANION),
            ("the gate's user, as the pod says", 1001, None, confined(1001), COMPANION),
            ("root", None, 1001, confined(0), COMPANION),
            ("a user of its image", None, 1001, confined(None), COMPANION),
            ("the pod's root", 0, 1001, confined(None), COMPANION),
            ("another user, the gate as its image says", None, None, confined(1337), COMPANION),
            ("another user, who may become others", None, 1001,
             confined(1337, allowPrivilegeEscalation=True), COMPANION),
            ("another user, who may become others by default", None, 1001,
             dict(MESH, securityContext={"runAsUser": 1337}), COMPANION)):
        mesh = copy.deepcopy(mesh)
        if mesh["securityContext"].get("runAsUser", 0) is None:
            del mesh["securityContext"]["runAsUser"]
        yield new(f"shared processes, an earlier sidecar as {name}", pattern,
                  then(shared, users(pod_user, gate_user), inits(mesh, at=0)), refused)
    for user, refused in ((65532, COMPANION), (1337, None)):
        yield new(f"shared processes, {user} beside an installer of 65532", "same-image",
                  then(shared, inits(confined(user), at=0)), refused)


# Pairs of volumes, and whether they are one place.
CLAIMED, OTHER_CLAIM = ({"persistentVolumeClaim": {"claimName": name}} for name in ("a", "ab"))
PLACES = [
    (CLAIMED, CLAIMED, True), (CLAIMED, OTHER_CLAIM, False),
    (CLAIMED, {"persistentVolumeClaim": {"claimName": "a", "readOnly": True}}, True),
    ({"emptyDir": {}}, {"emptyDir": {}}, False),
    *[({"hostPath": {"path": one}}, {"hostPath": {"path": two, "type": "Directory"}}, same)
      for one, two, same in (
          ("/srv/a", "/srv/a", True), ("/srv/a", "/srv//a/", True), ("/srv/./a", "/srv/a", True),
          ("/srv/a", "/srv", True), ("/srv", "/srv/a/b", True), ("/srv/a", "/", True),
          ("/srv/a", "/srv/ab", False), ("/srv/a", "/opt", False))],
    *[({"nfs": {"server": "one", "path": one}}, {"nfs": {"server": server, "path": two}}, same)
      for one, server, two, same in (
          ("/x", "one", "/x", True), ("/x", "one", "/x//.", True), ("/x", "one", "/", True),
          ("/x", "one", "/x/y", True), ("/x", "two", "/x", False), ("/x", "one", "/xy", False),
          ("/x", "ONE", "/x", True), ("/x", "one.", "/x", True), ("/x", "one", "/y/../x", True),
          ("/x", "one", "/..y", False))],
    ({"hostPath": {"path": "/a"}}, CLAIMED, False),
    ({"hostPath": {"path": "/a"}}, {"nfs": {"server": "one", "path": "/a"}}, False),
]


def places():
    """One place under two names: the gate looks at the first, another container has the second."""
    for one, two, same in PLACES:
        for seen, written in ((one, two), (two, one)):
            both = then(volumes(dict(seen, name="seen"), dict(written, name="written")),
                        main_mounts(mount("seen", "/s", readOnly=True)),
                        gate_mounts(mount("seen", "/s", readOnly=True)))
            old = pod("same-image")
            both(old)
            for readonly in (False, True):
                here = mount("written", "/d", readOnly=readonly)
                name = f"{seen} in the gate, {written} elsewhere, readOnly {readonly}"
                # readOnly is not recursive, and what the node mounts there stays writable.
                bad = same and (not readonly or "hostPath" in written)
                yield new(f"{name}: later", "same-image", then(both, inits(helper("late", here))),
                          WRITER.format("late") if bad else None)
                yield new(f"{name}: another container", "same-image",
                          then(both, another(here)), NEIGHBOUR if bad else None)
                made = copy.deepcopy(old)
                debugged("new", here)(made)
                yield Case(f"debugged: {name}", EPHEMERAL if bad else None, made, old,
                           subresource="ephemeralcontainers")


def another(*mounts):
    """A second main container."""
    return lambda p: p["spec"]["containers"].append(helper("other", *mounts))


def neighbours():
    """Other main containers, which may write before the checked one starts."""
    yield new("another container writes to the program's volume", "shared-volume",
              another(mount("delivery", "/d")), NEIGHBOUR)
    yield new("another container, the first one, writes to the program's volume", "shared-volume",
              then(annotated(container="server"), lambda p: p["spec"]["containers"].insert(
                  0, helper("other", mount("delivery", "/d", readOnly=False)))), NEIGHBOUR)
    yield new("another container reads the program's volume", "shared-volume",
              another(mount("delivery", "/d", readOnly=True)))
    yield new("another container writes to a volume of its own", "shared-volume",
              then(volumes(MESH_VOLUME), another(mount("mesh", "/d"))))
    yield new("another container without mounts", "shared-volume",
              lambda p: p["spec"]["containers"].append({"name": "other", "image": OTHER}))
    data = then(volumes(CLAIM), another(mount("data", "/d")))
    for server, seen, refused in ((False, False, None), (False, True, NEIGHBOUR),
                                  (True, False, NEIGHBOUR), (True, True, NEIGHBOUR)):
        yield new(f"another container writes; readOnly: server {server}, gate {seen}", "same-image",
                  then(data, main_mounts(mount("data", "/data", readOnly=server)),
                       gate_mounts(mount("data", "/data", readOnly=seen))), refused)
    yield new("another container writes, and the server has another volume readOnly", "same-image",
              then(data, volumes(MESH_VOLUME), main_mounts(
                  mount("data", "/data"), mount("mesh", "/mesh", readOnly=True)),
                  gate_mounts(mount("data", "/data"))))
    yield new("another container writes to what only the server has", "same-image",
              then(data, main_mounts(mount("data", "/data", readOnly=True))))
    yield new("the server writes to what the gate checks", "same-image", then(
        volumes(CLAIM), main_mounts(mount("data", "/data")),
        gate_mounts(mount("data", "/data", readOnly=True))))
    yield new("another container writes to the server's configuration", "same-image", then(
        volumes({"name": "fixed", "configMap": {"name": "x"}}), another(mount("fixed", "/fixed")),
        main_mounts(mount("fixed", "/fixed", readOnly=True)),
        gate_mounts(mount("fixed", "/fixed", readOnly=True))))


def config_map(name="server-policy", key="policy.json", **more):
    return {"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": "shop"}, **(more or {"data": {key: "{}"}})}


def policies():
    """ConfigMaps that hold a policy."""
    refused = APPROVE.format("server-policy")
    yield Case("policy written", refused, config_map())
    yield Case("policy written in binary", refused, config_map(binaryData={"policy.json": "e30="}))
    yield from config_map_updates()
    yield Case("policy written by an approver", None, config_map(), approves=True)
    yield Case("another ConfigMap", None, config_map(key="other"))
    yield Case("empty ConfigMap", None, config_map(data={}))
    yield Case("policy written in another namespace", None, config_map(), namespace="elsewhere")


def config_map_updates():
    """Judged by what they change: what a ConfigMap holds, not its metadata."""
    refused = APPROVE.format("server-policy")
    held = {"policy.json": "{}", "venv.manifest": "a"}
    binary = {"policy.json": "e30="}
    for name, old, made in (
            ("policy changed", {"data": held}, {"data": dict(held, **{"policy.json": "{ }"})}),
            ("what it names changed", {"data": held},
             {"data": dict(held, **{"venv.manifest": "b"})}),
            ("a key added beside a policy", {"data": held}, {"data": dict(held, other="b")}),
            ("binary key added beside a policy", {"data": held},
             {"data": held, "binaryData": {"other": "YQ=="}}),
            ("ConfigMap made a policy", {"data": {"other": "{}"}}, {"data": held}),
            ("ConfigMap made a binary policy", {"data": {"other": "{}"}}, {"binaryData": binary}),
            ("empty ConfigMap made a policy", {}, {"data": held}),
            ("policy removed from its ConfigMap", {"data": held}, {"data": {"other": "{}"}}),
            ("policy removed, nothing left", {"data": held}, {}),
            ("binary policy removed, nothing left", {"binaryData": binary}, {}),
            ("policy made binary", {"data": held}, {"binaryData": binary}),
            ("binary policy changed", {"binaryData": binary},
             {"binaryData": {"policy.json": "e30K"}})):
        old, made = ({**config_map(data={}), "data": {}, **one} for one in (old, made))
        yield Case(name, refused, made, old)
        yield Case(f"{name}, by an approver", None, made, old, approves=True)
    for held in ({"data": held}, {"binaryData": binary},
                 {"data": held, "binaryData": {"a": "YQ=="}}):
        for name, before, after in (
                ("nothing", {}, {}), ("finalizers removed", {"finalizers": ["a.b/c"]}, {}),
                ("finalizers added", {}, {"finalizers": ["a.b/c"]}),
                ("finalizers removed while it is deleted",
                 {"finalizers": ["a.b/c"], "deletionTimestamp": "2026-01-01T00:00:00Z"},
                 {"deletionTimestamp": "2026-01-01T00:00:00Z"}),
                ("labels changed", {"labels": {"a": "b"}}, {"labels": {"a": "c"}}),
                ("annotations removed", {"annotations": {"a": "b"}}, {}),
                ("owners changed", {"ownerReferences": [
                    {"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "u"}]}, {})):
            old, made = config_map(**held), config_map(**held)
            old["metadata"].update(before)
            made["metadata"].update(after)
            yield Case(f"{name} of a ConfigMap with {sorted(held)}", None, made, old)
        yield Case(f"made immutable, a ConfigMap with {sorted(held)}", None,
                   config_map(**held, immutable=True), config_map(**held))
        yield Case(f"deletion of a ConfigMap with {sorted(held)}", None, config_map(**held),
                   config_map(**held), deletes=True)


def rendered():
    """What the example chart and the components' overlays render."""
    for name, found in manifests.rendered():
        allowed = {"images": GATE, "sameImage": "allow"} if name.startswith("sameImage") else None
        yield Case(f"rendered {name}", None, found, parameters=allowed)
        without = copy.deepcopy(found)
        without_gate(without)
        yield Case(f"rendered {name}, without its gate", NO_GATE, without)


def outside():
    """Namespaces that ask for nothing."""
    for namespace in ("elsewhere", "injected"):
        yield new(f"no gate in {namespace}", "shared-volume", without_gate, namespace=namespace)
        yield change("image changed where no gate is asked for", "shared-volume",
                     main_set(image=OTHER), namespace=namespace)
    ungated = pod("shared-volume")
    without_gate(ungated)
    changed = copy.deepcopy(ungated)
    main_set(image=OTHER)(changed)
    yield Case("image of an older pod without a gate changed", IMAGE_CHANGED, changed, ungated)


def filled(pattern):
    """A pod of 150 volumes and 60 containers, of which each mounts all that it may."""
    mounts = [mount(f"v{i}", f"/m{i}", readOnly=True, recursiveReadOnly="Enabled")
              for i in range(140)]
    held = [{"name": f"v{i}", "hostPath": {"path": f"/srv/a/b/c{i}"}} for i in range(140)]

    def edit(p):
        volumes(*held)(p)
        main_mounts(*mounts)(p)
        gate_mounts(*[dict(m, mountPath=prefix(pattern) + m["mountPath"]) for m in mounts])(p)
        inits(*[helper(f"i{i}", *mounts) for i in range(28)])(p)
        for i in range(30):
            another(*mounts)(p)
            p["spec"]["containers"][-1]["name"] = f"c{i}"
        volumes(*[{"name": f"w{i}", "emptyDir": {}}
                  for i in range(150 - len(p["spec"]["volumes"]))])(p)
    return edit


def gated(p):
    """A pod of 150 volumes and 58 containers: each main container has a gate of its own, which looks at
    half of the volumes, and may write to the others."""
    seen = [mount(f"v{i}", f"/m{i}", readOnly=True) for i in range(40)]
    own = [mount(f"v{i}", f"/m{i}") for i in range(40, 80)]
    volumes(*[{"name": f"v{i}", "persistentVolumeClaim": {"claimName": f"c{i}"}}
              for i in range(80)])(p)
    main_mounts(*seen, *own)(p)
    gate_mounts(*[dict(m, mountPath="/volumes" + m["mountPath"]) for m in seen])(p)
    for i in range(28):
        p["spec"]["containers"].append(dict(copy.deepcopy(container(p, "server")), name=f"c{i}"))
        p["spec"]["initContainers"].append(dict(copy.deepcopy(gate(p)), name=f"gate-c{i}"))
    volumes(*[{"name": f"w{i}", "emptyDir": {}} for i in range(150 - len(p["spec"]["volumes"]))])(p)


def largest():
    """What costs an API server most, still within its limits."""
    yield new("many gates", "image-volume", gated)
    yield new("many gates, the last container writes", "image-volume", then(
        gated, lambda p: p["spec"]["containers"][-1]["volumeMounts"].append(mount("v39", "/d"))),
        NEIGHBOUR.replace("other", "c27", 1))
    yield new("many gates, written later", "image-volume", then(
        gated, inits(helper("late", mount("v39", "/d")))), WRITER.format("late"))
    for pattern in PATTERNS:
        fill = filled(pattern)
        last = mount("v139", "/d")
        yield new("the largest pod", pattern, fill)
        yield new("the largest pod, written later", pattern, then(fill, inits(helper("late", last))),
                  WRITER.format("late"))
        yield new("the largest pod, another container writes", pattern, then(fill, another(last)),
                  NEIGHBOUR)
        yield change("the largest pod, a label changed", pattern, meta(labels={"a": "b"}), None,
                     fill)
        yield change("the largest pod, an image changed", pattern, main_set(image=OTHER),
                     IMAGE_CHANGED, fill)
        yield change("the largest pod, debugged", pattern, debugged("new"), None, fill, **DEBUG)
        yield change("the largest pod, debugged with a volume of it", pattern,
                     debugged("new", last), EPHEMERAL, fill, **DEBUG)


def all_cases():
    return [*every_pattern(), *roots(), *own_image(), *inside_the_application(), *writers(),
            *places(), *neighbours(), *companions(), *updates(), *gateless(), *everywhere(),
            *policies(), *rendered(), *outside()]
