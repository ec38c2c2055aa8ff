# SPDX-License-Identifier: Apache-2.0
"""The Kustomize components: what their overlays render is what Helm renders."""
import copy
import functools
import re
import shutil
import tempfile
from pathlib import Path

import yaml

import charts
import tools
from driver import pod_spec
from tools import KINDS, KUSTOMIZE, PATTERNS, expect, expect_same

OVERLAYS = KUSTOMIZE / "example/overlays"
GATE, SERVER = (f"registry.example.com/{name}" for name in ("initgate", "server"))


@functools.cache
def _rendered(pattern):
    return yaml.safe_dump_all(tools.kustomize(OVERLAYS / PATTERNS[pattern]))


def rendered(pattern, kind):
    """The ConfigMap and one workload of the pattern's overlay."""
    return [document for document in tools.documents(_rendered(pattern))
            if document["kind"] in ("ConfigMap", kind)]


def mount_all(pattern, spec):
    """Lets helm's gate mount what a component's does: all that its container mounts, before its own;
    with imageVolume its own alone."""
    gate = spec["initContainers"][-1]
    mounts = spec["containers"][0].get("volumeMounts", []) if pattern != "imageVolume" else []
    gate["volumeMounts"] = mounts + [m for m in gate["volumeMounts"]
                                     if m["name"].startswith("initgate")]


def check_as_helm(pattern, kind):
    found = tools.documents(charts.rendered(pattern, kind))
    mount_all(pattern, pod_spec(found))
    expect_same("kustomize's and helm's", charts.comparable(rendered(pattern, kind)),
                charts.comparable(found))


def check_overlay(pattern):
    expect("the objects", sorted(d["kind"] for d in tools.documents(_rendered(pattern))),
           sorted(["ConfigMap", *KINDS]))
    expect("whether the policy is immutable",
           tools.only(tools.documents(_rendered(pattern)), "ConfigMap")["immutable"], True)


def check_twin(pod):
    """cronjob.yaml says of a CronJob what pod.yaml says of the others."""
    twin = yaml.safe_load(pod.with_name("cronjob.yaml").read_text(encoding="utf-8"))
    text = pod.read_text(encoding="utf-8")
    deeper = re.sub(r"(path|from): /spec/", r"\1: /spec/jobTemplate/spec/", text)
    expect_same("pod.yaml and cronjob.yaml", yaml.safe_load(deeper), twin)


