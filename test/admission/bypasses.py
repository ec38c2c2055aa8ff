# SPDX-License-Identifier: Apache-2.0
"""What got past earlier policies, as rows of cases.py: the files of bypass/, variants of each by its
cause, and beside each what must stay allowed."""
import copy
from pathlib import Path

import yaml

import cases
import manifests
from cases import (COMMAND, DEBUG, ELSEWHERE, EPHEMERAL_POWERFUL, EXPANDED, FOREIGN, GATE, GATE_PIN,
                   IDLE, INSIDE, NEIGHBOUR, NO_CONTAINER, NO_GATE, OTHER, POWERFUL, TAKEN,
                   TARGET, TOKEN_PATH, UNLISTED, WRITER, Case, another, annotated, change, debugged,
                   gate_mounts, gate_set, helper, inits, main_mounts, main_set, mount, mount_set,
                   new, pod_set, prefix, then, volume_set, volumes)
from manifests import MOUNT, TOKEN, container, gate, pod

BYPASS = Path(__file__).resolve().parent / "bypass"
BOTH = ("shared-volume", "image-volume")


# The files. Of each: how it is refused as it is, and how when its gate names what its container
# mounts, the cluster's owner accepts same-image patterns, and every container may go without a gate.

UNNAMED = UNLISTED.format("gate", "server")
FILES = {
    "after": (UNNAMED, None),                # ran what targetrewrite had left behind
    "eph-sysadmin": (UNNAMED, None),         # what it adds later is a case of its own
    "ephemeral_claim": (UNNAMED, None),      # the API server itself refuses it
    "gateimage": (INSIDE, POWERFUL.format("mesh")),
    "hidden_by_image_volume": (UNNAMED, None),          # the gate says what it cannot see
    "hidden_by_volume_image_volume": (UNNAMED, None),
    "hidden_by_volume_same_image": (INSIDE, None),
    "hidden_in_shared_volume": (UNNAMED, None),
    "hostpath_images": (INSIDE, None),       # exchanged nothing
    "hostpath_kubelet": (UNNAMED, None),     # README.md, "What this cannot stop"
    "hostpath_submount": (UNNAMED, WRITER.format("mesh")),
    "image_env_root": (INSIDE, None),        # no such variable any more
    "image_env_root_iv": (INSIDE, None),
    "image_gate_link": (INSIDE, None),       # what sameImage: allow costs
    "image_policy_link": (INSIDE, None),
    "image_token_link": (INSIDE, TOKEN_PATH),
    "neighbour_sysadmin_remount": (NO_GATE.replace("server", "other"), POWERFUL.format("other")),
    "other_command": (UNNAMED, None),        # README.md, "What this cannot stop"
    "other_container": (NO_GATE.replace("server", "evil"), None),
    "policyloop": (UNNAMED, POWERFUL.format("mesh")),
    "policyrewrite": (UNNAMED, POWERFUL.format("mesh")),
    "sidecar-does-it": (UNNAMED, None),      # README.md, "What this cannot stop"
    "sidecar_sysadmin_remount": (UNNAMED, POWERFUL.format("mesh")),
    "subpathexpr_env": (UNNAMED, EXPANDED.format("server, gate")),
    "svc": (INSIDE, None),                   # changed nothing
    "target2": (UNNAMED, None),              # exchanged nothing
    "targetrewrite": (UNNAMED, POWERFUL.format("mesh")),
}


def files():
    for name, (plain, listed) in FILES.items():
        found = yaml.safe_load((BYPASS / f"{name}.yaml").read_text(encoding="utf-8"))
        found["metadata"]["namespace"] = "shop"
        images = next(c["image"] for c in found["spec"]["initContainers"]
                      if "/initgate@" in c["image"]) if "/initgate@" in str(
                          found["spec"]["initContainers"]) else found_volume(found)
        yield Case(f"bypass {name}", plain, copy.deepcopy(found), parameters={"images": images})
        manifests.list_mounts(found)
        yield Case(f"bypass {name}, its mounts named", listed, found, parameters={
            "images": images, "sameImage": "allow",
            "ungated": "\n".join(c["image"] for c in found["spec"]["containers"])})


def found_volume(found):
    return next(v["image"]["reference"] for v in found["spec"]["volumes"]
                if "/initgate@" in v.get("image", {}).get("reference", ""))


# What the container mounts and the gate does not see.

