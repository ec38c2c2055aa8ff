#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Oracle for lib/elf/dynamic.h: dynamic section, symbol versions and symbols, as readelf prints them.

usage: oracle_dynamic.py ELFDUMP

ELFDUMP is the program of test/tools/elfdump.c (given the gate, the dev build's is taken). Every dynamic
file of the Debian roots (support/roots.py) and of npm's musl packages is read by both. Symbols are
compared in every fourth file: readelf takes minutes for all. Needs root.
"""
import concurrent.futures
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import roots  # noqa: E402
from oracle_ldso import dynamic_files  # noqa: E402
from oracle_musl import npm_packages  # noqa: E402
from tap import TOP, Tally, environment  # noqa: E402

SHOWN = 20
TAGS = {"NEEDED": "needed", "SONAME": "soname", "RPATH": "rpath", "RUNPATH": "runpath"}


def dump(elfdump, paths):
    done = subprocess.run([elfdump], input="".join(p + "\n" for p in paths).encode(), check=True,
                          stdout=subprocess.PIPE, env=environment())
    facts = None
    for line in done.stdout.decode(errors="surrogateescape").splitlines():
        kind, *field = line.split("\t")
        if kind == "file":
            if facts is not None:
                yield facts
            facts = []
        elif kind == "symbol" and field[0] == field[1]:
            # readelf prints the symbol that stands for a version without it.
            facts.append((kind, field[0], "", *field[2:]))
        else:
            facts.append((kind, *field))
    yield facts


def readelf(*arguments):
    return subprocess.run(["readelf", "-W", *arguments], stdout=subprocess.PIPE, check=True,
                          stderr=subprocess.DEVNULL).stdout.decode(errors="surrogateescape")


def dynamic(path):
    facts = []
    text = readelf("-d", path)
    for match in re.finditer(r"\((NEEDED|SONAME|RPATH|RUNPATH)\)\s+[^[]*\[(.*)\]$", text, re.M):
        facts.append((TAGS[match[1]], match[2]))
    flags = {"bind_now": r"\(BIND_NOW\)|\(FLAGS\)\s.*BIND_NOW|\(FLAGS_1\)\s.*\bNOW\b",
             "textrel": r"\(TEXTREL\)|\(FLAGS\)\s.*TEXTREL", "debug": r"\(DEBUG\)"}
    return facts + [("flag", name) for name, form in flags.items() if re.search(form, text)]


def versions(path):
    facts, library = [], None
    for line in readelf("-V", path).splitlines():
        match = re.search(r"Version: \d+  File: (.*)  Cnt: ", line)
        if match:
            library = match[1]
        match = re.search(r"Name: (.*)  Flags: (.*)  Version: \d+", line)
        if match:
            facts.append(("need", library, match[1], str(int("WEAK" in match[2]))))
        match = re.search(r"Rev: \d+  Flags: (.*)  Index: \d+  Cnt: \d+  Name: (.*)$", line)
        if match and "BASE" not in match[1]:
            facts.append(("version", match[2]))
    return facts


def symbols(path):
    facts = []
    for line in readelf("--dyn-syms", path).splitlines():
        field = line.split()
        if len(field) < 8 or field[4] not in ("GLOBAL", "WEAK", "UNIQUE") or field[7][0] == "@":
            continue
        name, _, version = field[7].replace("@@", "@").partition("@")
        facts.append(("symbol", name, version, str(int(field[6] != "UND")),
                      str(int(field[4] == "WEAK"))))
    return facts


def compare(path, facts, with_symbols):
    """What differs, or None."""
    by_kind = {k: [f for f in facts if (f[0] == "symbol", f[0] in ("need", "version")) == k]
               for k in ((False, False), (False, True), (True, False))}
    pairs = [(by_kind[False, False], dynamic(path)), (by_kind[False, True], versions(path))]
    if with_symbols:
        pairs.append((by_kind[True, False], symbols(path)))
    for mine, theirs in pairs:
        if sorted(mine) != sorted(theirs):
            return f"only here {sorted(set(mine) - set(theirs))[:3]}, " \
                   f"only in readelf {sorted(set(theirs) - set(mine))[:3]}"
    return None


def main():
    if len(sys.argv) != 2 or os.geteuid() != 0:
        print(__doc__, file=sys.stderr)
        return 2
    elfdump = sys.argv[1] if os.path.basename(sys.argv[1]) == "elfdump" else \
        os.path.join(TOP, "build/dev/test/elfdump")
    tally = Tally()
    for name, root in (("bookworm", roots.debian("bookworm")), ("trixie", roots.debian("trixie")),
                       ("npm's musl packages", npm_packages())):
        paths = [f"{root}{p}" for p in dynamic_files(root)]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            found = list(pool.map(compare, paths, dump(elfdump, paths),
                                  (i % 4 == 0 for i in range(len(paths)))))
        wrong = [f"{p}: {why}" for p, why in zip(paths, found) if why is not None]
        print(f"# {name}: {len(paths) - len(wrong)} of {len(paths)} agree")
        tally.add(name, "\n".join(wrong[:SHOWN]) if wrong or not paths else None)
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
