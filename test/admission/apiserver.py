# SPDX-License-Identifier: Apache-2.0
"""Kubernetes' own admission, as a program: apiserver.go, built once from Debian's packages of
Kubernetes' libraries. Their sources and the build's cache are removed; one program stays below the
cache folder, until apiserver.go changes."""
import fcntl
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.append(str(TOP / "test/cli/support"))
import go_inputs  # noqa: E402

SOURCE = TOP / "test/admission/apiserver.go"
CACHE = Path(go_inputs.CACHE).parent / "kubernetes"
GO, GO_SUITE = "1.26", "trixie-backports"
# The first Debian release with the libraries of Kubernetes 1.36, in which MutatingAdmissionPolicy
# is v1.
LIBRARIES, SUITE = "golang-k8s-apiserver-dev", "sid"
# Of what they depend on, larger packages are clouds' SDKs, which nothing here imports.
LARGEST = 4_000_000
BUILD_TIMEOUT = 1800
LINE = re.compile(r"^'\S+' (golang-\S+-dev)_\S+\.deb (\d+) ", re.M)


def program():
    """Path of the program, which is built where it lacks."""
    CACHE.mkdir(parents=True, exist_ok=True)
    wanted = CACHE / f"apiserver-{hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]}"
    with open(CACHE / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not wanted.exists():
            print("# building Kubernetes' admission, once: some minutes", flush=True)
            with tempfile.TemporaryDirectory(dir=CACHE) as folder:
                _build(Path(folder)).rename(wanted)
            for old in CACHE.glob("apiserver-*"):
                if old != wanted:
                    old.unlink()
    return wanted


def _build(folder):
    go = Path(go_inputs.CACHE) / "toolchains" / GO
    go_inputs.Apt(str(folder / "go")).unpack(GO_SUITE, [f"golang-{GO}-go", f"golang-{GO}-src"],
                                             str(go))
    apt = go_inputs.Apt(str(folder / "apt"))
    apt.suite(SUITE)
    (folder / "nothing").touch()  # as if nothing were installed, so that all of it is listed
    listing = go_inputs.run(["apt-get", *apt.options(), "--yes", "--no-install-recommends",
                             "-o", f"Dir::State::status={folder}/nothing",
                             "--print-uris", "install", LIBRARIES])
    packages = [name for name, size in LINE.findall(listing) if int(size) <= LARGEST]
    apt.unpack(SUITE, packages, str(folder / "root"))
    root = go / f"usr/lib/go-{GO}"
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "GOROOT": str(root),
           "GOPATH": str(folder / "root/usr/share/gocode"), "GOCACHE": str(folder / "cache"),
           "GO111MODULE": "off", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
    subprocess.run([str(root / "bin/go"), "build", "-ldflags=-s -w", "-o", str(folder / "program"),
                    str(SOURCE)], env=env, check=True, timeout=BUILD_TIMEOUT, cwd=folder)
    return folder / "program"


def admit(groups):
    """Outcomes of each group's requests; see apiserver.go for both."""
    done = subprocess.run([str(program())], input=json.dumps(groups), capture_output=True,
                          text=True, check=False, timeout=300)
    if done.returncode != 0:
        raise RuntimeError(f"apiserver: exit {done.returncode}: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


def with_defaults(document):
    """A policy or binding with what the API server fills in when it stores one."""
    spec = document["spec"]
    key = "matchResources" if document["kind"].endswith("Binding") else "matchConstraints"
    match = spec[key]
    match.setdefault("namespaceSelector", {})
    match.setdefault("objectSelector", {})
    match.setdefault("matchPolicy", "Equivalent")
    for rule in match.get("resourceRules", []):
        rule.setdefault("scope", "*")
    return document