KINDS = {
    "an emptyDir": {"emptyDir": {}}, "a claim": {"persistentVolumeClaim": {"claimName": "x"}},
    "an image": {"image": {"reference": OTHER}}, "a ConfigMap": {"configMap": {"name": "x"}},
    "a Secret": {"secret": {"secretName": "x"}}, "a hostPath": {"hostPath": {"path": "/x"}},
    "CSI secrets": {"csi": {"driver": "secrets-store.csi.k8s.io", "readOnly": True}},
    "an NFS export": {"nfs": {"server": "one", "path": "/x"}},
    "an ephemeral claim": {"ephemeral": {"volumeClaimTemplate": {"spec": {
        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}}}}}


def said(*paths):
    """The gate's last words."""
    def edit(p):
        one = gate(p)
        key = "command" if "command" in one else "args"
        one[key] = [word for word in one[key] if not word.startswith(MOUNT)] + list(paths)
    return edit


def named():
    """The gate names what its container mounts, and nothing else."""
    for pattern in cases.PATTERNS:
        unnamed = UNLISTED.format("gate", "server")
        paths = [MOUNT + m["mountPath"] for m in container(pod(pattern), "server")["volumeMounts"]]
        for kind, source in KINDS.items():
            for path in ("/app/lib", "/app/server", "/lib64", "/", "/$(HOME)", "/a$b", "/a$$b"):
                hides = then(volumes(dict(source, name="x")), main_mounts(mount("x", path)))
                yield new(f"{kind} at {path} that the gate does not name", pattern, hides, unnamed,
                          listed=False)
                yield new(f"{kind} at {path} that the gate names", pattern, hides)
        hides = then(volumes(dict(KINDS["an emptyDir"], name="x")), main_mounts(mount("x", "/x")))
        for what, words, refused in (
                ("nothing", [], unnamed), ("one of two", paths, unnamed),
                ("the other of two", [MOUNT + "/x"], unnamed),
                ("both", [*paths, MOUNT + "/x"], None),
                ("both the other way round", [MOUNT + "/x", *paths], unnamed),
                ("one twice", [*paths, *paths, MOUNT + "/x"], unnamed),
                ("one more", [*paths, MOUNT + "/x", MOUNT + "/y"], unnamed),
                ("two words", [*paths, MOUNT[:-1], "/x"], COMMAND),
                ("two in one word", [" ".join([*paths, MOUNT + "/x"])], unnamed),
                ("another path", [*paths, MOUNT + "/y"], unnamed),
                ("a slash more", [*paths, MOUNT + "/x/"], unnamed),
                ("nothing of a variable", [*paths, MOUNT + "/$(X)"], unnamed)):
            yield new(f"the gate names {what}", pattern, then(hides, said(*words)), refused,
                      listed=False)
        yield new("no mounts, and none named", pattern, then(
            main_set(volumeMounts=[]), said(), bare_gate), None, listed=False)
        yield new("no mounts, and one named", pattern, then(
            main_set(volumeMounts=[]), said(MOUNT + "/x"), bare_gate), unnamed, listed=False)
        yield new("names between the words", pattern, then(hides, lambda p: said_first(
            p, [*paths, MOUNT + "/x"])), unnamed, listed=False)


def bare_gate(p):
    """The gate without the container's mounts."""
    gate(p)["volumeMounts"] = [m for m in gate(p)["volumeMounts"]
                               if m["mountPath"] in ("/gate", "/target", "/etc/initgate")]


def said_first(p, words):
    one = gate(p)
    key = "command" if "command" in one else "args"
    rest = [word for word in one[key] if not word.startswith(MOUNT)]
    at = rest.index("verify") + 1
    one[key] = rest[:at] + words + rest[at:]


# The ServiceAccount's path.

API_TOKEN = {"projected": {"defaultMode": 420, "sources": manifests.TOKEN_SOURCES}}


def token_with(*sources):
    return {"projected": {"sources": [*manifests.TOKEN_SOURCES, *sources]}}


def config(name, *paths):
    return {"configMap": {"name": name, "items": [{"key": "x", "path": path} for path in paths]}}


