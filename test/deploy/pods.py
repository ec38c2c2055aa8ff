# SPDX-License-Identifier: Apache-2.0
"""What Helm and Kustomize render, as real pods: with images by their real digests, set as a user
sets them."""
import hashlib
import re

import yaml

import charts
import components
import driver
import images
import probe
import tools
from engine import podman
from tools import PATTERNS, expect

# What the server prints: in a Job it only tells its version.
READY = {**dict.fromkeys(("Pod", "Deployment", "StatefulSet"), "Accepting connections"),
         **dict.fromkeys(("Job", "CronJob"), "tinyproxy ")}
PASS = "initgate: pass: N checks passed"
MISTYPED = ('initgate: error: policy /etc/initgate/policy.json: binaris: unknown key; did you mean '
            '"binaries"?')
UNWRITTEN = "initgate: error: cannot write /nowhere/report: ENOENT (No such file or directory)"
FAIL = "initgate: fail: 1 of N checks failed: {} (/app/server)"


def pinned(image):
    """NAME and digest of an image of this machine; podman finds it by both, as a node would."""
    digest = podman("image", "inspect", "--format", "{{.Digest}}", image).stdout.strip()
    return image.rpartition(":")[0], digest


def by_digest(image):
    return "@".join(pinned(image))


def helm_values(built, server, artifact):
    (gate, gate_digest), (name, digest) = pinned(built["initgate"]), pinned(built[server])
    return {"image": {"repository": name, "digest": digest},
            "delivery": {"image": by_digest(built[artifact]),
                         "runtime": by_digest(built["runtime"])},
            "initgate": {"image": {"repository": gate, "digest": gate_digest},
                         "policy": {"binaries": [
                             {"path": "/app/server", "sha256": images.program_digest(),
                              "interpreter": {"path": "/lib64/ld-linux-x86-64.so.2"}}]}}}


def helm_pod(built, pattern, kind, server="server", artifact="artifact"):
    values = helm_values(built, server, artifact)
    return tools.documents(charts.template(
        "--set", f"initgate.pattern={pattern}", "--set", f"kind={kind}", "--values", "-",
        stdin=yaml.safe_dump(values)))


def kustomize_pod(built, pattern, kind, server="server", artifact="artifact", base=None, **more):
    """The overlay's pod; base: an edit of the workload that it begins with; more: of the overlay."""
    wanted = {"initgate": "initgate", "server": server, "server-artifact": artifact,
              "server-runtime": "runtime"}
    new = [{"name": f"registry.example.com/{name}", "newName": pinned(built[image])[0],
            "digest": pinned(built[image])[1]} for name, image in wanted.items()]
    found = [d for d in components.build({"images": new, **more}, pattern, base)
             if d["kind"] in ("ConfigMap", kind)]
    config = tools.only(found, "ConfigMap")
    config["data"]["policy.json"] = config["data"]["policy.json"].replace(
        "f" * 64, images.program_digest())
    return found


def tampered(pattern):
    return {"artifact": "artifact-changed-byte"} if pattern == "sharedVolume" else \
        {"server": "server-changed-byte"}


def check(built, found, exit_code, first_line):
    """Runs the pod, and holds the gate's exit code and message against what they should be."""
    kind = next(d["kind"] for d in found if d["kind"] in READY)
    with driver.Pod(found, built["pause"], ready=READY[kind]) as pod:
        result = pod.run()
    containers = {container["name"]: container for container in result["containers"]}
    gate, server = containers["gate"], containers["server"]
    said = [*gate["message"].splitlines(), *gate["stderr"].splitlines(),
            *server["stderr"].splitlines()]
    try:
        expect("the gate's exit code", gate["exitCode"], exit_code)
        expect("the message's first line",
               re.sub(r"\b\d+ checks", "N checks", gate["message"].partition("\n")[0]), first_line)
        expect("whether the server ran", server["ran"], exit_code == 0)
        if exit_code == 0:
            expect(f"{READY[kind]!r} in its output", READY[kind] in server["stdout"], True)
            expect("warnings", [line for line in said if line.startswith("warn")], [])
    except AssertionError as failure:
        raise AssertionError("\n".join([str(failure), *said])) from None
    return server


def unwritable_report(found):
    """The gate cannot write its report, so it cannot say whether all is well: exit code 3."""
    spec = driver.pod_spec(found)
    gate = next(c for c in spec.get("initContainers", []) + spec["containers"]
                if c["name"] == "gate")
    gate["env"] = [{"name": "INITGATE_OUTPUT", "value": "/nowhere/report"}]
    return found


