# SPDX-License-Identifier: Apache-2.0
"""What the library chart refuses: by its schema, and in sentences; and what it fills in."""
import copy
import json

import driver
import probe
import tools
from probe import pod, values
from tools import expect, policy_of

APP = "/app/server"
MOUNTS = [{"name": "data", "mountPath": "/app", "readOnly": True}]
CONTEXT = {"runAsUser": 1001, "runAsGroup": 1001, "capabilities": {"drop": ["ALL"]}}


def binaries(**keys):
    return bare(**{"sha256": False, **keys})


def bare(**keys):
    return {"binaries": [{"path": APP, **keys}]}


def mounts(*paths):
    return [{"name": f"v{number}", "mountPath": path} for number, path in enumerate(paths)]


def context(**keys):
    return pod(securityContext={**CONTEXT, **keys})


def without(*keys):
    return pod(securityContext={k: v for k, v in CONTEXT.items() if k not in keys})


def two(**worker):
    """A pod with two containers."""
    return {"containers": [*pod()["containers"], *pod(**{"name": "worker", **worker})["containers"]]}


# What the schema refuses: name, values, what helm must say of it.
SCHEMA = {
    "an unknown value": (values(pod(), patern="sameImage"), "'patern' not allowed"),
    "an unknown value of the image": (values(pod(), image={**probe.GATE, "sha": "x"}),
                                      "at '/image': additional properties 'sha' not allowed"),
    "another pattern": (values(pod(), pattern="sidecar"),
                        "at '/pattern': value must be one of 'sharedVolume', 'sameImage', "
                        "'sameImageWithImageVolume', 'imageVolume'"),
    "a short digest": (values(pod(), image={**probe.GATE, "digest": "sha256:00"}),
                       "at '/image/digest': 'sha256:00' does not match pattern"),
    "a tag in the repository": (values(pod(), image={**probe.GATE, "repository": "a@sha256:0"}),
                                "at '/image/repository': 'a@sha256:0' does not match pattern"),
    "an unknown key of the policy": (values(pod(), binaries(sha25="00")),
                                     "at '/policy/binaries/0': additional properties 'sha25' not "
                                     "allowed"),
    "a digest that YAML takes for a number": (values(pod(), binaries(sha256=0)),
                                              "at '/policy/binaries/0/sha256'"),
    "a mode that YAML takes for a number":
        (values(pod(), {"files": [{"path": "/a", "mode": 0o644}]}), "at '/policy/files/0/mode'"),
    "a volume with a final slash":
        (values(pod(volumeMounts=mounts("/data/")), {"volumes": [{"mountPath": "/data/"}]}),
         "at '/policy/volumes/0/mountPath': '/data/' does not match pattern"),
    "a volume at a relative place":
        (values(pod(volumeMounts=mounts("/a")), {"volumes": [{"mountPath": "/a", "at": "a"}]},
                pattern="imageVolume"),
         "at '/policy/volumes/0/at': 'a' does not match pattern"),
    "another policy version": (values(pod(), {"apiVersion": "v2", **binaries()}),
                               "at '/policy/apiVersion'"),
    "a gate that runs as root": (values(pod(), runAsUser=0), "at '/runAsUser': minimum: got 0"),
    "no user of the gate's own": (values(pod(), runAsUser=None), "missing property 'runAsUser'"),
    "no group of the gate's own": (values(pod(), runAsGroup=None),
                                   "missing property 'runAsGroup'"),
    "no resources": (values(pod(), resources=None), "missing property 'resources'"),
    "no limits": (values(pod(), resources={"limits": None}),
                  "at '/resources': missing property 'limits'"),
    "no memory limit": (values(pod(), resources={"limits": {"memory": None}}),
                        "at '/resources/limits': missing property 'memory'"),
    "a memory limit of 0, which is none": (values(pod(), resources={"limits": {"memory": 0}}),
                                           "at '/resources/limits/memory': minimum: got 0"),
    "the same as a string": (values(pod(), resources={"limits": {"memory": "0Mi"}}),
                             "at '/resources/limits/memory': '0Mi' does not match pattern"),
    "a memory limit in thousandths of a byte":
        (values(pod(), resources={"limits": {"memory": "64m"}}),
         "at '/resources/limits/memory': '64m' does not match pattern"),
    "a further container without a policy": (values(pod(), otherContainers={"worker": {}}),
                                             "at '/otherContainers/worker': missing property"),
    "an unknown key of a further container's policy":
        (values(pod(), otherContainers={"worker": {"policy": binaries(sha25="00")}}),
         "at '/otherContainers/worker/policy/binaries/0': additional properties 'sha25'"),
    "warnOnly as a string": (values(pod(), warnOnly="no"),
                             "at '/warnOnly': got string, want boolean"),
}