OPENSHIFT = token_with(config("openshift-service-ca.crt", "service-ca.crt"))
NOT_TOKENS = {
    **KINDS, "a token and a program": token_with(config("x", "server")),
    "a token and a whole ConfigMap": token_with({"configMap": {"name": "x"}}),
    "a token and no certificate": token_with(config("x", "a.crt", "server")),
    "a token and a certificate below": token_with(config("x", "app/a.crt")),
    "a token and a Secret": token_with({"secret": {"name": "x"}}),
    "a token and another's certificate": {"projected": {"sources": [
        manifests.TOKEN_SOURCES[0], config("x", "ca.crt")]}},
    "a token and a certificate's bundle": token_with(config("kube-root-ca.crt", "a/ca.crt")),
    "a token and all of its certificates": token_with({"configMap": {"name": "kube-root-ca.crt"}}),
    "a token and the pod's name as a namespace": {"projected": {"sources": [
        manifests.TOKEN_SOURCES[0], {"downwardAPI": {"items": [
            {"path": "namespace", "fieldRef": {"fieldPath": "metadata.name"}}]}}]}},
    "a token and its certificate by another name": {"projected": {"sources": [
        manifests.TOKEN_SOURCES[0], config("kube-root-ca.crt", "server")]}},
    "a token and the namespace by another name": {"projected": {"sources": [
        manifests.TOKEN_SOURCES[0], {"downwardAPI": {"items": [
            {"path": "server", "fieldRef": {"fieldPath": "metadata.namespace"}}]}}]}},
    "nothing": {"projected": {"sources": None}},
    "a token by another name": {"projected": {"sources": [
        {"serviceAccountToken": {"path": "server"}}]}},
    "a token and a label": token_with({"downwardAPI": {"items": [
        {"path": "server", "fieldRef": {"fieldPath": "metadata.name"}}]}})}


def tokens():
    for pattern in BOTH:
        for kind, source, refused in (
                ("the API server's volume", API_TOKEN, None), ("OpenShift's", OPENSHIFT, None),
                *((kind, source, TOKEN_PATH) for kind, source in NOT_TOKENS.items())):
            made = volumes(dict(source, name="t"))
            here = mount("t", TOKEN, readOnly=True)
            yield new(f"{kind} at the token's path of the gate", pattern,
                      then(made, gate_mounts(here)), refused)
            # Where the container alone has it: the gate must name it, but for the API server's own.
            yield new(f"{kind} at the token's path of the server, named", pattern,
                      then(made, main_mounts(here)))
            yield new(f"{kind} at the token's path of the server, unnamed", pattern,
                      then(said_all, made, main_mounts(here)),
                      refused and UNLISTED.format("gate", "server"), listed=False)
        part = mount("t", TOKEN, readOnly=True, subPath="s")
        yield new("part of a token's volume in the gate", pattern,
                  then(volumes(dict(API_TOKEN, name="t")), gate_mounts(part)), TOKEN_PATH)
        yield new("part of a token's volume in the server, unnamed", pattern,
                  then(said_all, volumes(dict(API_TOKEN, name="t")), main_mounts(part)),
                  UNLISTED.format("gate", "server"), listed=False)
        yield new("a token's volume elsewhere in the server, unnamed", pattern,
                  then(said_all, volumes(dict(API_TOKEN, name="t")),
                       main_mounts(mount("t", "/opt"))), UNLISTED.format("gate", "server"),
                  listed=False)
        yield new("the token, named before the API server adds it", pattern,
                  then(said_all, manifests.defaulted), listed=False)
    for pattern in ("same-image", "same-image-with-image-volume"):
        yield new("the token in gate and server", pattern, manifests.defaulted)
        yield new("the token in the gate alone", pattern, then(
            volumes(dict(API_TOKEN, name="t")), gate_mounts(mount("t", TOKEN, readOnly=True))),
            ELSEWHERE)


def said_all(p):
    manifests.list_mounts(p)


# Same-image patterns.

def inside():
    for pattern in ("same-image", "same-image-with-image-volume"):
        for text in (None, "deny", "Allow", "", "true"):
            yield new(f"sameImage: {text}", pattern, None, INSIDE, parameters=dict(
                {"images": GATE}, **({} if text is None else {"sameImage": text})))
    for pattern in BOTH:
        yield new("sameImage: deny", pattern, parameters={"images": GATE, "sameImage": "deny"})


# Capabilities.

STRONG = ["SYS_ADMIN", "CAP_SYS_ADMIN", "sys_admin", "cap_sys_admin", "ALL", "all", "SYS_MODULE",
          "SYS_RAWIO", "DAC_READ_SEARCH"]
WEAK = ["NET_ADMIN", "NET_RAW", "NET_BIND_SERVICE", "SYS_NICE", "IPC_LOCK", "CHOWN", "MKNOD",
        "SYS_PTRACE", "BPF", "PERFMON"]


