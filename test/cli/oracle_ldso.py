#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Oracle for lib/elf/resolve.h: what each root's own ld.so finds, and where it looks for it.

usage: oracle_ldso.py RESOLVE [SUITE...]

RESOLVE is the program of test/tools/resolve.c. In a chroot of a Debian bookworm and of a trixie root
(cached, see support/roots.py), `ld.so FILE` with LD_TRACE_LOADED_OBJECTS (what ldd uses; --list
would end at the first library that is missing) and LD_DEBUG=libs says of every dynamic program
and library which libraries it gets, in which order, under which paths, and every file that was tried
on the way; RESOLVE must say the same without running anything. Each fifth file is asked again with
an LD_LIBRARY_PATH of existing, missing, repeated and odd directories. Needs root.

The last line is "N passed, N failed"; a disagreement is a failure.
"""
import concurrent.futures
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import roots  # noqa: E402
from tap import Tally  # noqa: E402

LOADER = "/lib64/ld-linux-x86-64.so.2"
LIBRARY_PATH = ("/usr/lib/x86_64-linux-gnu/systemd:/nowhere:/usr/lib/x86_64-linux-gnu/pulseaudio/:"
                "/usr/lib/x86_64-linux-gnu/systemd;/etc/passwd:/usr/lib/../lib/x86_64-linux-gnu:/")
ET_EXEC, ET_DYN, PT_DYNAMIC, PT_LOAD, EM_X86_64 = 2, 3, 2, 1, 62
SHOWN = 20


def is_dynamic(path):
    """A 64-bit x86 program or library with a dynamic section."""
    with open(path, "rb") as file:
        head = file.read(64)
        if head[:5] != b"\x7fELF\x02" or len(head) < 64:
            return False
        word = lambda at, size: int.from_bytes(head[at:at + size], "little")  # noqa: E731
        if word(16, 2) not in (ET_EXEC, ET_DYN) or word(18, 2) != EM_X86_64:
            return False
        file.seek(word(32, 8))
        table = file.read(56 * word(56, 2))
        entries = [table[i:i + 56] for i in range(0, len(table), 56)]
        # filesz 0: a file of debug information
        return any(int.from_bytes(e[:4], "little") == PT_DYNAMIC and any(e[32:40])
                   for e in entries)


def dynamic_files(root):
    seen = set()
    for folder, names, files in os.walk(root):
        names.sort()
        for name in sorted(files):
            path = os.path.join(folder, name)
            status = os.lstat(path)
            if not os.path.isfile(path) or os.path.islink(path) or status.st_ino in seen:
                continue
            seen.add(status.st_ino)
            if is_dynamic(path) and not name.startswith("ld-linux"):
                yield "/" + os.path.relpath(path, root)


class Answer:
    """Libraries in load order as (name, path), missing names, and (name, places tried)."""

    def __init__(self):
        self.libraries, self.missing, self.searches, self.error = [], set(), [], None

    def __eq__(self, other):
        return (self.libraries == other.libraries and self.missing == other.missing and
                self.searches == other.searches and bool(self.error) == bool(other.error))

    def difference(self, other):
        for what in ("error", "libraries", "missing", "searches"):
            mine, theirs = getattr(self, what), getattr(other, what)
            if mine != theirs:
                if isinstance(mine, list):
                    i = 0
                    while i < min(len(mine), len(theirs)) and mine[i] == theirs[i]:
                        i += 1
                    mine, theirs = mine[i:i + 1], theirs[i:i + 1]
                return f"{what}: ld.so {theirs}, predicted {mine}"
        return "equal"


def ask_loader(root, path, library_path):
    env = {"LD_DEBUG": "libs", "LD_TRACE_LOADED_OBJECTS": "1"}
    if library_path:
        env["LD_LIBRARY_PATH"] = library_path
    done = subprocess.run([LOADER, path], env=env, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False, cwd=root,
                          preexec_fn=lambda: os.chroot("."))
    answer = Answer()
    for line in done.stdout.decode(errors="surrogateescape").splitlines():
        line = re.sub(r" \(0x[0-9a-f]+\)$", "", line.strip())
        name, arrow, found = line.partition(" => ")
        if found == "not found":
            answer.missing.add(name)
        elif name != "statically linked" and not name.startswith("linux-vdso"):
            answer.libraries.append((name, found if arrow else name))
    for line in done.stderr.decode(errors="surrogateescape").splitlines():
        line = line.partition(":\t")[2] if line[:10].strip().isdigit() else line
        if line.startswith("find library="):
            answer.searches.append((line[13:].partition(" [")[0], []))
        elif line.startswith("  trying file="):
            answer.searches[-1][1].append(line[14:])
        elif "error while loading" in line:
            answer.error = line
    if done.returncode != 0 and not answer.error:
        answer.error = f"exit status {done.returncode}"
    return answer


def predictions(resolve, root, paths, library_path):
    """Of all PATHS by one process, in their order."""
    more = ["--library-path", library_path] if library_path else []
    done = subprocess.run([resolve, "--root", str(root), *more, "--cwd", "/", "--loader", LOADER,
                           "-"], check=True, input="".join(p + "\n" for p in paths).encode(),
                          stdout=subprocess.PIPE)
    answer = None
    for line in done.stdout.decode(errors="surrogateescape").splitlines():
        field = line.split("\t")
        if field[0] == "file":
            answer = Answer()
        elif field[0] == "object" and field[3] != "program":
            answer.libraries.append((LOADER if field[3] == "loader" else field[1], field[2]))
        elif field[0] == "need":
            searched = "/" not in field[1]
            if field[3] == "missing" and not field[4]:
                answer.missing.add(field[1])
            elif field[3] in ("missing", "unread"):
                answer.error = field[4]
            elif searched:
                searched = None
            if searched is not False:
                answer.searches.append((field[1], []) if searched else (field[1], [], "found"))
        elif field[0] == "try" and answer.searches:
            answer.searches[-1][1].append(field[1])
        elif field[0] in ("error", "limit"):
            answer.error = field[1]
        elif field[0] == "end":
            # What was loaded already is not searched for.
            answer.searches = [s[:2] for s in answer.searches if len(s) == 2 or s[1]]
            yield answer


def loader_last(answer):
    """ld.so lists itself where it stands in its own list, which is not the order of loading."""
    answer.libraries = [l for l in answer.libraries if l[1] != LOADER]
    return answer


def compare(tally, resolve, root, name, paths, library_path):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        real = pool.map(lambda p: ask_loader(root, p, library_path), paths)
        expected = predictions(resolve, root, paths, library_path)
        different = []
        for path, theirs, mine in zip(paths, real, expected):
            if loader_last(mine) != loader_last(theirs):
                different.append(f"{path}: {mine.difference(theirs)}")
    print(f"# {name}: {len(paths) - len(different)} of {len(paths)} agree")
    tally.add(name, "\n".join(different[:SHOWN]) if different or not paths else None)


def main():
    if len(sys.argv) < 2 or os.geteuid() != 0:
        print(__doc__, file=sys.stderr)
        return 2
    tally = Tally()
    for suite in sys.argv[2:] or ("bookworm", "trixie"):
        root = roots.debian(suite)
        paths = list(dynamic_files(root))
        compare(tally, sys.argv[1], root, f"{suite}: every dynamic file", paths, None)
        compare(tally, sys.argv[1], root, f"{suite}: with LD_LIBRARY_PATH", paths[::5],
                LIBRARY_PATH)
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
