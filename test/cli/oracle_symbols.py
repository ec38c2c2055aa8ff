#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Oracle for lib/elf/unbound.h: which symbols each root's own ld.so misses when it relocates at start.

usage: oracle_symbols.py RESOLVE [SUITE...]

RESOLVE is the program of test/tools/resolve.c (given the gate, the dev build's is taken). In a chroot of a
Debian bookworm and of a trixie root, ld.so relocates every dynamic program and library as `ldd -r`
(LD_BIND_NOW) and as `ldd -d` make it do, and prints each undefined symbol: plugins miss hundreds.
RESOLVE must name the same ones, of the same objects, without running anything. Files that lack a
library are left out. Needs root. The last line is "N passed, N failed".
"""
import concurrent.futures
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import ldso  # noqa: E402
import roots  # noqa: E402
from oracle_ldso import SHOWN, dynamic_files  # noqa: E402
from tap import Tally, environment  # noqa: E402

UNDEFINED = re.compile(r"(?:undefined symbol: |symbol )([^,\s]+)(?:, version \S+)?[^\t]*\t\((.*)\)$")


def ask_loader(root, path, now):
    """A set of (symbol, object), or None where a library is missing."""
    env = {"LD_WARN": "yes", "LD_TRACE_LOADED_OBJECTS": "1", "LD_BIND_NOW": now}
    done = subprocess.run([ldso.GLIBC, path], env=env, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, cwd=root,
                          preexec_fn=lambda: os.chroot("."))
    text = done.stdout.decode(errors="surrogateescape")
    if done.returncode != 0 or " => not found" in text:
        return None
    return {m.groups() for line in text.splitlines() if (m := UNDEFINED.match(line))}


def predict(resolve, root, paths, mode):
    done = subprocess.run([resolve, "--root", str(root), "--quiet", "--cwd", "/", "--loader",
                           ldso.GLIBC, "--symbols", mode, "-"], check=True, env=environment(),
                          stdout=subprocess.PIPE, input="".join(p + "\n" for p in paths).encode())
    found = set()
    for line in done.stdout.decode(errors="surrogateescape").splitlines():
        kind, *field = line.split("\t")
        if kind == "unbound":
            found.add(tuple(field))
        elif kind == "error":
            found.add(("error", field[0]))
        elif kind == "end":
            yield found
            found = set()


def compare(tally, resolve, root, suite, mode):
    paths = list(dynamic_files(root))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        real = list(pool.map(lambda p: ask_loader(root, p, "1" if mode == "now" else ""), paths))
    different, asked, symbols = [], 0, 0
    for path, theirs, mine in zip(paths, real, predict(resolve, root, paths, mode)):
        if theirs is None:
            continue
        asked, symbols = asked + 1, symbols + len(theirs)
        if theirs != mine:
            different.append(f"{path}: ld.so alone {sorted(theirs - mine)[:3]}, predicted alone "
                             f"{sorted(mine - theirs)[:3]}")
    print(f"# {suite}, {mode}: {asked - len(different)} of {asked} files agree, "
          f"on {symbols} undefined symbols")
    tally.add(f"{suite}, {mode}", "\n".join(different[:SHOWN]) if different or not symbols else None)


def main():
    if len(sys.argv) < 2 or os.geteuid() != 0:
        print(__doc__, file=sys.stderr)
        return 2
    tally, resolve = Tally(), ldso.resolver(sys.argv[1])
    for suite in sys.argv[2:] or ("bookworm", "trixie"):
        for mode in ("now", "lazy"):
            compare(tally, resolve, roots.debian(suite), suite, mode)
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