def adds(*names):
    return {"securityContext": {"capabilities": {"add": list(names), "drop": ["ALL"]}}}


def capabilities():
    for pattern in BOTH:
        allowed = {"images": GATE, "capabilities": "allow", "ungated": OTHER}
        for name in STRONG + WEAK:
            refused = name in STRONG
            places = {
                "an earlier init container": ("helper", inits(helper(**adds(name)), at=0)),
                "a later init container": ("helper", inits(helper(**adds("CHOWN", name)))),
                "an earlier sidecar": ("helper", inits(helper(restartPolicy="Always",
                                                              **adds(name)), at=0)),
                "a later sidecar": ("helper", inits(helper(restartPolicy="Always", **adds(name)))),
                "another container": ("other", lambda p, name=name: p["spec"]["containers"].append(
                    helper("other", **adds(name)))),
                "the gate": ("gate", gate_set(**adds(name)))}
            for where, (who, edit) in places.items():
                yield new(f"{name} in {where}", pattern, edit,
                          POWERFUL.format(who) if refused else None)
                yield new(f"{name} in {where}, where it is allowed", pattern, edit,
                          parameters=allowed)
            # It may undo what it mounts itself; nobody else was judged.
            yield new(f"{name} in the server alone", pattern, main_set(**adds(name)))
            yield change(f"{name} in an ephemeral container", pattern,
                         debugged("new", **adds(name)),
                         EPHEMERAL_POWERFUL if refused or name == "SYS_PTRACE" else None, **DEBUG)
            yield change(f"{name} in an ephemeral container, where it is allowed", pattern,
                         debugged("new", **adds(name)), parameters=allowed, **DEBUG)
            yield change(f"{name} in an ephemeral container that was there", pattern,
                         debugged("new"), None, debugged("old", **adds(name)), **DEBUG)
        yield new("SYS_ADMIN dropped", pattern, inits(helper(
            securityContext={"capabilities": {"drop": ["SYS_ADMIN"]}})))
    shared = pod_set(shareProcessNamespace=True)
    for name, refused in (("SYS_PTRACE", cases.COMPANION), ("CAP_SYS_PTRACE", cases.COMPANION),
                          ("NET_ADMIN", None)):
        mesh = cases.confined(1337, capabilities={"add": [name]})
        yield new(f"shared processes, an earlier sidecar with {name}", "image-volume",
                  then(volumes(cases.MESH_VOLUME), shared, inits(mesh, at=0)), refused)


# readOnly is not recursive.

def nested():
    """The gate looks at a hostPath, and another container has one that holds it or lies in it."""
    for one, two, same in (("/srv/hp/app", "/srv/hp", True), ("/srv/hp", "/srv/hp/app", True),
                           ("/srv/hp", "/srv/hp", True), ("/srv/hp", "/", True),
                           ("/srv/hp", "/srv/hp2", False)):
        made = then(volumes({"name": "seen", "hostPath": {"path": one}},
                            {"name": "up", "hostPath": {"path": two}}),
                    main_mounts(mount("seen", "/s", readOnly=True)),
                    gate_mounts(mount("seen", "/s", readOnly=True)))
        for recursive, bad in ((None, True), ("Disabled", True), ("IfPossible", True),
                               ("Enabled", False)):
            here = mount("up", "/hp", readOnly=True, **(
                {"recursiveReadOnly": recursive} if recursive else {}))
            name = f"{one} in the gate, {two} readOnly elsewhere, recursiveReadOnly {recursive}"
            bad = bad and same
            for where, edit in (
                    ("a later init container", inits(helper("late", here))),
                    ("an earlier sidecar", inits(helper("late", here, restartPolicy="Always"),
                                                 at=0)),
                    ("a later sidecar", inits(helper("late", here, restartPolicy="Always")))):
                yield new(f"{name}: {where}", "shared-volume", then(made, edit),
                          WRITER.format("late") if bad else None)
            yield new(f"{name}: an earlier init container", "shared-volume",
                      then(made, inits(helper("late", here), at=0)))
            yield new(f"{name}: another container", "shared-volume", then(made, another(here)),
                      NEIGHBOUR if bad else None)
            yield change(f"{name}: debugged", "shared-volume", debugged("new", here),
                         cases.EPHEMERAL if bad else None, made, **DEBUG)


# subPathExpr.