def build(kustomization, pattern="sameImage", base=None):
    """What an overlay of one's own renders; base: more YAML for the base's first container."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(KUSTOMIZE, Path(folder) / "kustomize")
        workload = Path(folder) / "kustomize/example/base/deployment.yaml"
        if base:
            workload.write_text(base(workload.read_text(encoding="utf-8")), encoding="utf-8")
        overlay = Path(folder) / "kustomize/example/overlays" / PATTERNS[pattern]
        file = overlay / "kustomization.yaml"
        file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text(encoding="utf-8")),
                                        **kustomization}), encoding="utf-8")
        return tools.kustomize(overlay)


def images_of(spec):
    return [c["image"] for c in spec.get("initContainers", []) + spec["containers"]] + \
        [v["image"]["reference"] for v in spec["volumes"] if "image" in v]


def check_images(pattern):
    """`images` reaches every copy: the gate never judges another image than the one that runs."""
    found = build({"images": [{"name": GATE, "newName": "r/gate", "digest": "sha256:" + "4" * 64},
                              {"name": SERVER, "digest": "sha256:" + "5" * 64}]}, pattern)
    for kind in KINDS:
        names = images_of(pod_spec([d for d in found if d["kind"] == kind]))
        expect("what is left of the placeholders", [n for n in names if "0000" in n or "1111" in n],
               [])
        expect("the gate's image", names.count("r/gate@sha256:" + "4" * 64), 1)


def check_readme():
    """README's kustomization, in an overlay's place, and what it says to add."""
    (_, text), (_, words) = charts.blocks(KUSTOMIZE / "README.md")
    alone = build({"patches": [], **yaml.safe_load(text)})
    found = build({**yaml.safe_load(text), **yaml.safe_load(words)})
    for kind in KINDS:
        for rendering, wanted in ((alone, []), (found, ["--container-mount=/tmp"])):
            spec = pod_spec([d for d in rendering if d["kind"] == kind])
            gate = spec["initContainers"][-1]
            expect("the gate's words of mounts",
                   [word for word in gate["command"] if "mount" in word], wanted)
            expect("its first mount", gate["volumeMounts"][:1],
                   spec["containers"][0]["volumeMounts"])
    spec = pod_spec([d for d in found if d["kind"] == "Deployment"])
    expect("the images", sorted(images_of(spec)),
           ["registry.example.com/platform/initgate@sha256:" + "4" * 64,
            *[f"{SERVER}@sha256:" + "5" * 64] * 2])


def check_opt_out():
    """One label leaves a workload alone, and no other."""
    found = build({}, base=lambda text: text.replace(
        "  labels:\n", '  labels:\n    initgate.dev/gate: "off"\n', 1))
    gated = {d["kind"]: "gate" in str(pod_spec([d]).get("initContainers"))
             for d in found if d["kind"] in KINDS}
    expect("what is gated", gated, {kind: kind != "Deployment" for kind in KINDS})


# What may stand in a container and is nothing of the gate's.
BUSY = {"command": ["/app/server"], "args": ["-d"], "workingDir": "/app", "tty": True, "stdin": True,
        "env": [{"name": "A", "value": "b"}], "envFrom": [{"configMapRef": {"name": "c"}}],
        "ports": [{"containerPort": 80}], "imagePullPolicy": "Always",
        "livenessProbe": {"exec": {"command": ["/app/server"]}},
        "lifecycle": {"preStop": {"exec": {"command": ["/app/server"]}}},
        "resources": {"limits": {"memory": "9Gi"}}, "terminationMessagePath": "/message",
        "resizePolicy": [{"resourceName": "cpu", "restartPolicy": "NotRequired"}],
        "volumeDevices": [{"name": "disk", "devicePath": "/dev/disk"}],
        "volumeMounts": [{"name": "data", "mountPath": "/srv", "readOnly": True,
                          "recursiveReadOnly": "Enabled"},
                         {"name": "data", "mountPath": "/app/plugins", "subPath": "plugins"},
                         {"name": "cache", "mountPath": "/app", "mountPropagation": "None"}]}
ALL_KINDS = [*KINDS, "DaemonSet"]


def workload(kind, spec):
    """A workload with nothing but what Kubernetes demands, and this pod."""
    labels = {"app": "server"}
    inner = {"template": {"metadata": {"labels": labels}, "spec": spec}}
    if "Job" in kind:
        spec["restartPolicy"] = "Never"
        outer = inner if kind == "Job" else {"schedule": "@daily", "jobTemplate": {"spec": inner}}
    else:
        outer = {**inner, "selector": {"matchLabels": labels}}
        if kind == "StatefulSet":
            outer["serviceName"] = "server"
    return {"apiVersion": "batch/v1" if "Job" in kind else "apps/v1", "kind": kind,
            "metadata": {"name": "server"}, "spec": outer}


def gated(pattern, spec):
    """The pods of every kind of workload with this pod, as the component alone renders them."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        shutil.copytree(KUSTOMIZE / "components", folder / "components")
        (folder / "mine").mkdir()
        for kind in ALL_KINDS:
            (folder / f"mine/{kind}.yaml").write_text(
                yaml.safe_dump(workload(kind, copy.deepcopy(spec))), encoding="utf-8")
        (folder / "mine/kustomization.yaml").write_text(yaml.safe_dump({
            "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization",
            "resources": [f"{kind}.yaml" for kind in ALL_KINDS],
            "components": [f"../components/{PATTERNS[pattern]}"],
            "configMapGenerator": [{"name": "initgate-policy", "literals": ["policy.json={}"]}]}),
            encoding="utf-8")
        found = tools.kustomize(folder / "mine")
    expect("what Kubernetes' schemas say", [f for f in tools.schema_faults(found) if f], [])
    return [pod_spec([document]) for document in found if document["kind"] in ALL_KINDS]


