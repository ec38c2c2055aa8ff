#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""volume.tree over random trees: tree_property.py [--seed N] [--trees N] BINARY

Each tree is measured and verified, then copied many times with one change each: content, mode, owner,
name, target, an extra or missing entry, an empty folder, a file capability, a type. All copies are
volumes of one run, once against the manifest and once against the digest. The manifest must give
exactly the entries that the change touched, the digest a failure; a copy without a change passes.

Needs root, for owners and capabilities. The last line is "N passed, N failed".
"""
import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import tap  # noqa: E402
import trees  # noqa: E402

CHANGES_PER_TREE = 3 * len(trees.KINDS)


def copy_tree(source, to):
    # cp keeps capabilities, owners and FIFOs; shutil does not.
    subprocess.run(["cp", "-a", source, to], check=True)


def unescape(text):
    """The raw bytes of a path in a report (core/text.h)."""
    out, i = b"", 0
    letters = {"n": b"\n", "t": b"\t", "r": b"\r", "\\": b"\\"}
    while i < len(text):
        if text[i] != "\\":
            out += text[i].encode()
            i += 1
        elif text[i + 1] == "x":
            out += bytes([int(text[i + 2:i + 4], 16)])
            i += 4
        else:
            out += letters[text[i + 1]]
            i += 2
    return out


def measure(binary, top, manifest):
    r = tap.run([binary, "measure", "--volume", top, "--manifest", manifest])
    if r.code != 0:
        raise AssertionError(f"measure: {r}")
    return json.loads(r.out)["volumes"][0]["tree"]


def verify(binary, folders, tree):
    policy = {"apiVersion": "initgate.dev/v1", "kind": "Policy",
              "volumes": [{"mountPath": f, "mounted": False, "tree": tree} for f in folders]}
    r = tap.run([binary, "verify", "--policy", "-", "--format", "json"],
                input=json.dumps(policy).encode())
    if r.code not in (0, 1):
        raise AssertionError(f"verify: {r}")
    return {x["subject"]: x for x in json.loads(r.out)["results"]
            if x["check"] == "volume.tree"}


def first_named(result, expected):
    """The message names an entry that really differs."""
    shown = re.split(r"(?:entry|entries): ", result["message"], maxsplit=1)[1]
    return any(shown.startswith(f"{item['kind']} {item['path']}") for item in result["items"][:1])


def judge(change, expected, by_manifest, by_digest):
    if not expected:
        return [f"{change}: {r['status']}: {r['message']}" for r in (by_manifest, by_digest)
                if r["status"] != "pass"]
    faults = []
    if by_digest["status"] != "fail":
        faults.append(f"{change}: the digest says {by_digest['status']}: {by_digest['message']}")
    found = {(i["kind"], unescape(i["path"])) for i in by_manifest.get("items", [])}
    if by_manifest["status"] != "fail" or found != expected:
        faults.append(f"{change}: the manifest says {by_manifest['status']} {sorted(found)}, "
                      f"expected {sorted(expected)}")
    elif not first_named(by_manifest, expected):
        faults.append(f"{change}: names none of it: {by_manifest['message']}")
    return faults


def one_tree(binary, base, rng, number):
    top = os.path.join(base, "tree")
    os.mkdir(top)
    trees.fill(rng, os.fsencode(top))
    manifest = os.path.join(base, "manifest")
    tree = measure(binary, top, manifest)
    copies = {}
    for i in range(CHANGES_PER_TREE + 1):
        copy = os.path.join(base, f"c{i}")
        copy_tree(top, copy)
        kind = trees.KINDS[(i - 1) % len(trees.KINDS)] if i > 0 else "no change"
        expected = getattr(trees.Changes(rng, os.fsencode(copy)), kind)() if i > 0 else set()
        if expected is not None:
            copies[copy] = (kind, expected)
    by_manifest = verify(binary, list(copies), tree)
    by_digest = verify(binary, list(copies), {"sha256": tree["sha256"]})
    faults = []
    for copy, (kind, expected) in copies.items():
        faults += judge(f"tree {number}, {kind}", expected, by_manifest[copy], by_digest[copy])
    return len(copies), faults


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--trees", type=int, default=75)
    parser.add_argument("binary")
    args = parser.parse_args()
    binary = os.path.abspath(args.binary)
    tally = tap.Tally()
    total = 0
    for number in range(args.trees):
        rng = random.Random(f"{args.seed}/{number}")
        base = tempfile.mkdtemp(prefix="tree-property-", dir="/dev/shm")
        try:
            count, faults = one_tree(binary, base, rng, number)
        finally:
            shutil.rmtree(base)
        total += count
        tally.add(f"tree {number}: {count} copies", "\n".join(faults[:5]) or None)
    enough = total >= 2000 or args.trees < 75
    tally.add(f"{total} copies in all", None if enough else "less than 2000")
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