def expanded():
    here = mount("x", "/x", subPathExpr="$(POD)")
    log = volumes({"name": "x", "emptyDir": {}})
    for pattern in cases.PATTERNS:
        for who, edit in (
                ("server", main_mounts(here)), ("helper", inits(helper("helper", here), at=0)),
                ("helper", inits(helper("helper", here))),
                ("helper", inits(helper("helper", here, restartPolicy="Always"))),
                ("other", another(here)), ("gate", gate_mounts(here))):
            yield new(f"{who} with a subPathExpr", pattern, then(log, edit), EXPANDED.format(who))
        yield new("server and helper with a subPath", pattern, then(
            log, main_mounts(mount("x", "/x", subPath="s")),
            inits(helper("helper", mount("x", "/x", subPath="s")))))


# Every main container needs a gate.

def two(p):
    """A second container like the first."""
    p["spec"]["containers"].append(dict(copy.deepcopy(container(p, "server")), name="worker"))


def second_gate(**fields):
    """A gate of the worker's own, behind the server's."""
    def edit(p):
        made = dict(copy.deepcopy(gate(p)), name="gate-worker", **fields)
        at = p["spec"]["initContainers"].index(gate(p))
        p["spec"]["initContainers"].insert(at + 1, made)
    return edit


def rename_gate(name):
    return lambda p: gate(p).update(name=name)


