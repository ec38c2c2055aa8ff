# SPDX-License-Identifier: Apache-2.0
"""The pods of deploy/manifests, as the API server gets them from a Deployment's ReplicaSet."""
import copy
import functools
import sys
from pathlib import Path

import yaml

TOP = Path(__file__).resolve().parents[2]
sys.path.append(str(TOP / "test/deploy"))
import tools  # noqa: E402

DIGEST = "0" * 64
GATE = f"registry.example.com/initgate@sha256:{DIGEST}"
APPLICATION = "registry.example.com/server@sha256:" + "1" * 64
POLICY = "initgate-policy"  # the volume's name
MOUNT = "--container-mount="
TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount"

# What the API server makes of a token's volume.
TOKEN_SOURCES = [
    {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
    {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
    {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {
        "apiVersion": "v1", "fieldPath": "metadata.namespace"}}]}}]


@functools.cache
def documents(pattern):
    text = (TOP / f"deploy/manifests/{pattern}.yaml").read_text(encoding="utf-8")
    return [document for document in yaml.safe_load_all(text) if document]


def pod_of(workload):
    spec = workload["spec"]
    template = spec.get("jobTemplate", {"spec": spec})["spec"]["template"]
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": dict(copy.deepcopy(template.get("metadata", {})), name="server-x",
                             namespace="shop"),
            "spec": copy.deepcopy(template["spec"])}


def pod(pattern):
    """The manifest's pod, anew at each call."""
    return pod_of(next(d for d in documents(pattern) if d["kind"] == "Deployment"))


def rendered():
    """(name, pod) of each workload that test/deploy holds the example chart to, and of those that the
    components' example renders. The name begins with the pattern."""
    for path in sorted(tools.GOLDEN.glob("*.yaml")):
        for document in tools.documents(path.read_text(encoding="utf-8")):
            if document["kind"] != "ConfigMap":
                yield path.stem, pod_of(document)
    for pattern, folder in tools.PATTERNS.items():
        for document in tools.kustomize(tools.KUSTOMIZE / "example/overlays" / folder):
            if document["kind"] in ("Deployment", "CronJob"):  # pod.yaml's, and cronjob.yaml's
                yield f"{pattern}-{document['kind']} of kustomize", pod_of(document)


def container(found, name):
    return next(c for c in found["spec"]["containers"] if c["name"] == name)


def init(found, name):
    return next(c for c in found["spec"]["initContainers"] if c["name"] == name)


def gate(found):
    return init(found, "gate")


def answered(found):
    """The main containers that a pod's gates answer for, by the gates' names."""
    annotations = found["metadata"].get("annotations") or {}
    first = found["spec"]["containers"][0]["name"]
    named = [n.strip() for n in annotations.get("initgate.dev/container", first).split(",")]
    gates = {one["name"] for one in found["spec"].get("initContainers") or []}
    return {one["name"]: "gate" if one["name"] in named else f"gate-{one['name']}"
            for one in found["spec"]["containers"]
            if one["name"] in named or f"gate-{one['name']}" in gates}


def list_mounts(found):
    """Lets the last words of a pod's gates name what their containers mount."""
    for name, its_gate in reversed(answered(found).items()):
        paths = [m["mountPath"] for m in container(found, name).get("volumeMounts", [])]
        for one in found["spec"].get("initContainers") or []:
            key = "command" if "command" in one else "args"
            if one["name"] == its_gate and "verify" in one.get(key, []):
                one[key] = [word for word in one[key] if not word.startswith(MOUNT)] + [
                    MOUNT + path.replace("$", "$$") for path in paths]


def volume(found, name):
    return next(v for v in found["spec"]["volumes"] if v["name"] == name)


def mount(name, path, **more):
    return dict({"name": name, "mountPath": path}, **more)


def defaulted(found):
    """What an API server adds before it asks the policies: defaults, and the ServiceAccount's token,
    which is mounted into every container, the gate too."""
    spec = found["spec"]
    spec.update(restartPolicy="Always", dnsPolicy="ClusterFirst", schedulerName="default-scheduler",
                serviceAccountName="default", serviceAccount="default", enableServiceLinks=True,
                terminationGracePeriodSeconds=30)
    spec.pop("automountServiceAccountToken", None)
    spec.setdefault("volumes", []).append({"name": "kube-api-access-x7k2p", "projected": {
        "defaultMode": 420, "sources": copy.deepcopy(TOKEN_SOURCES)}})
    for one in spec["volumes"]:
        for kind in ("configMap", "secret"):
            if kind in one:
                one[kind].setdefault("defaultMode", 420)
        if "image" in one:
            one["image"].setdefault("pullPolicy", "IfNotPresent")
    for one in spec["containers"] + spec.get("initContainers", []):
        one.setdefault("volumeMounts", []).append(
            mount("kube-api-access-x7k2p", TOKEN, readOnly=True))
        one.setdefault("imagePullPolicy", "IfNotPresent")
        one.setdefault("terminationMessagePath", "/dev/termination-log")
        one.setdefault("terminationMessagePolicy", "File")
