#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""podman and buildah with a storage and configuration of their own.

The pods of these tests live beside whatever podman the user runs: their images, locks and state
are kept under ${XDG_CACHE_HOME:-~/.cache}/initgate and /run/initgate-pods, so that nothing of the
user's is ever listed, renumbered or removed.

    eval "$(test/pod/engine.py)"      makes podman in this shell show what the tests show
"""
import contextlib
import fcntl
import functools
import hashlib
import os
import shlex
import subprocess
import sys
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "initgate"
# Two storages must not share a folder for their state.
RUN = Path("/run/initgate-pods") / hashlib.sha256(bytes(CACHE)).hexdigest()[:8]

# crun refuses some cgroup v1 hosts; journald is absent in containers; the user's hard limits may
# be lower than what podman asks for by default.
CONTAINERS_CONF = f"""\
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
lock_type = "file"
tmp_dir = "{RUN}/libpod"
"""


class EngineError(Exception):
    """A podman or buildah command failed; the text says which and why."""


def _storage_conf(driver):
    return (f'[storage]\ndriver = "{driver}"\n'
            f'graphroot = "{CACHE}/containers-{driver}"\nrunroot = "{RUN}/storage-{driver}"\n')


def _write(path, text):
    """Replaces a file in one step: another test run may be reading it."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


@functools.cache
def environment():
    """The environment for podman and buildah; picks overlay, or vfs where overlay cannot mount.

    Found once: the probe costs as much as starting a container.
    """
    if os.geteuid() != 0:
        raise EngineError("pods need root here")
    CACHE.mkdir(parents=True, exist_ok=True)
    conf, storage = CACHE / "containers.conf", CACHE / "storage.conf"
    _write(conf, CONTAINERS_CONF)
    env = dict(os.environ, CONTAINERS_CONF=str(conf), CONTAINERS_STORAGE_CONF=str(storage))
    error = ""
    for driver in ("overlay", "vfs"):
        _write(storage, _storage_conf(driver))
        probe = subprocess.run(["podman", "info", "--format", "{{.Store.GraphDriverName}}"],
                               env=env, capture_output=True, text=True, check=False)
        if probe.returncode == 0:
            return env
        error = probe.stderr.strip()
    raise EngineError(f"podman does not work here: {error}")


def run(*command, check=True, timeout=120, stdin=None):
    """Runs podman, buildah or a script that uses them; returns the CompletedProcess."""
    command = [str(word) for word in command]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False,
                          timeout=timeout, input=stdin, errors="backslashreplace")
    if check and done.returncode != 0:
        raise EngineError(f"{shlex.join(command)}: exit {done.returncode}: {done.stderr.strip()}")
    return done


def podman(*words, **options):
    return run("podman", *words, **options)


def remove_names(*names):
    """Takes names from images, in turns with docker/build-image.sh, which says why."""
    run("flock", CACHE / "image-names.lock", "podman", "rmi", *names, check=False)


def buildah(*words, **options):
    return run("buildah", *words, **options).stdout.strip()


_held = []  # the lock, while alone() has it


@contextlib.contextmanager
def alone():
    """Keeps other suites and runs from this storage, and ends what a killed one left mounted in it.

    Podman counts the mounts of an image for all its users: two at once could not tell their own
    from each other's.
    """
    environment()
    with open(CACHE / "pods.lock", "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("# waiting for another test run to end", file=sys.stderr, flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        podman("image", "unmount", "--all", "--force")
        _held.append(lock)
        try:
            yield
        finally:
            _held.remove(lock)


def need_alone():
    """For what another run's alone() would pull the mounts from under."""
    if not _held:
        raise EngineError("images are mounted and pods are run inside engine.alone() only")


if __name__ == "__main__":
    ENV = environment()
    for name in ("CONTAINERS_CONF", "CONTAINERS_STORAGE_CONF"):
        sys.stdout.write(f"export {name}={shlex.quote(ENV[name])}\n")