def several():
    """One pod with several main containers, and several gates."""
    plain = {"images": GATE}
    nobody = NO_GATE.replace("server", "worker")
    for pattern in BOTH:
        yield new("two containers, one gate", pattern, two, nobody, parameters=plain)
        yield new("two containers, and the gate of the other one", pattern,
                  then(two, annotated(container="worker")), NO_GATE, parameters=plain)
        for text in ("server,worker", " worker , server "):
            yield new(f"two containers, one gate for {text!r}", pattern,
                      then(two, annotated(container=text)), parameters=plain)
        yield new("two containers, one gate for one and nobody", pattern,
                  then(two, annotated(container="server,nobody")), NO_CONTAINER, parameters=plain)
        yield new("two containers, two gates", pattern, then(two, second_gate()), parameters=plain)
        yield new("one container, a gate by its name", pattern, rename_gate("gate-server"),
                  parameters=plain)
        yield new("one container, a gate by another's name", pattern, rename_gate("gate-other"),
                  NO_GATE, parameters=plain)
        yield new("two containers, gates by their names", pattern,
                  then(two, second_gate(), rename_gate("gate-server")), parameters=plain)
        yield new("two containers, a gate for the second, and the first needs none", pattern, then(
            two, second_gate(), lambda p: p["spec"]["initContainers"].remove(gate(p)),
            lambda p: p["spec"]["containers"][1].update(image="registry.example.com/"
                                                        "server@sha256:" + "2" * 64),
            lambda p: [v.update(image={"reference": p["spec"]["containers"][1]["image"]})
                       for v in p["spec"]["volumes"] if v["name"] == "initgate-target"]),
            parameters=dict(plain, ungated=container(pod(pattern), "server")["image"]))
        yield new("two gates for one container", pattern,
                  then(two, second_gate(), annotated(container="server,worker")),
                  IDLE.format("gate-worker"), parameters=plain)
        yield new("a container that needs no gate", pattern, another(),
                  parameters=dict(plain, ungated=f"a\n {OTHER} \n\n"))
        yield new("a container like one that needs no gate", pattern, another(),
                  NO_GATE.replace("server", "other"), parameters=dict(plain, ungated=OTHER + "0"))
        yield new("no container needs a gate", pattern, cases.without_gate, parameters=dict(
            plain, ungated=container(pod(pattern), "server")["image"]))
        yield new("no container needs a gate, and others write and hold SYS_ADMIN", pattern, then(
            cases.without_gate, inits(helper(**adds("SYS_ADMIN")))), parameters=dict(
                plain, ungated=container(pod(pattern), "server")["image"]))
        # Each gate is judged, and for each container that it answers for.
        both = then(two, second_gate())
        last = lambda p: p["spec"]["initContainers"][-1]  # noqa: E731
        for name, edit, refused in (
                ("a tag", lambda p: last(p).update(image="registry.example.com/initgate:1"),
                 GATE_PIN),
                ("another image", lambda p: last(p).update(image=OTHER),
                 FOREIGN.replace("server", "worker")),
                ("--warn-only", lambda p: last(p)["args"].append("--warn-only"), COMMAND),
                ("a command", lambda p: last(p).update(command=["/x"]), COMMAND),
                ("a variable", lambda p: last(p).update(env=[{"name": "LD_X", "value": "x"}]),
                 cases.ENVIRONMENT),
                ("no policy", lambda p: last(p)["volumeMounts"].pop(), cases.POLICY_MOUNT),
                ("a restartPolicy", lambda p: last(p).update(restartPolicy="Always"),
                 cases.SIDECAR)):
            yield new(f"two gates, the second with {name}", pattern, then(both, edit), refused,
                      parameters=plain)
        hides = then(volumes({"name": "x", "emptyDir": {}}), lambda p: p["spec"]["containers"][
            1]["volumeMounts"].append(mount("x", "/x")))
        yield new("two gates, a volume hides the second's program", pattern,
                  then(both, said_all, hides), UNLISTED.format("gate-worker", "worker"),
                  parameters=plain, listed=False)
        yield new("one gate for two, a volume hides the second's program", pattern,
                  then(two, annotated(container="server,worker"), hides),
                  UNLISTED.format("gate", "worker"), parameters=plain)
        shared = then(volumes({"name": "data", "emptyDir": {}}), gate_mounts(
            mount("data", prefix(pattern) + "/data", readOnly=True)),
            main_mounts(mount("data", "/data")))
        yield new("one gate for two, of which one lacks its volume", pattern, then(
            two, annotated(container="server,worker"), shared, lambda p: p["spec"]["containers"][
                1]["volumeMounts"].append(mount("tmp", "/data", subPath="x"))),
            ELSEWHERE.replace("server", "worker"), parameters=plain)
        yield new("two gates, an init container between them writes", pattern, then(
            both, shared, inits(helper("late", mount("data", "/d")), at=-1)),
            WRITER.format("late"), parameters=plain)
        yield new("two gates, the second container writes to what the first's gate checks", pattern,
                  then(both, shared, lambda p: p["spec"]["containers"][1]["volumeMounts"].append(
                      mount("data", "/d"))), NEIGHBOUR.replace("other", "worker", 1), parameters=plain)
        yield new("two gates, the second container holds SYS_ADMIN", pattern, then(
            both, lambda p: p["spec"]["containers"][1].update(**adds("SYS_ADMIN"))),
            POWERFUL.format("worker"), parameters=plain)
        yield new("two gates among shared processes, a sidecar between them", pattern, then(
            both, pod_set(shareProcessNamespace=True), volumes(cases.MESH_VOLUME),
            inits(cases.MESH, at=-1)), cases.COMPANION, parameters=plain)
        yield change("two gates, the second container's image changed", pattern,
                     lambda p: p["spec"]["containers"][1].update(image=OTHER), cases.IMAGE_CHANGED,
                     both)
        by_name = rename_gate("gate-server")
        yield change("a gate by its container's name: debugged with what it checked", pattern,
                     debugged("new", mount("data", "/d")), cases.EPHEMERAL, then(shared, by_name),
                     **DEBUG)
        yield change("a gate by its container's name: image changed", pattern,
                     main_set(image=OTHER), cases.IMAGE_CHANGED, by_name)
        yield change("a gate by its container's name: debugged privileged", pattern,
                     debugged("new", **cases.PRIVILEGE), cases.EPHEMERAL_PRIVILEGED, by_name,
                     **DEBUG)
    yield new("one gate for two images", "image-volume", then(
        two, annotated(container="server,worker"), lambda p: p["spec"]["containers"][1].update(
            image=OTHER)), TARGET.replace("server", "worker"), parameters=plain)
    yield new("two gates, two images, one target", "image-volume", then(
        two, second_gate(), lambda p: p["spec"]["containers"][1].update(image=OTHER)),
        TARGET.replace("server", "worker"), parameters=plain)
    yield new("two gates, two images, two targets", "image-volume", then(
        two, second_gate(), lambda p: p["spec"]["containers"][1].update(image=OTHER),
        volumes({"name": "target2", "image": {"reference": OTHER}}),
        lambda p: p["spec"]["initContainers"][-1]["volumeMounts"][0].update(name="target2")),
        parameters=plain)
    yield new("two gates, two images, the second container's gate first", "image-volume", then(
        two, second_gate(), lambda p: p["spec"]["containers"][1].update(image=OTHER),
        volumes({"name": "target2", "image": {"reference": OTHER}}),
        lambda p: p["spec"]["initContainers"][-1]["volumeMounts"][0].update(name="target2"),
        lambda p: p["spec"]["initContainers"].reverse()), parameters=plain)
    own = then(volumes({"name": "data", "emptyDir": {}}), main_mounts(mount("data", "/data")),
               gate_mounts(mount("data", "/volumes/data")))
    yield new("two gates that look at what both containers write", "image-volume", then(
        own, two, second_gate()), parameters=plain)
    yield new("two containers, one gate in their image", "same-image", then(
        two, annotated(container="server,worker")), parameters={"images": GATE,
                                                                "sameImage": "allow"})
    yield new("two containers, one gate in the image of one", "same-image", then(
        two, annotated(container="server,worker"), lambda p: p["spec"]["containers"][1].update(
            image=OTHER)), FOREIGN.replace("server", "worker"), parameters={
                "images": GATE, "sameImage": "allow"})


