#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What differs in a tree, asked of programs nobody here wrote: oracle_tree.py [--seed N] BINARY

doc/volumes.md's own computation, run as it stands there, gives the digest that `measure` gives. On the
same changed trees sha256sum -c --strict, mtree and AIDE find the entries that volume.tree finds, as far
as each looks. mtree and AIDE see more of some changes (a folder's own size) and print odd names in
their own ways, so these trees have plain names, and folders are compared by what they hold.

Needs root, mtree-netbsd and aide (docker/deps.sh test). The last line is "N passed, N failed".
"""
import argparse
import json
import os
import random
import re
import shutil
import stat
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import tap  # noqa: E402
import trees  # noqa: E402

PLAIN = [b"a", b"a-b", b"a.c", b"ab", b"B", b"bin", b"data.txt", b"lib", b"x", b"y0"]
TREES, CHANGES = 12, 2 * len(trees.KINDS)


def tool(name):
    path = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    if path is None:
        sys.exit(f"oracle_tree.py: {name} is not installed (docker/deps.sh test)")
    return path


def output(*command, **more):
    r = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **more)
    return r.returncode, r.stdout.decode(errors="surrogateescape")


def measure(binary, top, manifest):
    r = tap.run([binary, "measure", "--volume", top, "--manifest", manifest])
    if r.code != 0:
        raise AssertionError(f"measure: {r}")
    return json.loads(r.out)["volumes"][0]["tree"]


def ours(binary, top, tree):
    policy = {"apiVersion": "initgate.dev/v1", "kind": "Policy",
              "volumes": [{"mountPath": top, "mounted": False, "tree": tree}]}
    r = tap.run([binary, "verify", "--policy", "-", "--format", "json"],
                input=json.dumps(policy).encode())
    result, = [x for x in json.loads(r.out)["results"] if x["check"] == "volume.tree"]
    if result["status"] not in ("pass", "fail"):
        raise AssertionError(result["message"])
    return {i["path"] for i in result.get("items", [])}, result


def documented_digest(top):
    with open(os.path.join(tap.TOP, "doc", "volumes.md"), encoding="utf-8") as f:
        program = re.search(r"```python\n(.*?)```", f.read(), re.S).group(1)
    code, text = output(sys.executable, "-c", program, top)
    if code != 0:
        raise AssertionError(text)
    return text.strip()


# --- mtree: everything that its keywords cover ----------------------------------

MTREE_KEYS = "type,mode,uid,gid,size,link,sha256,device"


def mtree_spec(top, spec):
    with open(spec, "wb") as f:
        subprocess.run([tool("mtree"), "-c", "-k", MTREE_KEYS, "-p", top], stdout=f, check=True)


def by_mtree(top, spec):
    """Entries that mtree calls changed, missing or extra. Its 'extra' and 'missing' name folders
    without what is in them."""
    code, text = output(tool("mtree"), "-f", spec, "-p", top)
    found = set()
    for line in text.splitlines():
        extra = re.match(r"extra: (.*)$", line)
        missing = re.match(r"missing: (.*?)(?: \(created\))?$", line)
        changed = re.match(r"([^\t ][^\t]*?): *\t", line) or re.match(r"(\S+):\s", line)
        match = extra or missing or changed
        if match:
            found.add(os.path.normpath(match.group(1)))
    return found - {"."}


# --- AIDE ------------------------------------------------------------------------

# "caps" alone does not count a file that gets its first.
AIDE_RULE = "ftype+p+u+g+s+l+sha256+xattrs"


def aide(base, top, *args):
    conf = os.path.join(base, "aide.conf")
    with open(conf, "w", encoding="utf-8") as f:
        f.write(f"database_in=file:{base}/aide.db\ndatabase_out=file:{base}/aide.db\n"
                f"gzip_dbout=no\nreport_level=list_entries\n{top} {AIDE_RULE}\n")
    return output(tool("aide"), "--config", conf, *args)


def by_aide(base, top):
    code, text = aide(base, top, "--check")
    if code > 7:
        raise AssertionError(f"aide: exit {code}: {text}")
    found = {os.path.relpath(m.group(1), top)
             for m in re.finditer(r"^\S[^/\n]*: (/.*)$", text, re.M)}
    return {p for p in found if not p.startswith(".")}


# --- comparing ------------------------------------------------------------------

def tops(paths):
    """Those that lie below no other of them."""
    return {p for p in paths if not any(p.startswith(q + "/") for q in paths)}


def parents(paths):
    return {os.path.dirname(p) for p in paths}


def check_mtree(found, expected, change):
    """mtree knows no capabilities, and calls a folder changed for its size."""
    if change == "capability":
        return None
    if not tops(expected) <= found or found - expected - parents(expected):
        return f"mtree says {sorted(found)}, the gate {sorted(expected)}"
    return None


def check_aide(found, expected, change):
    if not expected <= found or found - expected - parents(expected):
        return f"AIDE says {sorted(found)}, the gate {sorted(expected)}"
    return None


def check_sha256sum(binary, base, top, change):
    sums = os.path.join(base, "SHA256SUMS")
    code, text = output(tool("sha256sum"), "-c", "--strict", "--quiet", sums, cwd=top)
    _, result = ours(binary, top, {"sha256": digest(sums), "manifest": sums})
    bad = {m.group(1) for m in re.finditer(r"^\./(.*): FAILED", text, re.M)}
    listed = {i["path"] for i in result.get("items", []) if i["kind"] != "extra"}
    # It follows symlinks, which a regular file may have become.
    if bad - listed or (code == 0) != (not listed):
        return f"sha256sum says {sorted(bad)} (exit {code}), the gate {sorted(listed)}"
    return None


def digest(path):
    return output("sha256sum", path)[1].split()[0]


def fresh_tree(rng, top):
    os.mkdir(top)
    trees.fill(rng, os.fsencode(top))
    # AIDE and mtree do not fail on them, but sha256sum's list must not be empty.
    with open(os.path.join(top, "always"), "w", encoding="utf-8") as f:
        f.write("content\n")


def one_change(binary, base, rng, top, tree, change):
    keep = os.path.join(base, "kept")
    subprocess.run(["cp", "-a", top, keep], check=True)
    expected = getattr(trees.Changes(rng, os.fsencode(top)), change)()
    faults = []
    if expected is not None:
        found, _ = ours(binary, top, tree)
        faults = [check_mtree(by_mtree(top, os.path.join(base, "mtree")), found, change),
                  check_aide(by_aide(base, top), found, change),
                  check_sha256sum(binary, base, top, change)]
    shutil.rmtree(top)
    os.rename(keep, top)
    return [f for f in faults if f]


def one_tree(binary, base, rng, tally, number):
    top = os.path.join(base, "tree")
    fresh_tree(rng, top)
    tree = measure(binary, top, os.path.join(base, "manifest"))
    tally.add(f"tree {number}: the documented computation",
              None if documented_digest(top) == tree["sha256"] else "another digest")
    tally.add(f"tree {number}: sha256sum of the manifest",
              None if digest(tree["manifest"]) == tree["sha256"] else "another digest")
    mtree_spec(top, os.path.join(base, "mtree"))
    code, text = aide(base, top, "--init")
    tally.add(f"tree {number}: aide --init", None if code == 0 else text)
    with open(os.path.join(base, "SHA256SUMS"), "wb") as f:
        subprocess.run(["find", ".", "-type", "f", "-exec", "sha256sum", "{}", "+"], cwd=top,
                       stdout=f, check=True)
    for i in range(CHANGES):
        change = trees.KINDS[i % len(trees.KINDS)]
        faults = one_change(binary, base, rng, top, tree, change)
        tally.add(f"tree {number}: {change} {i}", "\n".join(faults) or None)


def odd_names(binary, base, tally):
    top = os.path.join(base, "odd")
    os.mkdir(top)
    trees.NAMES = trees.NAMES + PLAIN
    trees.fill(random.Random(1), os.fsencode(top))
    os.mknod(os.path.join(top, "null"), stat.S_IFCHR | 0o666, os.makedev(1, 3))
    tree = measure(binary, top, os.path.join(base, "manifest"))
    tally.add("odd names and a device: the documented computation",
              None if documented_digest(top) == tree["sha256"] else "another digest")
    shutil.rmtree(top)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("binary")
    args = parser.parse_args()
    binary = os.path.abspath(args.binary)
    tally = tap.Tally()
    base = tempfile.mkdtemp(prefix="oracle-tree-", dir="/dev/shm")
    try:
        odd_names(binary, base, tally)
        trees.NAMES = PLAIN
        for number in range(TREES):
            one_tree(binary, base, random.Random(f"{args.seed}/{number}"), tally, number)
            shutil.rmtree(os.path.join(base, "tree"))
    finally:
        shutil.rmtree(base)
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
