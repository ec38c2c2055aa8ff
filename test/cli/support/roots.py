# SPDX-License-Identifier: Apache-2.0
"""Real Debian root file systems for the oracles, made once and kept below the cache folder."""
import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tap import TOP

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "initgate"
# Programs with many libraries, with RUNPATH, with plugins. debootstrap knows no alternatives and no
# virtual packages, so what stands for one is named.
PACKAGES = {
    "bookworm": "gdb,perl,systemd,curl,git,openssh-client,libqt5widgets5,ffmpeg,libboost-regex1.74.0",
    "trixie": "gdb,perl,systemd,curl,git,openssh-client,libqt5widgets5t64,ffmpeg",
}
WASTE = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man",
         "usr/share/locale", "usr/share/info", "usr/share/zoneinfo")


def say(text):
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def lock(name):
    """Two test runs at once make one root."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / f"{name}.lock", "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def mirror():
    done = subprocess.run([os.path.join(TOP, "docker/build-libs.sh"), "--mirrors"], check=True,
                          stdout=subprocess.PIPE, text=True)
    return done.stdout.split()[0]


def debian(suite):
    """The root of SUITE with PACKAGES; about two minutes where it is not there yet."""
    root = CACHE / f"tree-{suite}"
    with lock(f"tree-{suite}"):
        if root.exists():
            return root
        fresh = CACHE / f"tree-{suite}.tmp"
        shutil.rmtree(fresh, ignore_errors=True)
        say(f"# making a Debian {suite} root, once: about two minutes")
        log = CACHE / f"tree-{suite}.log"
        with open(log, "wb") as output:
            done = subprocess.run(["debootstrap", "--variant=minbase",
                                   f"--include={PACKAGES[suite]}", suite, str(fresh), mirror()],
                                  stdout=output, stderr=output, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"debootstrap failed, see {log}")
        for waste in WASTE:
            shutil.rmtree(fresh / waste, ignore_errors=True)
        fresh.rename(root)
    return root