# What the templates refuse: name, values, the sentence.
SENTENCES = {
    "no image": (values(pod(), image={}),
                 "initgate.image.repository is empty: name the gate's image."),
    "a tag alone": (values(pod(), image={"repository": "r/gate", "tag": "v1"}),
                    'initgate.image.tag "v1" alone does not pin the gate: whoever can push to the '
                    "registry can move a tag."),
    "no digest": (values(pod(), image={"repository": "r/gate"}),
                  "initgate.image.digest is empty: set it to the sha256:... digest"),
    "an empty policy": (values(pod(), {"metadata": {"name": "x"}}),
                        "initgate.policy names nothing to check"),
    "a program without a digest":
        (values(pod(), bare()),
         "initgate.policy.binaries[0] (/app/server) has no sha256, so any program at that path "
         "would pass: give its digest, or sha256: false where none is to be compared."),
    "a program with the severity of a digest and none":
        (values(pod(), bare(sha256={"severity": "fail"})),
         "initgate.policy.binaries[0] (/app/server) has no sha256"),
    "no such container": (values(pod(), container="api"),
                          'initgate.container "api" is none of the pod\'s containers (app).'),
    "a main image by tag": (values(pod(image="r/app:v1")),
                            "pattern sameImage checks the image of container app, and r/app:v1 is "
                            "not pinned by digest"),
    "a container of the gate's name": (values({**pod(), "initContainers": [{"name": "gate"}]}),
                                       'the pod has a container "gate" already'),
    "a volume of the gate's name":
        (values({**pod(), "volumes": [{"name": "initgate-policy"}]}),
         'the pod has a volume "initgate-policy" already'),
    "hostPID that the policy denies":
        (values({**pod(), "hostPID": True}, {"proc": {"hostPid": "deny"}}),
         "initgate.policy.proc.hostPid is deny and the pod has hostPID: true"),
    "a shared PID namespace that the policy denies":
        (values({**pod(), "shareProcessNamespace": True}, {"proc": {"sharedPid": {}}}),
         "initgate.policy.proc.sharedPid is deny and the pod has shareProcessNamespace: true"),
    "a privileged container that the policy denies":
        (values(context(privileged=True), {"proc": {"privileged": "deny"}}),
         "initgate.policy.proc.privileged is deny and the pod has container app privileged: true"),
    "another user": (values(pod(), {**binaries(), "runAs": {"uid": 7, "gid": 1001}}),
                     "initgate.policy.runAs.uid is 7 and container app has runAsUser 1001"),
    "another group": (values(pod(), {**binaries(), "runAs": {"uid": 1001, "gid": 7}}),
                      "initgate.policy.runAs.gid is 7 and container app has runAsGroup 1001"),
    "no user": (values(without("runAsUser")),
                "container app has no securityContext.runAsUser, so the policy cannot say for "
                "whom it judges"),
    "no group": (values(without("runAsGroup")), "container app has no securityContext.runAsGroup"),
    "a group that the policy lacks":
        (values({**pod(), "securityContext": {"fsGroup": 2000}},
                {**binaries(), "runAs": {"uid": 1001, "gid": 1001, "groups": [1]}}),
         "the pod's securityContext gives group 2000 and initgate.policy.runAs.groups lacks it"),
    "other capabilities":
        (values(context(capabilities={"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}),
                {**binaries(), "runAs": {"uid": 1001, "gid": 1001, "capabilities": []}}),
         "initgate.policy.runAs.capabilities is [] and container app has [NET_BIND_SERVICE] left"),
    "capabilities that cannot be told":
        (values(context(capabilities={"drop": ["NET_RAW"]})),
         "what capabilities container app has left cannot be told"),
    "another library path":
        (values(pod(env=[{"name": "LD_LIBRARY_PATH", "value": "/b"}]),
                {**binaries(), "env": {"LD_LIBRARY_PATH": "/a"}}),
         'initgate.policy.env.LD_LIBRARY_PATH is "/a" and container app has "/b"'),
    "a library path that only the cluster knows":
        (values(pod(env=[{"name": "LD_LIBRARY_PATH", "valueFrom": {"fieldRef": {"fieldPath": "x"}}}])),
         "LD_LIBRARY_PATH of container app is known in the cluster only"),
    "another way of binding":
        (values(pod(env=[{"name": "LD_BIND_NOW", "value": "1"}]),
                {**binaries(), "env": {"LD_BIND_NOW": ""}}),
         'initgate.policy.env.LD_BIND_NOW is "" and container app has "1"'),
    "LD_AUDIT": (values(pod(env=[{"name": "LD_AUDIT", "value": "/app/audit.so"}])),
                 "container app has the variable LD_AUDIT: the loader would run a library"),
    "LD_AUDIT from the cluster":
        (values(pod(env=[{"name": "LD_AUDIT", "valueFrom": {"secretKeyRef": {}}}])),
         "container app has the variable LD_AUDIT"),
    "LD_AUDIT that is empty": (values(pod(env=[{"name": "LD_AUDIT", "value": ""}])),
                               "container app has the variable LD_AUDIT"),
    "LD_AUDIT in the policy": (values(pod(), {**binaries(), "env": {"LD_AUDIT": "/x.so"}}),
                               "initgate.policy.env has LD_AUDIT: the loader would run a library"),
    "a volume over everything": (values(pod(volumeMounts=[{"name": "v", "mountPath": "//"}])),
                                 'container app has a mountPath "//": write an absolute path'),
    "a main image with a short digest":
        (values(pod(image="r/app@sha256:" + "1" * 63)),
         f'the image of container app is "r/app@sha256:{"1" * 63}", which no registry can have: '
         "write NAME@sha256: and 64 lower-case hex digits"),
    "a main image with a long digest": (values(pod(image="r/app@sha256:" + "1" * 65)),
                                        'the image of container app is "r/app@sha256:111'),
    "a main image with a digest in upper case":
        (values(pod(image="r/app@sha256:" + "A" * 64)), 'the image of container app is "r/app@'),
    "a main image with two digests":
        (values(pod(image="r/app" + 2 * ("@sha256:" + "1" * 64))), 'the image of container app is'),
    "a main image with two tags":
        (values(pod(image="r/app:a:b@sha256:" + "1" * 64)), 'the image of container app is "r/app:a'),
    "a main image in upper case":
        (values(pod(image="r/App@sha256:" + "1" * 64)), 'the image of container app is "r/App@'),
    "a main image with a broken digest that nothing is asked of":
        (values(pod(volumeMounts=MOUNTS, image="r/app@sha256:1"), pattern="sharedVolume"),
         'the image of container app is "r/app@sha256:1"'),
    "a gate's image in upper case":
        (values(pod(), image={**probe.GATE, "repository": "r/Gate"}),
         'the gate\'s image is "r/Gate@sha256:00'),
    "a user by name": (values(context(runAsUser="root")),
                       'runAsUser of container app or its pod is "root": write a whole number'),
    "a user in quotes": (values(context(runAsUser="1001")),
                         'runAsUser of container app or its pod is "1001": write a whole number'),
    "a group with a fraction": (values(context(runAsGroup=1.5)),
                                "runAsGroup of container app or its pod is 1.5: write a whole"),
    "a negative user": (values(context(runAsUser=-1)), "runAsUser of container app or its pod is -1"),
    "a user by name in the pod":
        (values({**without("runAsUser"), "securityContext": {"runAsUser": "app"}}),
         'runAsUser of container app or its pod is "app"'),
    "a group of files by name":
        (values({**pod(), "securityContext": {"fsGroup": "app"}}),
         'fsGroup of container app or its pod is "app"'),
    "a further group by name":
        (values({**pod(), "securityContext": {"supplementalGroups": [5, "app"]}}),
         'the pod\'s supplementalGroups[1] is "app"'),
    "a long container name": (values({**pod(), "initContainers": [{"name": "a" * 64}]}),
                              f'the pod has a container "{"a" * 64}": a name has at most 63'),
    "a container name in upper case": (values(pod(name="App")), 'the pod has a container "App"'),
    "a long volume name": (values({**pod(), "volumes": [{"name": "a" * 64}]}),
                           f'the pod has a volume "{"a" * 64}": a name has at most 63'),
    "another program than the one that starts":
        (values(pod(command=["/app/worker"])),
         "container app starts /app/worker, and initgate.policy.binaries has /app/server: what "
         "starts would not be checked. Add {path: /app/worker} with its sha256;"),
    "a shell in front of the program": (values(pod(command=["/bin/sh", "-c", "exec /app/server"])),
                                        "container app starts /bin/sh, and"),
    "another program in the working directory":
        (values(pod(command=["./worker"], workingDir="/app")), "container app starts /app/worker"),
    "a program that starts by a detour": (values(pod(command=["/app/../app/server"])),
                                          'container app starts /app/../app/server: write its'),
    "another program on the volume":
        (values(pod(volumeMounts=MOUNTS, command=["/app/worker"]), pattern="sharedVolume"),
         "container app starts /app/worker"),
    "a further container that is not there":
        (values(pod(), otherContainers={"worker": {"policy": binaries()}}),
         'initgate.otherContainers: "worker" is none of the pod\'s containers (app).'),
    "the gated container as a further one":
        (values(pod(), otherContainers={"app": {"policy": binaries()}}),
         'initgate.otherContainers has "app", which has a gate already'),
    "a fault in a further container's policy":
        (values(two(command=["/app/worker"]), otherContainers={"worker": {"policy": binaries()}}),
         "container worker starts /app/worker, and initgate.otherContainers.worker.policy.binaries "
         "has /app/server"),
    "a container of a further gate's name":
        (values({**two(), "initContainers": [{"name": "gate-worker"}]},
                otherContainers={"worker": {"policy": binaries()}}),
         'the pod has a container "gate-worker" already'),
    "a volume of a further gate's name":
        (values({**two(), "volumes": [{"name": "initgate-policy-worker"}]},
                otherContainers={"worker": {"policy": binaries()}}),
         'the pod has a volume "initgate-policy-worker" already'),
    "a further container with a long name":
        (values(two(name="w" * 48), otherContainers={"w" * 48: {"policy": binaries()}}),
         f"the volume of the policy for container {'w' * 48} would have a name of more than 63"),
    "subPathExpr":
        (values(pod(volumeMounts=[{"name": "d", "mountPath": "/app", "subPathExpr": "$(A)"}])),
         "container app mounts /app with subPathExpr"),
    "a mount where the policy goes":
        (values(pod(volumeMounts=mounts("/etc/initgate/x")),
                {"files": [{"path": "/etc/initgate/x/config"}]}),
         "the gate is to mount a volume at /etc/initgate/x, and needs /etc/initgate for itself: say "
         "in that volume's entry of initgate.policy.volumes where else, as "
         "{at: /volumes/etc/initgate/x}."),
    "a mount over where the gate goes":
        (values(pod(volumeMounts=mounts("/gate/")), {"volumes": [{"mountPath": "/gate"}]}),
         "the gate is to mount a volume at /gate, and needs /gate for itself"),
    "a mount over where the image goes":
        (values(pod(volumeMounts=mounts("/a")),
                {"volumes": [{"mountPath": "/a", "at": "/target/a"}]}, pattern="imageVolume"),
         "the gate is to mount a volume at /target/a, and needs /target for itself"),
    "a relative program":
        (values(pod(), {"binaries": [{"path": "server", "sha256": False}]}),
         'initgate.policy.binaries[0].path is "server": write an absolute path without'),
    "a program with a detour":
        (values(pod(), {"binaries": [{"path": "/app/../server", "sha256": False}]}),
         'initgate.policy.binaries[0].path is "/app/../server": write an absolute path without'),
    "a file with two slashes":
        (values(pod(), {"files": [{"path": "/a"}, {"path": "/a//b"}]}),
         'initgate.policy.files[1].path is "/a//b": write an absolute path without'),
    "a relative mount": (values(pod(volumeMounts=mounts("data"))),
                         'container app has a mountPath "data": write an absolute path without'),
    "a mount with a detour": (values(pod(volumeMounts=mounts("/a/../b"))),
                              'container app has a mountPath "/a/../b": write an absolute path'),
    "one mount twice": (values(pod(volumeMounts=mounts("/a", "/a/."))),
                        "container app mounts /a twice: remove one of the two."),
    "a volume that is not mounted":
        (values(pod(), {"volumes": [{"mountPath": "/data"}]}),
         "initgate.policy.volumes[0].mountPath /data is no mount of container app"),
    "a volume that is writable":
        (values(pod(volumeMounts=[{"name": "d", "mountPath": "/data"}]),
                {"volumes": [{"mountPath": "/data", "readOnly": True}]}),
         "initgate.policy.volumes[0].readOnly is true and container app mounts /data writable"),
    "a volume that is not mounted and declined, where the gate sees volumes alone":
        (values(pod(volumeMounts=MOUNTS),
                {**binaries(), "volumes": [{"mountPath": "/data", "mounted": False}]},
                pattern="sharedVolume"),
         "initgate.policy.volumes[0].mountPath /data is no mount of container app"),
    "at of a volume that is not mounted":
        (values(pod(), {"volumes": [{"mountPath": "/data", "at": "/x", "mounted": False}]},
                pattern="imageVolume"),
         "initgate.policy.volumes[0].at names where the gate has a mount, and container app mounts "
         'nothing at /data: leave "at" out.'),
    "sharedVolume and a program on no volume":
        (values(pod(), pattern="sharedVolume"),
         "pattern sharedVolume sees the volumes of container app only, and /app/server lies on "
         "none of them"),
}

# What the chart fills in: name, values, what the policy then holds.
FILLED = {
    "the pod's user where the container has none":
        (values({**without("runAsUser"), "securityContext": {"runAsUser": 1000650000,
                                                             "fsGroup": 1000650000,
                                                             "supplementalGroups": [5]}}),
         {"runAs": {"uid": 1000650000, "gid": 1001, "groups": [5, 1000650000],
                    "capabilities": []}}),
    "root over another user of the pod":
        (values({**context(runAsUser=0, runAsGroup=0), "securityContext": {"runAsUser": 5}}),
         {"runAs": {"uid": 0, "gid": 0, "capabilities": []}}),
    "capabilities that are added":
        (values(context(capabilities={"drop": ["ALL"], "add": ["CAP_NET_BIND_SERVICE"]})),
         {"runAs": {"uid": 1001, "gid": 1001, "capabilities": ["NET_BIND_SERVICE"]}}),
    "no capabilities where the pod says nothing of them":
        (values(without("capabilities")), {"runAs": {"uid": 1001, "gid": 1001}}),
    "the policy's own user where the pod has none":
        (values(without("runAsUser", "runAsGroup"),
                {**binaries(), "runAs": {"uid": 7, "gid": 8}}),
         {"runAs": {"uid": 7, "gid": 8, "capabilities": []}}),
    "variables that the loader looks at":
        (values(pod(env=[{"name": "LD_LIBRARY_PATH", "value": "/app/lib"},
                         {"name": "TOKEN", "value": "secret"}])),
         {"env": {"LD_LIBRARY_PATH": "/app/lib"}}),
    "that all is bound at start, and a variable that is empty":
        (values(pod(env=[{"name": "LD_BIND_NOW", "value": "1"}, {"name": "LD_PRELOAD"}])),
         {"env": {"LD_BIND_NOW": "1", "LD_PRELOAD": ""}}),
    "sharedVolume: the volume, the deliverer, the loader elsewhere":
        (values(pod(volumeMounts=MOUNTS), binaries(interpreter="/lib/ld.so"),
                pattern="sharedVolume"),
         {"volumes": [{"mountPath": "/app", "readOnly": True}], "trustedUids": [0, 65532],
          "binaries": [{"path": APP, "sha256": False,
                        "interpreter": {"path": "/lib/ld.so", "visible": False}}]}),
    "sharedVolume: the innermost of two mounts":
        (values(pod(volumeMounts=[{"name": "in", "mountPath": "/app/bin"},
                                  {"name": "out", "mountPath": "/app/"}]),
                {"binaries": [{"path": "/app/bin/server", "sha256": False}], "files": [{"path": "/app/config"}]},
                pattern="sharedVolume"),
         {"volumes": [{"mountPath": "/app/bin"}, {"mountPath": "/app"}]}),
    "sharedVolume: a loader that is delivered too, a policy that says who is trusted":
        (values(pod(volumeMounts=MOUNTS),
                {**binaries(interpreter={"path": "/app/ld.so"}), "trustedUids": [0]},
                pattern="sharedVolume"),
         {"trustedUids": [0],
          "binaries": [{"path": APP, "sha256": False, "interpreter": {"path": "/app/ld.so"}}]}),
    "imageVolume: where the volume is":
        (values(pod(volumeMounts=MOUNTS), {**binaries(), "volumes": [{"mountPath": "/app"}]},
                pattern="imageVolume"),
         {"volumes": [{"mountPath": "/app", "at": "/volumes/app"}]}),
    "imageVolume: the volume, and where it is":
        (values(pod(volumeMounts=MOUNTS), pattern="imageVolume"),
         {"volumes": [{"mountPath": "/app", "readOnly": True, "at": "/volumes/app"}]}),
    "sameImage: the volumes of what the policy names":
        (values(pod(volumeMounts=mounts("/app/", "/etc//app", "/ld", "/embedded", "/tmp")),
                {**binaries(interpreter="/ld/ld.so", embeds={"dirs": ["/embedded/static"]}),
                 "files": [{"path": "/etc/app/config"}]}),
         {"volumes": [{"mountPath": path} for path in ("/app", "/ld", "/embedded", "/etc/app")]}),
    "sameImage: the volumes of where the loader and scripts look":
        (values(pod(volumeMounts=mounts("/a", "/b", "/c", "/d", "/e"),
                    env=[{"name": "LD_LIBRARY_PATH", "value": "/a/lib;relative:/b"},
                         {"name": "LD_PRELOAD", "value": "one.so /c/two.so"},
                         {"name": "PATH", "value": "/usr/bin:/d"}])),
         {"volumes": [{"mountPath": path} for path in ("/a", "/b", "/c", "/d")]}),
    "sameImage: the outer of two mounts, the inner one's place":
        (values(pod(volumeMounts=mounts("/data/cache", "/data", "/database"))),
         {"volumes": [{"mountPath": "/data"}]}),
    "a read-only volume with a writable one below it":
        (values(pod(volumeMounts=[*MOUNTS, *mounts("/app/cache")])),
         {"volumes": [{"mountPath": "/app"}]}),
    "a volume that the policy has already":
        (values(pod(volumeMounts=MOUNTS),
                {**binaries(), "volumes": [{"mountPath": "/app", "writers": {}}]}),
         {"volumes": [{"mountPath": "/app", "writers": {}}]}),
    "a folder of the image that is judged as a volume":
        (values(pod(), {"volumes": [{"mountPath": "/app", "mounted": False}]},
                pattern="imageVolume"),
         {"volumes": [{"mountPath": "/app", "mounted": False, "at": "/target/app"}]}),
}


def check_refused(chart, given, text, prefix=""):
    said = " ".join(chart.refusal(given).split())
    if f"{prefix}{text}" not in said:
        raise AssertionError(f"helm says {said!r}, not {prefix}{text!r}")


def check_declined(chart):
    """A program may go without a digest where the policy says so; both forms of a digest are one."""
    for said in (False, "a" * 64, {"sha256": "a" * 64, "severity": "warn"}):
        policy = policy_of(chart.render(values(pod(), bare(sha256=said))))
        expect("the policy's sha256", policy["binaries"][0]["sha256"], said)


# What a container may start where the policy names /app/server and /usr/bin/python3.
STARTS = (["/app/server", "-d"], ["//app/./server"], ["/usr/bin/python3", "-c", "pass"], ["server"],
          ["./worker"], ["$(PROGRAM)"], [], None)


def check_starts(chart):
    """What is named is accepted, and what only the image or the cluster knows."""
    policy = {"binaries": [{"path": path, "sha256": False} for path in (APP, "/usr/bin/python3")]}
    for command in STARTS:
        chart.render(values(pod(command=command), policy))
    chart.render(values(pod(command=["./server"], workingDir="/app/"), policy))
    chart.render(values(pod(command=["/bin/tail"]), {"files": [{"path": "/etc/app"}]}))
    chart.render(values(pod(volumeMounts=MOUNTS, command=["/bin/sh", APP]), pattern="sharedVolume"))


def check_images(chart):
    """Every form of a reference by digest is accepted."""
    for name in ("app", "app:v1", "localhost/a/b_c.d--e", "r.example.com:5000/a/b:1.0-rc1",
                 "[fd00::1]:5000/a", "LOCAL/a"):
        chart.render(values(pod(image=f"{name}@sha256:" + "1" * 64)))
    tagged = {**probe.GATE, "tag": "v1"}
    gate = chart.render(values(pod(), image=tagged))[-1]["spec"]["initContainers"][0]
    expect("the gate's image", gate["image"], "{repository}:{tag}@{digest}".format(**tagged))


def check_names(chart):
    """The longest names that Kubernetes takes are accepted, and none longer."""
    chart.render(values({**pod(name="a" * 63), "volumes": [{"name": "a" * 63}]}))
    bare = {"apiVersion": "v1", "kind": "Pod", "spec": pod()}
    with probe.Probe(probe.ONE_INCLUDE) as one:
        for name, refused in (("a" * 235, False), ("a" * 236, True), ("App", True), ("a..b", True)):
            given = {**values({}), "workload": {**bare, "metadata": {"name": name}}}
            if refused:
                check_refused(one, given, f'the ConfigMap would have the name "{name}-policy-',
                              "initgate: ")
            else:
                expect("the length of its name", len(one.render(given)[0]["metadata"]["name"]), 253)


def check_limits(chart):
    """Every form of a memory limit that is one, and no CPU limit, are accepted."""
    for memory in ("64Mi", "0.5Gi", "128M", 67108864):
        resources = {"limits": {"memory": memory, "cpu": None}, "requests": None}
        gate = chart.render(values(pod(), resources=resources))[-1]["spec"]["initContainers"][-1]
        expect("the gate's resources", gate["resources"], {"limits": {"memory": memory}})


def check_filled(chart, given, wanted):
    policy = policy_of(chart.render(given))
    for key, value in wanted.items():
        expect(f"the policy's {key}", policy[key], value)


def check_mounts(chart):
    """The gate has those of the container's mounts that the policy lists, without what would need
    privileges, and is told of all as they are written."""
    given = [{"name": "a", "mountPath": "/a/", "subPath": "x", "readOnly": True},
             {"name": "b", "mountPath": "/b", "mountPropagation": "Bidirectional"},
             {"name": "c", "mountPath": "/c", "subPathExpr": "$(POD)"}]
    own = {"name": "initgate-policy", "mountPath": "/etc/initgate", "readOnly": True}
    policy = {**binaries(), "volumes": [{"mountPath": "/b", "at": "/v"}, {"mountPath": "/a"}]}
    for pattern, wanted in (
            ("sameImage", [{"name": "b", "mountPath": "/v"}, given[0],
                           {"name": "initgate", "mountPath": "/gate", "readOnly": True}, own]),
            ("imageVolume", [{"name": "initgate-target", "mountPath": "/target", "readOnly": True},
                             {"name": "b", "mountPath": "/v"},
                             {**given[0], "mountPath": "/volumes/a"}, own])):
        the_pod = pod(volumeMounts=copy.deepcopy(given))
        found = chart.render(values(the_pod, policy, pattern=pattern, warnOnly=True))
        gate = found[-1]["spec"]["initContainers"][-1]
        expect("the gate's mounts", gate["volumeMounts"], wanted)
        expect("the gate's last words", gate.get("command", gate.get("args"))[-4:],
               ["--warn-only", "--container-mount=/a/", "--container-mount=/b",
                "--container-mount=/c"])


def check_order(chart):
    """The gate comes after the init containers that are there, and judges the container named."""
    given = values({"containers": [{"name": "other", "image": "r/other:v1"},
                                   pod()["containers"][0]],
                    "initContainers": [{"name": "first", "image": "r/first:v1"}]},
                   container="app", warnOnly=True)
    spec = chart.render(given)[-1]["spec"]
    expect("the init containers", [c["name"] for c in spec["initContainers"]],
           ["first", "install-gate", "gate"])
    gate = spec["initContainers"][-1]
    expect("the gate's image", gate["image"], probe.IMAGE)
    expect("the gate's last word", gate["command"][-1], "--warn-only")


OTHER = {"worker": {"policy": {"binaries": [{"path": "/app/worker", "sha256": "e" * 64}]}}}


def check_several(pattern):
    """A gate of its own for each container, with its image, mounts and policy; one copy of the
    gate's program."""
    worker = {"image": probe.IMAGE.replace("app", "worker"), "command": ["/app/worker"],
              "volumeMounts": [{"name": "v", "mountPath": "/app"}]}
    the_pod = two(**worker)
    the_pod["containers"][0]["volumeMounts"] = [{"name": "w", "mountPath": "/app"}]
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "probe", "namespace": "shop"},
           "spec": {"template": {"spec": {**the_pod, "restartPolicy": "Never"}}}}
    with probe.Probe(probe.ONE_INCLUDE) as one:
        found = one.render({**values({}, pattern=pattern, otherContainers=OTHER), "workload": job})
    *configs, job = found
    policies = [json.loads(config["data"]["policy.json"]) for config in configs]
    expect("the policies' programs", [p["binaries"][0]["path"] for p in policies],
           [APP, "/app/worker"])
    expect("their names", [p["metadata"]["name"] for p in policies], ["probe", "probe-worker"])
    expect("the namespaces", [d["metadata"]["namespace"] for d in found], ["shop"] * 3)
    expect("the rules' containers", [rule["onExitCodes"]["containerName"] for rule
                                     in job["spec"]["podFailurePolicy"]["rules"]],
           ["gate", "gate-worker"])
    spec = driver.pod_spec([job])
    copies = ["install-gate"] if pattern == "sameImage" else []
    expect("the init containers", [c["name"] for c in spec["initContainers"]],
           [*copies, "gate", "gate-worker"])
    by_name = {volume["name"]: volume for volume in spec["volumes"]}
    expect("whether each volume is there once", len(by_name), len(spec["volumes"]))
    for suffix, main, config in zip(("", "-worker"), spec["containers"], configs):
        gate = next(c for c in spec["initContainers"] if c["name"] == f"gate{suffix}")
        expect("its policy", by_name[f"initgate-policy{suffix}"]["configMap"]["name"],
               config["metadata"]["name"])
        names = [mount["name"] for mount in gate["volumeMounts"]]
        expect("its mounts", [f"initgate-policy{suffix}" in names,
                              main["volumeMounts"][0]["name"] in names], [True, True])
        if pattern == "imageVolume":
            expect("the image", by_name[f"initgate-target{suffix}"]["image"]["reference"],
                   main["image"])
            expect("whether it mounts that", f"initgate-target{suffix}" in names, True)
        elif pattern != "sharedVolume":
            expect("its image", gate["image"], main["image"])
        expect("its last word", gate.get("command", gate.get("args"))[-1], "--container-mount=/app")
    expect("what Kubernetes' schemas say", [f for f in tools.schema_faults(found) if f], [])


