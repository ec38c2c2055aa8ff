#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The images of the pod tests, built by buildah from a real Debian root and cached.

    pause            what Kubernetes runs as a pod's first process (catatonit at /pause)
    runtime          Debian 12 with the server's configuration, without the server: the main image
                     of the shared-volume pattern
    empty            nothing at all: what an image volume of an artifact that is no image is
    artifact         the runtime with the server at /artifact/server: delivers it to a volume
    artifact-changed-byte    the same, one bit of the server flipped
    server           the runtime with the server at /app/server: the application's image of the
                     same-image and image-volume patterns
    server-FAULT     the server image with one thing broken, see FAULTS
    initgate         the gate, by docker/build-image.sh

The server is tinyproxy of Debian's package tinyproxy-bin: a real daemon, dynamically linked.

    test/pod/images.py        builds all but the gate's and prints NAME=REFERENCE lines, and the
                              server's digest as "digest"
"""
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from engine import CACHE, buildah, podman, remove_names, run

DOCKER = Path(__file__).resolve().parents[2] / "docker"
SUITE = "bookworm"
PACKAGES = "tinyproxy-bin,catatonit"
CONFIG = "Port 8080\nListen 127.0.0.1\nTimeout 60\nMaxClients 10\n"
LOADER = "usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"
SERVER = "app/server"
ARTIFACT = "artifact/server"
TAG = "localhost/initgate-test"


def change_byte(path):
    """Flips one bit in the middle of a file, keeping size, mode and owner."""
    with open(path, "r+b") as file:
        file.seek(os.fstat(file.fileno()).st_size // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))


FAULTS = {
    "changed-byte": lambda root: change_byte(root / SERVER),
    "no-loader": lambda root: (root / LOADER).unlink(),
    "writable-loader": lambda root: (root / LOADER).chmod(0o777),
    "not-executable": lambda root: (root / SERVER).chmod(0o744),
    "not-readable": lambda root: (root / SERVER).chmod(0o700),
}


def debian_root():
    """A minbase root of Debian, made once. Only what programs need to run is kept of it."""
    root = CACHE / f"root-{SUITE}"
    if root.exists():
        return root
    fresh = CACHE / f"root-{SUITE}.tmp"
    shutil.rmtree(fresh, ignore_errors=True)
    sys.stderr.write(f"making a Debian {SUITE} root, once: about half a minute\n")
    log = CACHE / "debootstrap.log"
    mirror = run(DOCKER / "build-libs.sh", "--mirrors").stdout.split()[0]
    with open(log, "wb") as output:
        done = subprocess.run(["debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE,
                               str(fresh), mirror], stdout=output, stderr=output, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"debootstrap failed, see {log}")
    for waste in ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man",
                  "usr/share/locale", "usr/share/info", "usr/share/zoneinfo", "usr/lib/udev"):
        shutil.rmtree(fresh / waste, ignore_errors=True)
    fresh.rename(root)
    return root


@contextlib.contextmanager
def _working_container(base):
    """A buildah container of `base` and its mounted root, removed at the end."""
    name = buildah("from", "--pull-never", base)
    try:
        yield name, Path(buildah("mount", name))
    finally:
        buildah("rm", name)


def _commit(tag, base, change, *config):
    """Builds `tag` from `base`: `change` gets the mounted root."""
    if podman("image", "exists", tag, check=False).returncode == 0:
        return tag
    with _working_container(base) as (name, root):
        change(root)
        if config:
            buildah("config", *config, name)
        buildah("commit", "--quiet", name, tag, timeout=300)
    return tag


def _install(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o755)


def _copy_root(source, root):
    subprocess.run(["cp", "-a", f"{source}/.", str(root)], check=True)
    (root / "etc/tinyproxy").mkdir(exist_ok=True)
    (root / "etc/tinyproxy/tinyproxy.conf").write_text(CONFIG, encoding="utf-8")
    (root / "usr/bin/tinyproxy").unlink()


@contextlib.contextmanager
def _alone():
    """Two test runs at once build one after the other."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "images.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build(binary):
    """All images, the gate's from `binary`: a dict of name to reference."""
    binary = Path(binary)
    images = applications()
    digest = hashlib.sha256(binary.read_bytes()).hexdigest()[:12]
    images["initgate"] = f"{TAG}/initgate:{digest}"
    with _alone():
        if podman("image", "exists", images["initgate"], check=False).returncode != 0:
            run(DOCKER / "build-image.sh", "--from-binary", binary, images["initgate"], timeout=300)
    return images


def applications():
    """All images but the gate's, built where they are missing."""
    with _alone():
        images = _applications()
        _remove_old(set(images.values()))
        return images


def _remove_old(keep):
    """Images of other recipes, after a day. podman leaves those that are in use. Not the gate's: they
    are small, and as old as their commit, so another run may have made one just now."""
    listed = podman("images", "--filter", f"reference={TAG}/*", "--filter", "until=24h",
                    "--format", "{{.Repository}}:{{.Tag}}").stdout.split()
    old = {name for name in listed if not name.startswith(f"{TAG}/initgate:")} - keep
    if old:
        remove_names(*old)


def _applications():
    debian = debian_root()
    program = debian / "usr/bin/tinyproxy"
    recipe = hashlib.sha256(Path(__file__).read_bytes() + program.read_bytes()).hexdigest()[:12]

    def make(name, base, change, *config):
        return _commit(f"{TAG}/{name}:{recipe}", base, change, *config)

    images = {"pause": make("pause", "scratch",
                            lambda root: _install(debian / "usr/bin/catatonit", root / "pause"),
                            "--entrypoint", '["/pause", "-P"]')}
    images["empty"] = make("empty", "scratch", lambda root: None)
    images["runtime"] = make("runtime", "scratch", lambda root: _copy_root(debian, root))
    images["artifact"] = make("artifact", images["runtime"],
                              lambda root: _install(program, root / ARTIFACT))
    images["artifact-changed-byte"] = make("artifact-changed-byte", images["artifact"],
                                           lambda root: change_byte(root / ARTIFACT))
    images["server"] = make("server", images["runtime"],
                            lambda root: _install(program, root / SERVER))
    for fault, change in FAULTS.items():
        images[f"server-{fault}"] = make(f"server-{fault}", images["server"], change)
    return images


def program_digest():
    """SHA256 of the server, as whoever built it would publish it."""
    return hashlib.sha256((debian_root() / "usr/bin/tinyproxy").read_bytes()).hexdigest()


if __name__ == "__main__":
    for image_name, reference in applications().items():
        print(f"{image_name}={reference}")
    print(f"digest={program_digest()}")