def wrong_policy(found):
    config = tools.only(found, "ConfigMap")
    config["data"]["policy.json"] = config["data"]["policy.json"].replace('"binaries"', '"binaris"')
    return found


def job_action(found, code):
    """What Kubernetes does with a Job whose container gate ended so: the first rule that matches, or
    the default, which counts towards backoffLimit and tries again."""
    kind = next(d for d in found if d["kind"] in ("Job", "CronJob"))
    job = kind["spec"]["jobTemplate"]["spec"] if kind["kind"] == "CronJob" else kind["spec"]
    for rule in job["podFailurePolicy"]["rules"]:
        exits = rule["onExitCodes"]
        if (exits["containerName"] == "gate") and (code in exits["values"]) == (
                exits["operator"] == "In"):
            return rule["action"]
    return "Count"


def check_job(built, found, exit_code, first_line, action):
    check(built, found, exit_code, first_line)
    expect("what becomes of the Job", job_action(found, exit_code), action)


def check_job_succeeds(built):
    server = check(built, helm_pod(built, "sameImage", "Job"), 0, PASS)
    expect("the Job's exit code", server["exitCode"], 0)


CONFIG = "/etc/tinyproxy/tinyproxy.conf"
CHANGED_CONFIG = f"initgate: fail: 1 of N checks failed: file.content ({CONFIG})"
LIBRARIES = "/usr/lib/x86_64-linux-gnu"
COVERED = FAIL.format("binary.file")
HIDDEN = ("initgate: error: 1 of N checks could not be evaluated: binary.interpreter "
          "(/app/server)")


def without_gate(built, pattern):
    """The pod as it is before the chart adds the gate."""
    pod = driver.pod_spec(helm_pod(built, pattern, "Deployment"))
    del pod["initContainers"]
    pod["volumes"] = [v for v in pod["volumes"] if not v["name"].startswith("initgate")]
    return pod


def with_volumes(built, pattern, volumes, **policy):
    """The pod with more volumes, name to (mountPath, source), and more in its policy: the chart fills
    in which of them the gate has to have."""
    pod = without_gate(built, pattern)
    for name, (path, source) in volumes.items():
        pod["volumes"].append({"name": name, **source})
        pod["containers"][0]["volumeMounts"].append({"name": name, "mountPath": path})
    gate = {"pattern": pattern, **helm_values(built, "server", "artifact")["initgate"]}
    gate["policy"].update(policy)
    with probe.Probe() as chart:
        return chart.render({"pod": pod, "initgate": gate})


def check_config(built, pattern, port, exit_code, first_line):
    """A ConfigMap over a folder of the image, in which the policy names a file."""
    text = images.CONFIG.replace("8080", port)
    config = {"kind": "ConfigMap", "metadata": {"name": "config"}, "data": {"tinyproxy.conf": text}}
    digest = hashlib.sha256(images.CONFIG.encode()).hexdigest()
    found = with_volumes(built, pattern, {"config": ("/etc/tinyproxy/",
                                                     {"configMap": {"name": "config"}})},
                         files=[{"path": CONFIG, "sha256": digest}])
    check(built, [*found, config], exit_code, first_line)


def check_hidden(built, pattern):
    """An empty volume over the image's libraries: the program would not start, and the gate, which
    does not mount it, says that it cannot tell."""
    check(built, with_volumes(built, pattern, {"libs": (LIBRARIES, {"emptyDir": {}})}), 3, HIDDEN)


def check_nested(built, pattern):
    """One volume below another."""
    check(built, with_volumes(built, pattern, {"outer": ("/srv", {"emptyDir": {}}),
                                               "inner": ("/srv/data", {"emptyDir": {}})}), 0, PASS)


def covered(text):
    """A Deployment with an empty volume over its program's folder."""
    workload = yaml.safe_load(text)
    pod = driver.pod_spec([workload])
    pod["volumes"].append({"name": "cover", "emptyDir": {}})
    pod["containers"][0]["volumeMounts"].append({"name": "cover", "mountPath": "/app"})
    return yaml.safe_dump(workload)


def check_no_words(built, pattern):
    """An overlay that adds nothing: the gate sees what the container sees, also where that is a
    volume over the image's program."""
    check(built, kustomize_pod(built, pattern, "Deployment", patches=[]), 0, PASS)
    if pattern != "sharedVolume":
        check(built, kustomize_pod(built, pattern, "Deployment", base=covered, patches=[]), 1,
              COVERED)