def helm_parts(pattern, mounts):
    """The gate's init containers and volumes as helm renders them, without the words that an overlay
    adds, and with these mounts of its container."""
    spec = pod_spec(tools.documents(charts.rendered(pattern)))
    spec["containers"][0]["volumeMounts"] = mounts
    mount_all(pattern, spec)
    containers = [c for c in spec["initContainers"] if "gate" in c["name"]]
    gate = containers[-1]
    for key in {"command", "args"} & set(gate):
        gate[key] = [word for word in gate[key] if not word.startswith("--container-mount")]
    return containers, [v for v in spec["volumes"] if v["name"].startswith("initgate")]


def check_bare(pattern, container, context):
    """Any workload is gated, each kind in the same way; context: what the gate's own then has."""
    given = {"containers": [{"name": "server", "image": f"{SERVER}@sha256:" + "1" * 64, **container},
                            {"name": "sidecar", "image": "r/sidecar:v1"}]}
    if container.get("volumeMounts"):
        given["volumes"] = [{"name": name, "emptyDir": {}} for name in ("data", "cache", "disk")]
        given["initContainers"] = [{"name": name, "image": "r/init:v1"} for name in ("a", "b")]
    wanted, volumes = helm_parts(pattern, container.get("volumeMounts") or [])
    if pattern != "sharedVolume":
        fixed = ("allowPrivilegeEscalation", "readOnlyRootFilesystem", "capabilities",
                 "seccompProfile")
        wanted[-1]["securityContext"] = {
            **{key: wanted[-1]["securityContext"][key] for key in fixed}, **context}
    for spec in gated(pattern, given):
        spec["volumes"][-1]["configMap"] = volumes[-1]["configMap"]  # but for its hash
        expect_same("the init containers", spec["initContainers"],
                    given.get("initContainers", []) + wanted)
        expect_same("the volumes", spec["volumes"], given.get("volumes", []) + volumes)
        expect_same("the containers", spec["containers"], given["containers"])


def check_existing():
    """Init containers that are there stay, before the gate."""
    def add(text):
        document = yaml.safe_load(text)
        document["spec"]["template"]["spec"]["initContainers"] = [{"name": "first"}]
        return yaml.safe_dump(document)
    found = build({}, base=add)
    spec = pod_spec([d for d in found if d["kind"] == "Deployment"])
    expect("the init containers", [c["name"] for c in spec["initContainers"]],
           ["first", "install-gate", "gate"])


def tests(_binary):
    for pod in sorted(KUSTOMIZE.rglob("pod.yaml")) + [KUSTOMIZE / "components/job-retries/job.yaml"]:
        yield (f"kustomize {pod.parent.name}: the same for a CronJob",
               lambda p=pod: check_twin(p))
    for pattern in PATTERNS:
        yield f"kustomize {pattern}: overlay", lambda p=pattern: check_overlay(p)
        yield f"kustomize {pattern}: images", lambda p=pattern: check_images(p)
        for kind in KINDS:
            yield (f"kustomize {pattern} {kind}: as helm",
                   lambda p=pattern, k=kind: check_as_helm(p, k))
    yield "kustomize: README", check_readme
    yield "kustomize: a workload that is left alone", check_opt_out
    busy = {"runAsUser": 7, "privileged": True, "capabilities": {"add": ["NET_ADMIN"]},
            "procMount": "Unmasked", "seccompProfile": {"type": "Localhost", "localhostProfile": "p"}}
    for pattern in PATTERNS:
        yield f"kustomize {pattern}: bare workloads", lambda p=pattern: check_bare(p, {}, {})
        for nothing in (None, []):
            yield (f"kustomize {pattern}: workloads with {nothing} for mounts",
                   lambda p=pattern, n=nothing: check_bare(p, {"volumeMounts": n}, {}))
        yield (f"kustomize {pattern}: busy workloads",
               lambda p=pattern: check_bare(p, {**BUSY, "securityContext": busy}, {"runAsUser": 7}))
    yield "kustomize: init containers that are there", check_existing
