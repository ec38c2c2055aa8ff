# SPDX-License-Identifier: Apache-2.0
"""The Helm charts: lint, package, what they render, and that it is what the plain manifests say."""
import copy
import functools
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import yaml

import chart_docs
import probe
import pss
import tools
from driver import pod_spec
from tools import GOLDEN, HELM, KINDS, MANIFESTS, PATTERNS, expect, expect_same, helm


@functools.cache
def example():
    """The example chart with its dependency built, in a folder that the run removes."""
    folder = tempfile.TemporaryDirectory(prefix="initgate-charts-")
    shutil.copytree(HELM, Path(folder.name) / "helm")
    chart = Path(folder.name) / "helm/example"
    helm("dependency", "build", chart)
    return folder, chart


def template(*words, **more):
    return helm("template", "server", example()[1], *words, **more).stdout


@functools.cache
def rendered(pattern, kind="Deployment"):
    """As text, with nothing but the pattern and the kind set."""
    return template("--set", f"initgate.pattern={pattern}", "--set", f"kind={kind}")


def matrix():
    return [(pattern, kind) for pattern in PATTERNS for kind in KINDS]


def golden_text(pattern, kind):
    """What a golden file holds: one kind in each pattern, and each kind in one pattern."""
    return GOLDEN / f"{pattern}-{kind}.yaml", rendered(pattern, kind)


def golden():
    return [golden_text(pattern, kind) for pattern, kind in matrix()
            if kind == "Deployment" or pattern == "sameImage"]


def check_golden(path, text):
    if not path.exists():
        raise AssertionError(f"{path.name} is missing: run test/deploy/tests.py --golden BINARY")
    expect_same(f"{path.name} and what helm renders (tests.py --golden BINARY writes it)",
                path.read_text(encoding="utf-8").splitlines(), text.splitlines())


def comparable(found):
    """Documents without what cannot be equal: the ConfigMap's name, and how its JSON is laid out."""
    config = tools.only(found, "ConfigMap")
    policy = tools.policy_of(found)
    for volume in pod_spec(found)["volumes"]:
        if volume.get("configMap") == {"name": config["metadata"]["name"]}:
            volume["configMap"] = "the policy"
    others = [document for document in found if document is not config]
    return {"policy": policy, "others": others}


def check_manifest(pattern):
    """The whole workload, not the pod's spec alone."""
    plain = tools.documents((MANIFESTS / f"{PATTERNS[pattern]}.yaml").read_text(encoding="utf-8"))
    expect_same("helm's and the manifest's", comparable(tools.documents(rendered(pattern))),
                comparable(plain))


def check_same_pod(pattern):
    """A pod is the same in each kind of workload, but for what makes a Job a Job."""
    specs = []
    for kind in KINDS:
        spec = pod_spec(tools.documents(rendered(pattern, kind)))
        expect("restartPolicy", spec.pop("restartPolicy", None),
               "Never" if "Job" in kind else None)
        expect("the argument", spec["containers"][0]["command"].pop(),
               "-v" if "Job" in kind else "-d")
        specs.append(spec)
    for kind, spec in zip(KINDS[1:], specs[1:]):
        expect_same(f"the pods of {KINDS[0]} and {kind}", specs[0], spec)


def check_retries(found, kind):
    """Exit codes 1 and 2 of the gate fail a Job at once; 3 matches no rule and is retried."""
    job = tools.only(found, kind)["spec"]
    job = job["jobTemplate"]["spec"] if kind == "CronJob" else job
    expect("podFailurePolicy", job["podFailurePolicy"], {"rules": [
        {"action": "FailJob",
         "onExitCodes": {"containerName": "gate", "operator": "In", "values": [1, 2]}}]})
    # API validation: podFailurePolicy needs restartPolicy Never, and a container of that name.
    spec = job["template"]["spec"]
    expect("restartPolicy", spec["restartPolicy"], "Never")
    expect("containers named gate", [c["name"] for c in spec["initContainers"]].count("gate"), 1)
    expect("whether there are retries", job["backoffLimit"] > 0, True)


def check_policy(policy, binary):
    """The gate reads it: exit code 2 is a policy that it refuses, 1 a program that is not here."""
    done = subprocess.run([binary, "verify", "--policy", "-", "--quiet"], input=json.dumps(policy),
                          capture_output=True, text=True, check=False)
    if done.returncode != 1 or "/app/server" not in done.stdout:
        raise AssertionError(f"exit {done.returncode}: {done.stdout}{done.stderr}")


def check_objects(found):
    """Kubernetes' schemas, and Pod Security "restricted"."""
    expect("what Kubernetes' schemas say", [f for f in tools.schema_faults(found) if f], [])
    expect('what "restricted" refuses', pss.faults(pod_spec(found)), [])