def check_annotation():
    """Admission takes the first container for the gated one: the pod says where it is another."""
    key = "initgate.dev/container"
    bare = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "probe"}, "spec": two()}
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "probe"},
                  "spec": {"template": {"spec": two()}}}
    with probe.Probe(probe.ONE_INCLUDE) as one:
        for name, wanted in (("", "app"), ("app", "app"), ("worker", "worker")):
            given = values({}, container=name)
            found = one.render({**given, "workload": bare})[-1]["metadata"].get("annotations", {})
            expect(f"the Pod's annotation with {name!r}", found.get(key), wanted)
            found = one.render({**given, "workload": deployment})[-1]["spec"]["template"]
            expect(f"the Deployment's annotation with {name!r}",
                   found.get("metadata", {}).get("annotations", {}).get(key), wanted)
            for said in ("app,worker", "worker" if name != "worker" else "app"):
                annotated = {**bare, "metadata": {"name": "probe", "annotations": {key: said}}}
                check_refused(one, {**given, "workload": annotated},
                              f"the pod has the annotation {key}: {said}, and the gate judges "
                              f"container {name or 'app'}", "initgate: ")
        annotated = {**bare, "metadata": {"name": "probe", "annotations": {key: "worker", "a": "b"}}}
        found = one.render({**values({}, container="worker"), "workload": annotated})[-1]
        expect("the annotations", found["metadata"]["annotations"], {key: "worker", "a": "b"})


