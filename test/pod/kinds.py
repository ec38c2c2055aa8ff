# SPDX-License-Identifier: Apache-2.0
"""The kinds of container in which /proc and the mounts look different, each as a pod.

Every pod has one init container that runs the given command in the runtime image, with the gate at
/gate/initgate and one volume of each sort below /vol.
"""
import json

POLICY = {
    "apiVersion": "initgate.dev/v1", "kind": "Policy", "metadata": {"name": "proc"},
    "proc": {"hidepid": "any", "privileged": "deny", "hostPid": "deny", "sharedPid": "deny",
             "overmounts": "deny"},
}

# kind: (pod fields, fields of the container's securityContext, more words for podman create)
PROC_OPTIONS = "proc-opts=nosuid,nodev,noexec,hidepid="
KINDS = {
    "default": ({}, {}, []),
    "restricted": ({}, {"runAsUser": 65532, "runAsGroup": 65532, "readOnlyRootFilesystem": True,
                        "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]},
                        "seccompProfile": {"type": "RuntimeDefault"}}, []),
    "fsgroup": ({"securityContext": {"fsGroup": 2000, "supplementalGroups": [3000]}},
                {"runAsUser": 1001, "runAsGroup": 1001}, []),
    "readonly": ({}, {"readOnlyRootFilesystem": True}, []),
    "privileged": ({}, {"privileged": True}, []),
    "sysadmin": ({}, {"capabilities": {"add": ["SYS_ADMIN", "SYS_PTRACE"]}}, []),
    "hostpid": ({"hostPID": True}, {}, []),
    "sharedpid": ({"shareProcessNamespace": True}, {}, []),
    "userns": ({"hostUsers": False}, {}, []),
    "hidepid1": ({}, {}, ["--security-opt", PROC_OPTIONS + "1"]),
    "hidepid2": ({}, {}, ["--security-opt", PROC_OPTIONS + "2"]),
    "masked": ({}, {}, ["--security-opt", "mask=/proc/cpuinfo:/proc/meminfo:/proc/driver"]),
    # what lxcfs does on nodes that have it
    "lxcfs": ({}, {}, ["--volume", "/proc/cpuinfo:/proc/cpuinfo:ro",
                       "--volume", "/proc/meminfo:/proc/meminfo:ro"]),
}


def pod(kind, gate_image, image, command, hidepid="any"):
    """Documents of the pod of that kind, and the words for podman that no manifest can say."""
    policy = {**POLICY, "proc": {**POLICY["proc"], "hidepid": hidepid}}
    pod_fields, context, podman_args = KINDS[kind]
    mounts = [
        {"name": "gate", "mountPath": "/gate", "readOnly": True},
        {"name": "disk", "mountPath": "/vol/disk"},
        {"name": "disk", "mountPath": "/vol/disk-ro", "readOnly": True},
        {"name": "disk", "mountPath": "/vol/disk-subdir", "subPath": "a/b"},
        {"name": "mem", "mountPath": "/vol/mem"},
        {"name": "cm", "mountPath": "/vol/cm"},
        {"name": "cm", "mountPath": "/vol/cm-subpath.yaml", "subPath": "app.yaml"},
        {"name": "cm", "mountPath": "/vol/cm-wrong-key.yaml", "subPath": "absent.yaml"},
        {"name": "sec", "mountPath": "/vol/sec"},
        {"name": "host", "mountPath": "/vol/host"},
    ]
    spec = {
        "initContainers": [
            {"name": "install", "image": gate_image, "args": ["install", "/gate/initgate"],
             "volumeMounts": [{"name": "gate", "mountPath": "/gate"}]},
            {"name": "gate", "image": image, "command": command, "volumeMounts": mounts,
             "securityContext": context},
        ],
        "containers": [{"name": "main", "image": image, "command": ["true"]}],
        "volumes": [
            {"name": "gate", "emptyDir": {}},
            {"name": "disk", "emptyDir": {}},
            {"name": "mem", "emptyDir": {"medium": "Memory"}},
            {"name": "cm", "configMap": {"name": "cm"}},
            {"name": "sec", "secret": {"secretName": "sec"}},
            {"name": "host", "hostPath": {"path": "/usr/share/base-files"}},
        ],
        **pod_fields,
    }
    documents = [
        {"kind": "ConfigMap", "metadata": {"name": "cm"},
         "data": {"app.yaml": "port: 8080\n", "policy.json": json.dumps(policy)}},
        {"kind": "Secret", "metadata": {"name": "sec"}, "stringData": {"token": "secret"}},
        {"kind": "Pod", "metadata": {"name": kind}, "spec": spec},
    ]
    return documents, podman_args