def check_validators():
    """Both say something of a pod that is wrong."""
    found = tools.documents(rendered("sameImage"))
    gate = pod_spec(found)["initContainers"][-1]
    gate["securityContext"].update(runAsUser="root", runAsNonRoot=False, capabilities={})
    gate["image"] = 1
    expect("schemas", tools.schema_faults(found)[1].count("must be"), 2)
    expect("restricted", pss.faults(pod_spec(found)),
           ["gate: capabilities_restricted: ALL not dropped",
            "gate: runAsNonRoot: runAsNonRoot is not true"])


def check_lint():
    for chart in ("example", "initgate"):
        helm("lint", "--strict", example()[1].parent / chart)


def check_example_schema():
    """The example's own values are held to a schema as the library's are."""
    for words, said in ((("kind=Pod",), "at '/kind': value must be one of"),
                        (("initgat.pattern=sameImage",), "additional properties 'initgat' not"),
                        (("image.digest=v1",), "at '/image/digest': 'v1' does not match pattern"),
                        (("delivery.image=a:v1",), "at '/delivery/image': 'a:v1' does not match")):
        done = helm("template", "server", example()[1], "--set", *words, check=False)
        if done.returncode == 0 or said not in done.stderr:
            raise AssertionError(f"{words}: {done.stderr}")


def check_package():
    """The archive of each chart holds what it should, and the example's renders as the folder does."""
    with tempfile.TemporaryDirectory() as folder:
        for chart in ("initgate", "example"):
            helm("package", example()[1].parent / chart, "--destination", folder)
        expect("the archives", sorted(path.name for path in Path(folder).iterdir()),
               ["example-0.1.0.tgz", "initgate-0.1.0.tgz"])
        found = helm("template", "server", Path(folder) / "example-0.1.0.tgz").stdout
        expect_same("the archive's and the folder's", found.splitlines(),
                    template().splitlines())


def check_stale(binary):
    """Generated parts: test/deploy/chart_docs.py --write BINARY mends this."""
    expect("whether values.schema.json holds the policy's schema of today",
           chart_docs.SCHEMA.read_text(encoding="utf-8") == chart_docs.schema(binary), True)
    expect("whether README.md has the values of today",
           chart_docs.README.read_text(encoding="utf-8") == chart_docs.readme(), True)


def check_described():
    """Every value has a comment, and every one is in the schema."""
    described = {key for key, _, _ in chart_docs.values()}
    schema = json.loads(chart_docs.SCHEMA.read_text(encoding="utf-8"))["properties"]
    keys = set()
    for key, value in schema.items():
        deeper = value.get("properties", {}) if key != "policy" else {}
        keys |= {f"{key}.{sub}" for sub in deeper} or {key}
    expect("the values described", described, keys - {"global"})


def blocks(path):
    """The fenced blocks of a document: (language, text)."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", path.read_text(encoding="utf-8"), re.M | re.S)


def check_readme_chart():
    """README's chart, put together, renders."""
    (_, needs), (_, all_of_it), (_, values), (_, several) = blocks(HELM / "initgate/README.md")
    main = [probe.pod(name=name)["containers"][0] for name in ("worker", "server")]
    workload = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "app"},
                "spec": {"selector": {"matchLabels": {"app": "app"}},
                         "template": {"metadata": {"labels": {"app": "app"}},
                                      "spec": {"containers": main}}}}
    named = f"{{{{- define \"app.workload\" }}}}\n{json.dumps(workload)}\n{{{{- end }}}}\n"
    files = {"Chart.yaml": f"apiVersion: v2\nname: probe\nversion: 0.0.1\n{needs}",
             "values.yaml": values, "templates/_app.tpl": named, "templates/all.yaml": all_of_it}
    with probe.Probe(files) as chart:
        alone = chart.render({})
        both = chart.render(yaml.safe_load(several))
    for found, gates in ((alone, ["gate"]), (both, ["gate", "gate-worker"])):
        expect("what Kubernetes' schemas say", [f for f in tools.schema_faults(found) if f], [])
        expect('what "restricted" refuses of the gate',
               [f for f in pss.faults(pod_spec(found)) if "gate" in f.partition(":")[0]], [])
        expect("its init containers", [c["name"] for c in pod_spec(found)["initContainers"]],
               ["install-gate", *gates])
    expect("the annotations", tools.only(both, "Deployment")["spec"]["template"]["metadata"],
           {"labels": {"app": "app"}, "annotations": {"initgate.dev/container": "server"}})


