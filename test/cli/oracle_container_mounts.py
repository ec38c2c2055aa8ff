#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Random images, volumes and mounts against real mount namespaces: oracle_container_mounts.py
[--rounds N] [--seed N] BINARY

Each round makes an image, volumes, and a container's volumeMounts, some of which the policy's volumes
show and some of which it does not. The container is made as a runtime makes it (symlinks of each
mountPath are followed in the container's root, missing folders are made, the volume is bound; those
with fewer names come first), with the rest in the order of the volumeMounts and backwards, and each
time with other things on the
volumes that the gate does not see: nothing, a file in the volume's place, links, a folder or a file
for each path. Held to it, for each path that is asked:

- a file that the gate judges has the content that each of those containers finds there;
- what the gate says is not there is there in none of them;
- where all of these containers agree, and each could be made, the gate judges it too, unless a link
  leads a mount to where another one may change it.

Needs root. The last line is "N passed, N failed".
"""
import argparse
import ctypes
import hashlib
import json
import os
import random
import shutil
import stat
import sys
import tempfile
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import tap  # noqa: E402

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, MS_BIND, MS_REC, MS_PRIVATE = 0x20000, 0x1000, 0x4000, 0x40000
NAMES = ["a", "ab", "b", "c"]
ZERO = "0" * 64
KINDS = ["empty", "file", "links", "folders", "files 1", "files 2"]
DEPTH = 3


def checked(result, what):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


# --- what a round is made of --------------------------------------------------

def random_path(rng, most=DEPTH):
    return "/" + "/".join(rng.choice(NAMES) for _ in range(rng.randint(1, most)))


def random_target(rng, dots):
    target = random_path(rng)
    if rng.random() < 0.4:
        target = "../" * rng.randint(0, 2) + target[1:]
    if dots and rng.random() < 0.3:
        target += rng.choice(["/.", "/..", "/../" + rng.choice(NAMES)])
    return target


def fill(rng, folder, links, dots, depth=DEPTH):
    for name in NAMES:
        path, kind = os.path.join(folder, name), rng.random()
        if kind < links:
            os.symlink(random_target(rng, dots), path)
        elif kind < 0.7 and depth > 1:
            os.mkdir(path)
            fill(rng, path, links, dots, depth - 1)
        elif kind < 0.85:
            with open(path, "w", encoding="ascii") as file:
                file.write(f"{path} {rng.random()}\n")


def every_file(folder, depth):
    """Each path of so many names below FOLDER is a file."""
    for name in NAMES:
        path = os.path.join(folder, name)
        if depth > 1:
            os.mkdir(path)
            every_file(path, depth - 1)
        else:
            with open(path, "w", encoding="ascii") as file:
                file.write(path)


def random_mounts(rng):
    """(mountPath as the pod has it, is it shown?)"""
    mounts = []
    for _ in range(rng.randint(1, 4)):
        path = random_path(rng, 2)
        if mounts and rng.random() < 0.3:
            path = mounts[0][0].rstrip("/") + random_path(rng, 1)
        if path not in [m[0].rstrip("/") for m in mounts]:
            mounts.append((path, rng.random() < 0.6))
    if rng.random() < 0.1:
        mounts.append((mounts[0][0] + "/", False))
    return mounts


class Round:
    def __init__(self, rng, folder):
        self.rng, self.folder = rng, folder
        self.image = self.new("image")
        self.new("image/etc")  # of an empty image the gate says nothing but that
        # A link may pass a hidden volume and leave it, which then decides nothing.
        self.dots = rng.random() < 0.3
        fill(rng, self.image, 0.2, self.dots)
        self.mounts = random_mounts(rng)
        for number, (_, shown) in enumerate(self.mounts):
            if shown:
                fill(rng, self.new(f"shown{number}"), 0.15, self.dots)
        self.probes = sorted({random_path(rng) for _ in range(40)} |
                             {p.rstrip("/") + random_path(rng, 1) for p, _ in self.mounts})

    def new(self, name):
        path = os.path.join(self.folder, name)
        os.mkdir(path)
        return path

    def hidden(self, kind, number, into):
        path = os.path.join(into, f"hidden{number}")
        if kind == "file":
            with open(path, "w", encoding="ascii") as file:
                file.write(f"hidden {number}\n")
            return path
        os.mkdir(path)
        rng = random.Random(number)
        if kind == "links":
            for name in NAMES:
                os.symlink(random_path(rng, 2), os.path.join(path, name))
        elif kind == "folders":
            for name in NAMES:
                os.symlink(".", os.path.join(path, name))
        elif kind != "empty":
            every_file(path, int(kind[-1]))
        return path


# --- the container ------------------------------------------------------------

def in_root(root, function):
    here = os.open("/", os.O_RDONLY)
    try:
        os.chroot(root)
        os.chdir("/")
        return function()
    finally:
        os.fchdir(here)
        os.chroot(".")
        os.close(here)


def end_of(path):
    """Where a runtime mounts it. os.path.realpath() takes what is missing as it stands, as runc's
    securejoin does, but gives a loop back without a word."""
    end = os.path.realpath(path)
    if os.path.islink(end):
        raise OSError(40, "loop")
    return end


def mount(root, volume, path):
    end = in_root(root, lambda: end_of(path))
    if end == "/":
        raise OSError(22, "the root")
    point = root + end
    if not os.path.lexists(point):
        os.makedirs(os.path.dirname(point), exist_ok=True)
        if os.path.isdir(volume):
            os.mkdir(point)
        else:
            with open(point, "w", encoding="ascii"):
                pass
    checked(libc.mount(volume.encode(), point.encode(), None, MS_BIND, None), "bind")
    return end == path.rstrip("/")


def look(path):
    try:
        kind = os.stat(path).st_mode
        if not stat.S_ISREG(kind):
            return "directory"
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "absent"


def container(made, kind, backwards):
    """What is at each probe, and whether each mountPath is free of links; None where the container
    cannot be made."""
    checked(libc.unshare(CLONE_NEWNS), "unshare")
    checked(libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None), "private")
    with tempfile.TemporaryDirectory(dir=made.folder) as scratch:
        checked(libc.mount(b"container", scratch.encode(), b"tmpfs", 0, None), "tmpfs")
        try:
            root = shutil.copytree(made.image, os.path.join(scratch, "root"), symlinks=True)
            volumes = []
            for number, (path, shown) in enumerate(made.mounts):
                name = f"shown{number}"
                source = (shutil.copytree(os.path.join(made.folder, name),
                                          os.path.join(scratch, name), symlinks=True)
                          if shown else made.hidden(kind, number, scratch))
                volumes.append((path, source))
            if backwards:
                volumes.reverse()
            volumes.sort(key=lambda v: v[0].rstrip("/").count("/"))
            try:
                plain = all([mount(root, source, path) for path, source in volumes])
            except OSError:
                return None
            return in_root(root, lambda: [look(path) for path in made.probes]), plain
        finally:
            checked(libc.umount2(scratch.encode(), 2), "umount")


def in_a_child(function, *arguments):
    back, out = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            answer = json.dumps({"answer": function(*arguments)})
        except BaseException:  # pylint: disable=broad-except
            answer = json.dumps({"fault": traceback.format_exc()})
        with os.fdopen(out, "w") as pipe:
            pipe.write(answer)
        os._exit(0)
    os.close(out)
    with os.fdopen(back) as pipe:
        answer = json.load(pipe)
    os.waitpid(child, 0)
    if "fault" in answer:
        raise RuntimeError(answer["fault"])
    return answer["answer"]


# --- the gate -----------------------------------------------------------------

def judged(gate, made):
    """The same of the gate: a digest, "directory", "absent" or "error"; and its own words."""
    at = {path.rstrip("/"): os.path.join(made.folder, f"shown{number}")
          for number, (path, shown) in enumerate(made.mounts) if shown}
    policy = {"apiVersion": "initgate.dev/v1", "kind": "Policy",
              "files": [{"path": p, "sha256": ZERO} for p in made.probes],
              "volumes": [{"mountPath": p, "at": a, "mounted": False} for p, a in at.items()]}
    words = [f"--container-mount={path}" for path, _ in made.mounts]
    done = tap.run([gate, "verify", "--format", "json", "--root", made.image, "--policy", "-", *words],
                   input=json.dumps(policy).encode())
    if done.defect():
        raise RuntimeError(done.defect())
    if done.code == 3 and "nothing can be mounted on" in done.err:
        return ["error"] * len(made.probes), ["It cannot be judged at all."] * len(made.probes)
    try:
        results = {r["subject"]: r for r in json.loads(done.out)["results"]
                   if r["check"] == "file.content"}
    except ValueError as e:
        raise RuntimeError(f"no report: {done}") from e
    return [meaning(results[p]) for p in made.probes], [results[p]["message"] for p in made.probes]


def meaning(result):
    observed = result.get("observed") or ""
    if result["status"] == "error":
        return "error"
    if result["status"] != "fail":
        return f"{result['status']}: {result['message']}"
    if len(observed) == 64:
        return observed
    return "directory" if observed == "directory" else "absent"


class Comparison:
    def __init__(self, gate):
        self.gate, self.count, self.wrong = gate, 0, {"passed": [], "alarm": []}
        self.errors = self.judged = self.sure = self.hidden = 0

    def round(self, made):
        real = [in_a_child(container, made, kind, backwards)
                for kind in KINDS for backwards in (False, True)]
        if all(r is None for r in real):
            return
        answers, messages = judged(self.gate, made)
        plain = all(r is not None and r[1] for r in real)
        for i, answer in enumerate(answers):
            found = {r[0][i] for r in real if r is not None}
            self.count += 1
            self.errors += answer == "error"
            self.judged += len(answer) == 64
            self.hidden += len(found) > 1
            if answer != "error" and found != {answer}:
                self.note("passed", made, i, answer, found, messages[i])
            sure = len(found) == 1 and None not in real and not made.dots
            # Where links lead mounts to each other nothing is judged at all.
            alarm = (answer == "error" and sure and "two volumes" not in messages[i] and
                     (plain or "cannot be judged" not in messages[i]))
            if alarm:
                self.note("alarm", made, i, answer, found, messages[i])
            self.sure += sure

    def note(self, kind, made, i, answer, found, message):
        self.wrong[kind].append(f"{made.folder}: mounts {made.mounts}, {made.probes[i]}: gate "
                                f"{answer}, containers {found}: {message}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("binary")
    parser.add_argument("--rounds", type=int, default=250)
    parser.add_argument("--seed", type=int, default=1,
                        help="the same rounds each time, unless it is given")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    print(f"# seed {options.seed}")
    rng, tally = random.Random(options.seed), tap.Tally()
    os.umask(0o022)
    scratch = tempfile.mkdtemp(prefix="initgate-mounts.")
    comparison = Comparison(os.path.realpath(options.binary))
    try:
        for number in range(options.rounds):
            folder = os.path.join(scratch, str(number))
            os.mkdir(folder)
            comparison.round(Round(rng, folder))
    finally:
        if not options.keep:
            shutil.rmtree(scratch)
    c = comparison
    print(f"# {c.count} paths: {c.judged} judged as files, {c.errors} errors; of {c.hidden} the "
          f"hidden volumes decide, of {c.sure} they do not")
    for kind, name in (("passed", "what the gate says is true in each container"),
                       ("alarm", "what no hidden volume can change is judged")):
        tally.add(name, "\n".join(c.wrong[kind][:5]) or None)
    few = min(c.judged, c.errors, c.hidden, c.sure)
    tally.add("each case was met", None if few >= options.rounds else f"{few} times only")
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
