#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A ConfigMap volume whose generations are swapped, as the kubelet swaps them, while the gate judges
it: oracle_atomic.py [--runs N] [--seed N] BINARY

The writer makes the steps of AtomicWriter.Write() (Kubernetes, pkg/volume/util/atomic_writer.go) in
their order, and in that of its older releases, which made the links of new keys before the swap.
Generations alternate between two contents; one has a key that the other lacks. Held to it:

- a policy that no generation meets, since it takes one file's digest from each, never passes, and
  does so without volume.atomic (else this would test nothing);
- a policy that every other generation meets passes only of such a generation, and passes and
  errors both happen;
- volume.atomic never fails: a volume in motion is no broken one;
- between two bursts of swaps, every run passes.

Needs root. The last line is "N passed, N failed".
"""
import argparse
import hashlib
import json
import os
import random
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import run  # noqa: E402
from support import tap  # noqa: E402

VOLUME = os.path.join(run.ROOT, "var/lib/kubelet/pods/5e1f/volumes/kubernetes.io~configmap/config")
MOUNTED = os.path.join(run.ROOT, "config")
# Judged between two files of the volume, and long enough in it that a swap falls there too.
BETWEEN, BETWEEN_SIZE = os.path.join(run.ROOT, "between"), 4 << 20
CONTENTS = [{"a": b"a of A", "b": b"b of A"},
            {"a": b"a of B", "b": b"b of B", "folder/c": b"c of B"}]


class Writer:
    """Swaps generations until it is stopped."""

    def __init__(self, rng):
        self.rng, self.count, self.of = rng, 0, {}
        self.stopped, self.thread = threading.Event(), None

    def make(self, content):
        folder = tempfile.mkdtemp(dir=VOLUME, prefix=time.strftime("..%Y_%m_%d_%H_%M_%S."))
        os.chmod(folder, 0o755)
        for name, data in CONTENTS[content].items():
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(data)
            os.chmod(path, 0o644)
        self.of[os.path.basename(folder)] = content
        return os.path.basename(folder)

    def link_new(self, content):
        for name in {key.split("/")[0] for key in CONTENTS[content]}:
            if not os.path.lexists(os.path.join(VOLUME, name)):
                os.symlink(f"..data/{name}", os.path.join(VOLUME, name))

    def write(self):
        data = os.path.join(VOLUME, "..data")
        old = os.readlink(data) if os.path.lexists(data) else None
        content = self.count % 2
        self.count += 1
        links_first = self.rng.random() < 0.5
        folder = self.make(content)
        if links_first:
            self.link_new(content)
        os.symlink(folder, data + "_tmp")
        os.rename(data + "_tmp", data)
        if not links_first:
            self.link_new(content)
        if old is None:
            return
        gone = {key.split("/")[0] for key in CONTENTS[self.of[old]]}
        for name in gone - {key.split("/")[0] for key in CONTENTS[content]}:
            os.remove(os.path.join(VOLUME, name))
        for path, folders, files in os.walk(os.path.join(VOLUME, old), topdown=False):
            for name in files:
                os.remove(os.path.join(path, name))
            for name in folders:
                os.rmdir(os.path.join(path, name))
        os.rmdir(os.path.join(VOLUME, old))

    def swap(self, longest):
        while not self.stopped.wait(self.rng.random() * longest):
            self.write()

    def start(self, longest):
        self.stopped.clear()
        self.thread = threading.Thread(target=self.swap, args=(longest,))
        self.thread.start()

    def stop(self):
        self.stopped.set()
        self.thread.join()


def policy(a, b, atomic=True):
    """A file of each name, with the digest that it has in that content."""
    volume = {"mountPath": MOUNTED, "subpath": False}
    if not atomic:
        volume["atomic"] = False
    files = [{"path": path, "attributes": False, "sha256": hashlib.sha256(data).hexdigest()}
             for path, data in ((f"{MOUNTED}/a", CONTENTS[a]["a"]), (BETWEEN, bytes(BETWEEN_SIZE)),
                                (f"{MOUNTED}/b", CONTENTS[b]["b"]))]
    return json.dumps({"apiVersion": "initgate.dev/v1", "kind": "Policy", "files": files,
                       "volumes": [volume]})


class Gate:
    def __init__(self, binary, tally):
        self.binary, self.tally, self.defects = binary, tally, []
        self.cpu = str(min(os.sched_getaffinity(0)))

    def verify(self, text):
        """Exit code, status of volume.atomic and the generation that it saw."""
        # On one CPU it judges one file after the other: then swaps fall between two.
        outcome = tap.run(["taskset", "--cpu-list", self.cpu, self.binary, "verify", "--policy", "-", "--format", "json"],
                          input=text.encode())
        defect = outcome.defect()
        if defect or outcome.code == 2:
            self.defects.append(defect or outcome.err)
            return 2, "error", None
        results = json.loads(outcome.out)["results"]
        atomic = next(r for r in results if r["check"] == "volume.atomic")
        if atomic["status"] == "fail":
            self.defects.append(atomic["message"])
        return outcome.code, atomic["status"], (atomic.get("observed") or "").rpartition(" ")[2]


def burst(gate, writer, runs):
    """What each policy said while generations were swapped."""
    mixed, unheld, whole = [], [], []
    for longest in (0.005, 0.1):
        writer.start(longest)
        for _ in range(runs // 2):
            unheld.append(gate.verify(policy(0, 1, atomic=False))[0])
            mixed.append(gate.verify(policy(0, 1))[0])
            whole.append(gate.verify(policy(0, 0)))
        writer.stop()
    return mixed, unheld, whole


def judge(gate, writer, runs, tally):
    mixed, unheld, whole = burst(gate, writer, runs)
    passed = [generation for code, _, generation in whole if code == 0]
    errors = sum(status == "error" for _, status, _ in whole)
    swaps = writer.count
    print(f"# {swaps} swaps; of {runs} runs a mixture passed {unheld.count(0)} times without "
          f"volume.atomic; with it {len(passed)} of {len(whole)} passed, {errors} saw a swap")
    tally.add("no mixture passes", f"{mixed.count(0)} did" if 0 in mixed else None)
    tally.add("a mixture passes without volume.atomic",
              None if 0 in unheld else f"none of {runs} did: this tests nothing")
    wrong = [name for name in passed if writer.of.get(name) != 0]
    tally.add("what passes is a generation that the policy meets", f"{wrong}" if wrong else None)
    tally.add("passes and changes are both seen",
              None if passed and errors else f"{len(passed)} passes, {errors} errors")
    if writer.count % 2 == 0:
        writer.write()  # to the content that the policy names
    quiet = [gate.verify(policy(0, 0))[:2] for _ in range(10)]
    tally.add("a quiet volume passes", None if set(quiet) == {(0, "pass")} else f"{quiet}")
    tally.add("a volume in motion never fails", "\n".join(gate.defects[:5]) or None)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("binary")
    parser.add_argument("--runs", type=int, default=80)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    print(f"# seed {options.seed}")
    tally = tap.Tally()
    gate = Gate(os.path.realpath(options.binary), tally)
    run.enter_namespace()
    os.makedirs(VOLUME)
    os.mkdir(MOUNTED)
    with open(BETWEEN, "wb") as file:
        file.write(bytes(BETWEEN_SIZE))
    writer = Writer(random.Random(options.seed))
    writer.write()
    run.checked(run.libc.mount(VOLUME.encode(), MOUNTED.encode(), None, 4096, None), "bind mount")
    judge(gate, writer, options.runs, tally)
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