def without_gate(workload):
    """The example's workload as it would be without the gate."""
    job = workload["spec"]["jobTemplate"] if workload["kind"] == "CronJob" else workload
    job["spec"].pop("podFailurePolicy", None)
    spec = job["spec"]["template"]["spec"]
    spec["initContainers"] = [c for c in spec["initContainers"]
                              if c["name"] not in ("gate", "install-gate")]
    spec["volumes"] = [v for v in spec["volumes"] if not v["name"].startswith("initgate")]
    return workload


def without_annotation(workload, container):
    """The workload without what initgate.workload adds to its pod's annotations."""
    job = workload["spec"]["jobTemplate"] if workload["kind"] == "CronJob" else workload
    holder = workload if workload["kind"] == "Pod" else job["spec"]["template"]
    expect("the annotations", holder["metadata"].pop("annotations"),
           {"initgate.dev/container": container})


def check_bare_pod():
    with probe.Probe(probe.ONE_INCLUDE) as chart, probe.Probe() as parts:
        bare = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "probe"}, "spec": probe.pod()}
        found = chart.render({**probe.values({}), "workload": bare})
        without_annotation(found[-1], "app")
        expect_same("the parts' and initgate.workload's", parts.render(probe.values(probe.pod())),
                    found)
        said = chart.refusal({**probe.values({}), "workload": {**bare, "metadata": {}}})
        expect("whether a workload that is none is named",
               "initgate.workload was called without its dictionary" in
               chart.refusal({**probe.values({}), "workload": "app"}), True)
        broken = {"Error": "error converting YAML to JSON: yaml: line 3"}  # fromYaml's answer
        for one, key in ((chart, "workload"), (parts, "pod")):
            expect(f"whether a {key} that is no YAML is named",
                   f"initgate: the {key}'s template gives no YAML: error converting" in " ".join(
                       one.refusal({**probe.values({}), key: broken}).split()), True)
        expect("whether one without a name is refused",
               "without its dictionary: give it name (a string)" in said, True)


def check_workload(pattern, kind):
    """initgate.workload gives what the example puts together from the parts."""
    wanted = tools.documents(rendered(pattern, kind))
    workload = without_gate(tools.only(copy.deepcopy(wanted), kind))
    chosen = yaml.safe_load((HELM / "example/values.yaml").read_text(encoding="utf-8"))["initgate"]
    with probe.Probe(probe.ONE_INCLUDE) as chart:
        found = chart.render({"workload": workload, "initgate": {**chosen, "pattern": pattern}})
        without_annotation(found[-1], "server")
        expect_same("the parts' and initgate.workload's", wanted, found)
        workload["metadata"]["namespace"] = "shop"
        there = chart.render({"workload": workload, "initgate": {**chosen, "pattern": pattern}})
        expect("the namespaces", [d["metadata"]["namespace"] for d in there], ["shop", "shop"])
        said = chart.refusal({"workload": {**workload, "kind": "Rollout"}, "initgate": chosen})
        expect("whether another kind is refused",
               "does not know where a Rollout has its pod" in said, True)


def check_readme_example():
    """The commands of the example's README, but the one that needs a cluster; and its values."""
    found = blocks(HELM / "example/README.md")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(HELM, Path(folder) / "deploy/helm")
        for line in found[0][1].splitlines():
            expect("the command", line.split()[0], "helm")
            helm(*line.split()[1:], cwd=folder)
    mine = next(text for language, text in found if language == "yaml")
    expect_same("with README's values and without", template("--values", "-", stdin=mine),
                template())


def tests(binary):
    yield "helm lint --strict", check_lint
    yield "helm package", check_package
    yield "the example's schema", check_example_schema
    yield "generated parts are of today", lambda: check_stale(binary)
    yield "every value is described", check_described
    yield "the example's README", check_readme_example
    yield "the validators refuse", check_validators
    for path, text in golden():
        yield f"golden {path.stem}", lambda p=path, t=text: check_golden(p, t)
    for pattern, kind in matrix():
        found = tools.documents(rendered(pattern, kind))
        yield f"helm {pattern} {kind}: schemas and Pod Security", lambda f=found: check_objects(f)
        if "Job" in kind:
            yield (f"helm {pattern} {kind}: podFailurePolicy",
                   lambda f=found, k=kind: check_retries(f, k))
    yield "helm Pod: in one include", check_bare_pod
    for pattern in PATTERNS:
        yield f"helm {pattern}: as the manifest", lambda p=pattern: check_manifest(p)
        yield f"helm {pattern}: the same pod in each kind", lambda p=pattern: check_same_pod(p)
        policy = tools.policy_of(tools.documents(rendered(pattern)))
        for kind in KINDS:
            yield (f"helm {pattern} {kind}: in one include",
                   lambda p=pattern, k=kind: check_workload(p, k))
        yield f"helm {pattern}: the gate reads its policy", lambda p=policy: check_policy(p, binary)