def check_several(built, pattern, worker, exit_code):
    """A second container of its own image, with a gate of its own."""
    pod = without_gate(built, pattern)
    pod["containers"].append({**pod["containers"][0], "name": "worker", "volumeMounts": [],
                              "command": ["/app/server", "-v"], "image": by_digest(built[worker])})
    gate = {"pattern": pattern, **helm_values(built, "server", "artifact")["initgate"]}
    gate["otherContainers"] = {"worker": {"policy": gate["policy"]}}
    with probe.Probe() as chart:
        found = chart.render({"pod": pod, "initgate": gate})
    with driver.Pod(found, built["pause"], ready=READY["Pod"]) as running:
        result = running.run()
    ended = {container["name"]: container for container in result["containers"]}
    codes = [ended[name]["exitCode"] for name in ("gate", "gate-worker")]
    expect(f"the gates' exit codes ({ended['gate-worker']['message']})", codes, [0, exit_code])
    expect("what ran", [ended[name]["ran"] for name in ("server", "worker")], 2 * [exit_code == 0])


def tests(binary):
    built = images.build(binary)
    for pattern in PATTERNS:
        yield (f"pod of helm {pattern}: good",
               lambda p=pattern: check(built, helm_pod(built, p, "Deployment"), 0, PASS))
        yield (f"pod of helm {pattern}: changed byte",
               lambda p=pattern: check(built, helm_pod(built, p, "Deployment", **tampered(p)), 1,
                                       FAIL.format("binary.sha256")))
    yield "pod of a helm Job: good", lambda: check_job_succeeds(built)
    for kind in ("Job", "StatefulSet", "CronJob"):
        yield (f"pod of a helm {kind}: changed byte",
               lambda k=kind: check(built, helm_pod(built, "sameImage", k, **tampered("sameImage")),
                                    1, FAIL.format("binary.sha256")))
    yield ("pod of a helm StatefulSet: good",
           lambda: check(built, helm_pod(built, "sameImage", "StatefulSet"), 0, PASS))
    for chart, made in (("helm", helm_pod), ("kustomize", kustomize_pod)):
        def job(server="server", made=made):
            return made(built, "imageVolume", "Job", server=server)
        yield (f"pod of a {chart} Job: failed for good",
               lambda j=job: check_job(built, j("server-no-loader"), 1,
                                       FAIL.format("binary.interpreter"), "FailJob"))
        yield (f"pod of a {chart} Job: wrong policy",
               lambda j=job: check_job(built, wrong_policy(j()), 2, MISTYPED, "FailJob"))
        yield (f"pod of a {chart} Job: not evaluated, tried again",
               lambda j=job: check_job(built, unwritable_report(j()), 3, UNWRITTEN, "Count"))
    yield ("pod of a helm Job: no loader",
           lambda: check(built, helm_pod(built, "sameImageWithImageVolume", "Job",
                                         server="server-no-loader"), 1,
                         FAIL.format("binary.interpreter")))
    yield ("pod of a helm CronJob: not readable",
           lambda: check(built, helm_pod(built, "imageVolume", "CronJob",
                                         server="server-not-readable"), 1,
                         FAIL.format("binary.access")))
    for pattern in ("sameImage", "imageVolume"):
        yield (f"pod of helm {pattern} with two gates: good",
               lambda p=pattern: check_several(built, p, "server", 0))
        yield (f"pod of helm {pattern} with two gates: changed byte for the second",
               lambda p=pattern: check_several(built, p, "server-changed-byte", 1))
        yield (f"pod of helm {pattern} with a volume over the image: good",
               lambda p=pattern: check_config(built, p, "8080", 0, PASS))
        yield (f"pod of helm {pattern} with a volume over the image: changed",
               lambda p=pattern: check_config(built, p, "8081", 1, CHANGED_CONFIG))
        yield (f"pod of helm {pattern} with a volume over its libraries",
               lambda p=pattern: check_hidden(built, p))
        yield (f"pod of helm {pattern} with a volume below another",
               lambda p=pattern: check_nested(built, p))
    for pattern in PATTERNS:
        if pattern != "imageVolume":
            yield (f"pod of kustomize {pattern} without words for its mounts",
                   lambda p=pattern: check_no_words(built, p))
    for pattern, kind in (("sharedVolume", "StatefulSet"), ("imageVolume", "CronJob")):
        yield (f"pod of a kustomize {kind}: good",
               lambda p=pattern, k=kind: check(built, kustomize_pod(built, p, k), 0, PASS))
        yield (f"pod of a kustomize {kind}: changed byte",
               lambda p=pattern, k=kind: check(built, kustomize_pod(built, p, k, **tampered(p)), 1,
                                               FAIL.format("binary.sha256")))