# Names that mean something.

def names():
    """Containers that are named like what the policies know."""
    for pattern in BOTH:
        seen, name = cases.writable(pattern)
        for called in ("install-gate", "gate-nobody", "gate2"):
            late = helper(called, mount(name, "/d"))
            yield new(f"{called} writes later", pattern, then(seen, inits(late)),
                      WRITER.format(called))
            yield new(f"{called} wrote earlier", pattern, then(seen, inits(late, at=0)))
        value = [{"name": "X", "value": "harmless"}]
        hides = then(volumes({"name": "x", "emptyDir": {}}), main_mounts(mount("x", "/$(X)")),
                     gate_set(env=value))
        yield new("a mountPath that the kubelet would expand in the gate's words", pattern, then(
            said_all, hides, lambda p: gate(p)["args"].append(MOUNT + "/$(X)")),
            UNLISTED.format("gate", "server"), listed=False)
        yield new("a mountPath like a variable, as it is", pattern, hides)
    # A webhook puts its container first, after the injection.
    first = lambda p: p["spec"]["containers"].insert(0, helper("proxy"))  # noqa: E731
    yield new("a proxy comes first", "image-volume", then(annotated(container="server"), first))
    yield new("a proxy comes first, and nothing says which container it is", "image-volume", first,
              NO_GATE, parameters={"images": GATE, "ungated": OTHER})


# A generic ephemeral volume's claim.

def owned(name="first-data", namespace="shop", **owner):
    """A claim, and whose it is."""
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {"name": name, "namespace": namespace, "ownerReferences": [
                dict({"apiVersion": "v1", "kind": "Pod", "name": "first", "uid": "u",
                      "controller": True}, **owner)]},
            "spec": {"accessModes": ["ReadWriteOnce"],
                     "resources": {"requests": {"storage": "1Mi"}}}}


def claims():
    unowned = owned("first-data")
    del unowned["metadata"]["ownerReferences"]
    named = volumes({"name": "x", "persistentVolumeClaim": {"claimName": "first-data"}})
    other = volumes({"name": "x", "persistentVolumeClaim": {"claimName": "first-data2"}})
    for pattern in BOTH:
        for where, there in (("alone", (owned(),)),
                             ("among others", (owned("a"), owned(), owned("b")))):
            yield new(f"another pod's ephemeral claim, {where}", pattern, named,
                      TAKEN.format("first-data"), claims=there)
            yield new(f"another pod's ephemeral claim readOnly, {where}", pattern, volumes(
                {"name": "x", "persistentVolumeClaim": {"claimName": "first-data",
                                                        "readOnly": True}}),
                      TAKEN.format("first-data"), claims=there)
            yield new(f"another claim beside an ephemeral one, {where}", pattern, other,
                      claims=there)
            yield new(f"an ephemeral claim of one's own beside another, {where}", pattern, volumes(
                dict(KINDS["an ephemeral claim"], name="data")), claims=there)
            yield new(f"no claim beside an ephemeral one, {where}", pattern, claims=there)
            yield new(f"no volumes beside an ephemeral claim, {where}", pattern, then(
                cases.without_gate, lambda p: p["spec"].pop("volumes"), main_set(volumeMounts=[]),
                lambda p: p["spec"].pop("initContainers")), claims=there, parameters={
                    "images": GATE, "ungated": container(pod(pattern), "server")["image"]})
        for what, one in (("nobody's claim", unowned),
                          ("a StatefulSet's claim", owned(kind="StatefulSet")),
                          ("a claim that a pod is told of", owned(controller=False))):
            yield new(what, pattern, named, claims=(one,))
        yield new("another namespace's ephemeral claim", pattern, named,
                  claims=(owned(namespace="elsewhere"),))
        yield new("another pod's ephemeral claim, where nothing is enforced", pattern, named,
                  namespace="elsewhere", claims=(owned(namespace="elsewhere"),))


