# SPDX-License-Identifier: Apache-2.0
"""Kubernetes' own admission, as a program: apiserver.go and objects.go, built once from Debian's
packages of Kubernetes' libraries. Their sources and the build's cache are removed; one program
stays below the cache folder, until one of the two files changes.

    python3 test/admission/apiserver.py    builds it, where it lacks
"""
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

SOURCES = [TOP / "test/admission" / name for name in ("apiserver.go", "objects.go")]
CACHE = Path(go_inputs.CACHE).parent / "kubernetes"
GO, GO_SUITE = "1.26", "trixie-backports"
# The first Debian release with the libraries of Kubernetes 1.36, in which MutatingAdmissionPolicy
# is v1.
LIBRARIES, SUITE = "golang-k8s-apiserver-dev", "sid"
# Of what they depend on, larger packages are clouds' SDKs, which nothing here imports.
LARGEST = 4_000_000
# What the type checker knows of Pods and ConfigMaps: Kubernetes' own types, as its own generator
# describes them.
GENERATOR = "k8s.io/kube-openapi/cmd/openapi-gen"
SCHEMAS = ["k8s.io/api/core/v1", *(f"k8s.io/apimachinery/pkg/{name}" for name in (
    "apis/meta/v1", "api/resource", "util/intstr", "runtime"))]
BUILD_TIMEOUT = 1800
LINE = re.compile(r"^'\S+' (golang-\S+-dev)_\S+\.deb (\d+) ", re.M)


def program():
    """Path of the program, which is built where it lacks."""
    CACHE.mkdir(parents=True, exist_ok=True)
    recipe = [Path(__file__), *SOURCES]
    digest = hashlib.sha256(b"".join(part.read_bytes() for part in recipe)).hexdigest()
    wanted = CACHE / f"apiserver-{digest[:16]}"
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
    Path(go_inputs.CACHE).mkdir(parents=True, exist_ok=True)
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
    env = {"PATH": f"{root}/bin:{os.environ['PATH']}", "HOME": str(folder), "GOROOT": str(root),
           "GOPATH": str(folder / "root/usr/share/gocode"), "GOCACHE": str(folder / "cache"),
           "GO111MODULE": "off", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}

    def build(output, *what):
        subprocess.run(["go", "build", "-ldflags=-s -w", "-o", str(output), *map(str, what)],
                       env=env, check=True, timeout=BUILD_TIMEOUT, cwd=folder)

    build(folder / "generator", GENERATOR)
    schemas = folder / "root/usr/share/gocode/src/initgate/schemas"
    schemas.mkdir(parents=True)
    subprocess.run([str(folder / "generator"), "--output-dir", str(schemas),
                    "--output-pkg", "initgate/schemas", "--go-header-file", "/dev/null",
                    "--report-filename", str(folder / "violations"), *SCHEMAS],
                   env=env, check=True, timeout=BUILD_TIMEOUT, cwd=folder)
    build(folder / "program", *SOURCES)
    return folder / "program"


def _run(mode, value):
    done = subprocess.run([str(program()), mode], input=json.dumps(value), capture_output=True,
                          text=True, check=False, timeout=1200)
    if done.returncode != 0:
        raise RuntimeError(f"apiserver: exit {done.returncode}: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


def admit(groups):
    """Outcomes of each group's requests; see apiserver.go for both."""
    return _run("admit", groups)


def faults(documents):
    """Of each YAML document, what the API server and the type checker say against it; see
    objects.go."""
    return _run("faults", documents)


if __name__ == "__main__":
    program()