def check_root(chart):
    """An application that runs as root is judged as root, and the pod still starts."""
    given = values(context(runAsUser=0, runAsGroup=0))
    install, gate = chart.render(given)[-1]["spec"]["initContainers"]
    expect("the gate's user", [gate["securityContext"][k] for k in ("runAsUser", "runAsNonRoot")],
           [0, False])
    expect("the copier's user", install["securityContext"]["runAsNonRoot"], True)


def tests(_binary):
    with probe.Probe() as chart:
        for name, (given, text) in SCHEMA.items():
            yield f"schema refuses {name}", lambda g=given, t=text: check_refused(chart, g, t)
        for name, (given, text) in SENTENCES.items():
            yield (f"a sentence refuses {name}",
                   lambda g=given, t=text: check_refused(chart, g, t, "initgate: "))
        for name, (given, wanted) in FILLED.items():
            yield f"filled in: {name}", lambda g=given, w=wanted: check_filled(chart, g, w)
        yield "a digest that is declined", lambda: check_declined(chart)
        yield "what a container starts", lambda: check_starts(chart)
        yield "images by digest", lambda: check_images(chart)
        yield "the longest names", lambda: check_names(chart)
        yield "memory limits", lambda: check_limits(chart)
        yield "the gate's mounts", lambda: check_mounts(chart)
        for pattern in tools.PATTERNS:
            yield f"several gates, {pattern}", lambda p=pattern: check_several(p)
        yield "the annotation for admission", check_annotation
        yield "the gate's place", lambda: check_order(chart)
        yield "an application that runs as root", lambda: check_root(chart)