# What healthy pods do.

def healthy():
    proxy = helper("istio-proxy", mount("envoy", "/etc/istio/proxy"), mount("t", "/var/run/secrets"
                   "/tokens"), restartPolicy="Always", securityContext={
                       "runAsUser": 1337, "allowPrivilegeEscalation": False,
                       "capabilities": {"drop": ["ALL"]}})
    mesh = then(volumes({"name": "envoy", "emptyDir": {"medium": "Memory"}}, {"name": "t", "projected": {
        "sources": [{"serviceAccountToken": {"audience": "istio-ca", "path": "istio-token"}}]}}),
        inits(helper("istio-init", securityContext={"runAsUser": 0, "capabilities": {
            "add": ["NET_ADMIN", "NET_RAW"], "drop": ["ALL"]}}), at=0))
    vault = then(volumes({"name": "home", "emptyDir": {"medium": "Memory"}},
                         {"name": "vault-secrets", "emptyDir": {"medium": "Memory"}}),
                 main_mounts(mount("vault-secrets", "/vault/secrets")),
                 inits(helper("vault-agent-init", mount("home", "/home/vault"),
                              mount("vault-secrets", "/vault/secrets")), at=0),
                 another(mount("home", "/home/vault"), mount("vault-secrets", "/vault/secrets")))
    log = {"name": "log", "emptyDir": {}}
    node_log = {"name": "node-log", "hostPath": {"path": "/var/log"}}
    shipper = helper("shipper", mount("log", "/log", readOnly=True),
                     mount("node-log", "/var/log", readOnly=True))
    logs = then(volumes(log, node_log), main_mounts(mount("log", "/var/log/app")))
    for pattern in BOTH:
        yield new("healthy: a mesh's sidecar behind", pattern, then(mesh, inits(proxy)))
        yield new("healthy: a mesh's sidecar before", pattern, then(mesh, inits(proxy, at=1)))
        yield new("healthy: a mesh's sidecar as a main container", pattern, then(
            mesh, lambda p: p["spec"]["containers"].append(
                {key: value for key, value in proxy.items() if key != "restartPolicy"})))
        yield new("healthy: Vault's agent", pattern, vault)
        yield new("healthy: a log shipper as a sidecar", pattern, then(
            logs, inits(dict(shipper, restartPolicy="Always"))))
        yield new("healthy: a log shipper as a main container", pattern, then(
            logs, lambda p: p["spec"]["containers"].append(copy.deepcopy(shipper))))
        yield new("healthy: secrets by CSI", pattern, then(
            volumes(dict(KINDS["CSI secrets"], name="csi")),
            main_mounts(mount("csi", "/mnt/secrets", readOnly=True))))
        yield new("healthy: a GPU", pattern, main_set(resources={
            "limits": {"nvidia.com/gpu": "1", "cpu": "1", "memory": "1Gi"}}))
        yield new("healthy: a GPU's shared memory", pattern, then(
            volumes({"name": "shm", "emptyDir": {"medium": "Memory"}}),
            main_mounts(mount("shm", "/dev/shm"))))
        yield new("healthy: jemalloc", pattern, main_set(env=[
            {"name": "LD_PRELOAD", "value": "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2"}]))
        yield new("healthy: a user namespace", pattern, pod_set(hostUsers=False))
        yield new("healthy: a user namespace, with a mesh", pattern, then(
            pod_set(hostUsers=False), mesh, inits(proxy)))
        yield new("healthy: a debugger", pattern, main_set(**adds("SYS_PTRACE")))
        yield change("healthy: kubectl debug, restricted", pattern, debugged(
            "new", securityContext={"runAsNonRoot": True, "allowPrivilegeEscalation": False,
                                    "capabilities": {"drop": ["ALL"]}}), **DEBUG)
        yield new("healthy: a file of a ConfigMap within a volume", pattern, then(
            volumes(log, {"name": "conf", "configMap": {"name": "x"}}),
            main_mounts(mount("log", "/data"), mount("conf", "/data/x.conf", subPath="x.conf"))))


def all_cases():
    return [*files(), *named(), *tokens(), *inside(), *capabilities(), *nested(), *expanded(),
            *several(), *names(), *claims(), *healthy()]
