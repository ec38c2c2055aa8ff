# SPDX-License-Identifier: Apache-2.0
"""Every kind of volume that podman can make, good and broken, each judged by the gate in one pod.

The gate runs in the application's image, installed on a volume. POLICY has the volumes that both
pods mount below /vol; in the good one every check of them passes or is skipped, in the broken one
FAULTS are all that does not.
"""
import json
import os
import shutil

import engine
import images

NAMED = f"initgate-pod-test-{os.getpid()}"  # of podman's own volumes
POLICY = [
    {"mountPath": "/vol/disk", "readOnly": False, "mounted": {"kind": "directory"}},
    {"mountPath": "/vol/disk-ro", "readOnly": True},
    {"mountPath": "/vol/disk-subpath", "mounted": {"kind": "directory"}},
    {"mountPath": "/vol/disk-subpath-of-file", "mounted": {"kind": "file"}},
    {"mountPath": "/vol/memory", "mounted": {"type": "tmpfs"}},
    {"mountPath": "/vol/configmap", "readOnly": True, "atomic": {"keys": ["app.yaml"]}},
    {"mountPath": "/vol/key.yaml", "mounted": {"kind": "file"}, "subpath": {}},
    {"mountPath": "/vol/secret", "mounted": {"type": "tmpfs"}, "atomic": {"keys": ["token"]}},
    {"mountPath": "/vol/host", "readOnly": True},
    {"mountPath": "/vol/named", "readOnly": False},
    {"mountPath": "/vol/image", "readOnly": True},
    {"mountPath": "/usr/lib64", "at": "/vol/loader", "shadows": "deny"},
    {"mountPath": "/opt/new/folder", "at": "/vol/memory", "shadows": "deny"},
]
# Below "at": a path that only the main container has.
FILES = [{"path": "/opt/new/folder/there", "content": False},
         {"path": "/vol/key.yaml", "content": False}]

KEY_FOLDER = 'The subPath names the key "absent.yaml", which the ConfigMap does not have'
FAULTS = {
    ("/vol/disk-ro", "volume.options"): "fail It is not read-only",
    ("/vol/disk-subpath", "volume.subpath"): "fail Its source was removed or replaced",
    ("/vol/disk-subpath-of-file", "volume.mounted"):
        "fail What is mounted on /vol/disk-subpath-of-file is a directory, expected a file.",
    ("/vol/memory", "volume.mounted"): "fail The file system mounted on /vol/memory is",
    # The folder that the wrong subPath made in the volume is seen in it too.
    ("/vol/configmap", "volume.atomic"):
        'fail "absent.yaml" is a directory of its own beside "..data"',
    ("/vol/key.yaml", "volume.mounted"): "fail What is mounted on /vol/key.yaml is a directory",
    ("/vol/key.yaml", "file.attributes"): "fail ",
    ("/vol/secret", "volume.atomic"): 'fail "token" is not there.',
    ("/vol/host", "volume.options"): "fail It is not read-only",
    ("/vol/named", "volume.mounted"): "fail The volume cannot be found: ENOENT",
    ("/vol/image", "volume.mounted"): "fail It is an empty image volume",
    ("/usr/lib64", "volume.shadows"):
        "fail It hides what the image has there: ld-linux-x86-64.so.2 (missing).",
}


def _mounts(good):
    wrong = "" if good else "absent/"
    return [
        {"name": "gate", "mountPath": "/gate", "readOnly": True},
        {"name": "policy", "mountPath": "/policy"},
        {"name": "disk", "mountPath": "/vol/disk"},
        {"name": "disk", "mountPath": "/vol/disk-ro", "readOnly": good},
        {"name": "disk", "mountPath": "/vol/disk-subpath", "subPath": "a/b"},
        {"name": "disk", "mountPath": "/vol/disk-subpath-of-file", "subPath": f"{wrong}file"},
        {"name": "memory", "mountPath": "/vol/memory"},
        {"name": "configmap", "mountPath": "/vol/configmap"},
        {"name": "configmap", "mountPath": "/vol/key.yaml",
         "subPath": "app.yaml" if good else "absent.yaml"},
        {"name": "secret", "mountPath": "/vol/secret"},
        {"name": "host", "mountPath": "/vol/host", "readOnly": good},
        {"name": "image", "mountPath": "/vol/image", "readOnly": True},
        {"name": "loader", "mountPath": "/vol/loader"},
    ]


def pod(built, good):
    """Documents of the pod, and the words for podman that no manifest can say."""
    policy = {"apiVersion": "initgate.dev/v1", "kind": "Policy", "files": FILES, "volumes": POLICY}
    spec = {
        "initContainers": [
            {"name": "install", "image": built["initgate"], "args": ["install", "/gate/initgate"],
             "volumeMounts": [{"name": "gate", "mountPath": "/gate"}]},
            {"name": "gate", "image": built["runtime"], "volumeMounts": _mounts(good),
             "command": ["/gate/initgate", "verify", "--policy", "/policy/policy.json",
                         "--format", "json"]},
        ],
        "containers": [{"name": "main", "image": built["runtime"], "command": ["true"]}],
        "volumes": [
            {"name": "gate", "emptyDir": {}},
            {"name": "policy", "configMap": {"name": "policy"}},
            {"name": "disk", "emptyDir": {}},
            {"name": "memory", "emptyDir": {"medium": "Memory"} if good else {}},
            {"name": "configmap", "configMap": {"name": "config"}},
            {"name": "secret", "secret": {"secretName": "secret"}},
            {"name": "host", "hostPath": {"path": "/usr/share/base-files"}},
            {"name": "image", "image": {"reference": built["runtime" if good else "empty"]}},
            {"name": "loader", "emptyDir": {}},
        ],
    }
    documents = [
        {"kind": "ConfigMap", "metadata": {"name": "policy"},
         "data": {"policy.json": json.dumps(policy)}},
        {"kind": "ConfigMap", "metadata": {"name": "config"}, "data": {"app.yaml": "port: 8080\n"}},
        {"kind": "Secret", "metadata": {"name": "secret"},
         "stringData": {"token" if good else "tokn": "secret"}},
        {"kind": "Pod", "metadata": {"name": "volumes"}, "spec": spec},
    ]
    return documents, ["--volume", f"{NAMED}:/vol/named"] if good else []


def fill(good):
    """What an earlier init container would have put on the volumes."""
    def change(pod_):
        disk, memory = pod_.volume_path("disk"), pod_.volume_path("memory")
        (disk / "a/b").mkdir(parents=True)
        for path in (disk / "file", memory / "there"):
            path.write_text("x", encoding="utf-8")
        if good:
            for name in os.listdir(images.debian_root() / "usr/lib64"):
                shutil.copy2(images.debian_root() / "usr/lib64" / name,
                             pod_.volume_path("loader") / name, follow_symlinks=False)
    return change


def replace(pod_):
    """Another folder in the place of the mounted subPath."""
    folder = pod_.volume_path("disk") / "a/b"
    folder.rmdir()
    folder.mkdir()


def remove_named():
    """podman's own volume outlives its pod."""
    engine.podman("volume", "rm", "--force", NAMED, check=False)
