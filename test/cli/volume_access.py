#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""volume.access over volumes that are large, deep, odd or being changed: volume_access.py BINARY

Needs root; all state lies in a mount namespace of its own. The last line is "N passed, N failed".
"""
import json
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import tap  # noqa: E402
import user  # noqa: E402

ROOT = "/srv"
SOON = 60  # seconds: a hang, never slowness
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 0x40000
LEVELS, DEPTH_MAX = 1000, 4096


class Volume:
    """A tmpfs of its own. A context, so that each case starts from an empty one."""

    def __init__(self, gate):
        self.gate, self.path = gate, os.path.join(ROOT, "volume")

    def __enter__(self):
        os.mkdir(self.path)
        user.checked(user.libc.mount(b"volume", self.path.encode(), b"tmpfs", 0, b"mode=0755"),
                     "tmpfs")
        return self

    def __exit__(self, *_):
        os.chdir("/")
        user.checked(user.libc.umount2(self.path.encode(), 2), "umount")
        os.rmdir(self.path)

    def at(self, name):
        return os.path.join(self.path, name)

    def file(self, name, mode=0o644):
        with open(self.at(name), "wb"):
            os.chmod(self.at(name), mode)

    def deepen(self, levels, mode):
        """Folders called "d" within one another, and a file of MODE in the last."""
        os.chdir(self.path)
        for _ in range(levels):
            os.mkdir("d")
            os.chdir("d")
        with open("file", "wb"):
            os.chmod("file", mode)
        os.chdir("/")

    def verify(self, **asked):
        policy = {"apiVersion": "initgate.dev/v1", "kind": "Policy",
                  "runAs": {"uid": 1001, "gid": 1001},
                  "volumes": [{"mountPath": self.path, "atomic": False, **asked}]}
        start = time.monotonic()
        outcome = tap.run([self.gate, "verify", "--policy", "-", "--format", "json"],
                          input=json.dumps(policy).encode())
        seconds = time.monotonic() - start
        if outcome.defect():
            raise AssertionError(outcome.defect())
        if not outcome.out:
            raise AssertionError(str(outcome))
        result = next(r for r in json.loads(outcome.out)["results"]
                      if r["check"] == "volume.access")
        return result, outcome.code, seconds


def wrong(result, code, status, items, message=""):
    """None, or what is not as expected."""
    found = sorted((i["kind"], i["path"]) for i in result["items"])
    codes = {"pass": 0, "fail": 1, "error": 3}
    if result["status"] == status and code == codes[status] and found == sorted(items) and \
            message in result["message"]:
        return None
    return f"{result['status']}, exit {code}: {result['message'][:400]} {found[:5]}"


def deep(volume):
    volume.deepen(LEVELS, 0o600)
    result, code, _ = volume.verify(readable=["."])
    yield "1,000 levels deep", wrong(result, code, "fail", [("unreadable", "d/" * LEVELS + "file")])
    result, code, _ = volume.verify(readable=["d/d/d"])
    yield "from the fourth on", wrong(result, code, "fail",
                                      [("unreadable", "d/" * LEVELS + "file")])


def deep_and_good(volume):
    volume.deepen(LEVELS, 0o644)
    result, code, _ = volume.verify(readable=["."])
    yield "1,000 levels, all readable", wrong(result, code, "pass", [], f"read {LEVELS + 2} files")


def too_deep(volume):
    volume.deepen(DEPTH_MAX + 4, 0o644)
    result, code, _ = volume.verify(readable=["."])
    items = [("error", "d/" * DEPTH_MAX + "d")]
    yield "deeper than is listed", wrong(result, code, "error", items, "could not judge: d/d/d")


def circles(volume):
    os.mkdir(volume.at("a"))
    for link, target in (("a/self", "self"), ("a/here", "."), ("a/up", ".."), ("a/x", "y"),
                         ("a/y", "x"), ("whole", "/srv/volume")):
        os.symlink(target, volume.at(link))
    volume.file("b", 0o600)
    result, code, _ = volume.verify(readable=["a"])
    yield "symlinks in circles", wrong(result, code, "fail", [("unreadable", "b")])


def chain(volume):
    """Each folder links to the one before it, so that the last is found only in as many steps."""
    count = 600
    for i in range(count):
        os.mkdir(volume.at(f"d{i:04}"))
        if i > 0:
            os.symlink(f"../d{i - 1:04}", volume.at(f"d{i:04}/next"))
    volume.file("d0000/file")
    result, code, seconds = volume.verify(readable=["."], writable=[f"d{count - 1:04}"])
    items = [("unwritable", f"d{i:04}") for i in range(count)] + [("unwritable", "d0000/file")]
    yield "a chain of links", wrong(result, code, "fail", items)
    yield "a chain of links, in time", None if seconds < SOON else f"{seconds:.1f} s"


def names(volume):
    volume.file(b"a\nb".decode(), 0o600)
    with open(volume.path.encode() + b"/\xff\xfe", "wb"):
        os.chmod(volume.path.encode() + b"/\xff\xfe", 0o600)
    volume.file("-rf x; $(y) 'z'", 0o600)
    result, code, _ = volume.verify(readable=["-rf x; $(y) 'z'", "."])
    yield "odd names", wrong(result, code, "fail", [
        ("unreadable", "a\\nb"), ("unreadable", "\\xff\\xfe"), ("unreadable", "-rf x; $(y) 'z'")])
    result, _, _ = volume.verify(writable=["-rf x; $(y) 'z'"], access={"severity": "warn"})
    yield "a name in the advice", None if "fsGroup" in result["fix"] else result["fix"]


def many(volume):
    count = 20000
    for i in range(count):
        os.close(os.open(volume.at(f"f{i}"), os.O_CREAT | os.O_WRONLY, 0o644))
    result, code, _ = volume.verify(writable=["."])
    items = [("unwritable", "."), *[("unwritable", f"f{i}") for i in range(count)]]
    yield "20,000 files in one folder", wrong(result, code, "fail", items,
                                              f"{count + 1} of {count + 1} files")


def churn(volume):
    """What comes and goes is nobody's fault."""
    os.chmod(volume.path, 0o777)
    stop = threading.Event()

    def write():
        n = 0
        while not stop.is_set():
            n += 1
            folder = volume.at(f"d{n}")
            os.mkdir(folder)
            os.chmod(folder, 0o777)
            for i in range(5):
                fd = os.open(os.path.join(folder, f"f{i}"), os.O_CREAT | os.O_WRONLY, 0o666)
                os.fchmod(fd, 0o666)
                os.close(fd)
            for i in range(5):
                os.unlink(os.path.join(folder, f"f{i}"))
            os.rmdir(folder)

    os.umask(0)
    thread = threading.Thread(target=write)
    thread.start()
    try:
        said = []
        for _ in range(25):
            result, code, _ = volume.verify(writable=["."])
            said += [] if code == 0 else [result["message"]]
    finally:
        stop.set()
        thread.join()
        os.umask(0o022)
    yield "files that come and go", "; ".join(said[:3]) or None


def main():
    if len(sys.argv) != 2 or os.geteuid() != 0:
        sys.exit(f"usage (as root): {sys.argv[0]} BINARY")
    gate = os.path.abspath(sys.argv[1])
    user.checked(user.libc.unshare(CLONE_NEWNS), "unshare")
    user.checked(user.libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None), "make-rprivate")
    user.checked(user.libc.mount(b"scratch", ROOT.encode(), b"tmpfs", 0, b"mode=0755"), "tmpfs")
    tally = tap.Tally()
    for case in (deep, deep_and_good, too_deep, circles, chain, names, many, churn):
        with Volume(gate) as volume:
            for name, why in case(volume):
                tally.add(name, why)
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
