#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Oracle for lib/elf/resolve.h: what each root's own ld.so finds, and where it looks for it.

usage: oracle_ldso.py RESOLVE [SUITE...]

RESOLVE is the program of test/tools/resolve.c (given the gate, the dev build's is taken). In a chroot of a Debian bookworm and of a trixie root
(cached, see support/roots.py), `ld.so FILE` with LD_TRACE_LOADED_OBJECTS (what ldd uses; --list
would end at the first library that is missing) and LD_DEBUG=libs says of every dynamic program
and library which libraries it gets, in which order, under which paths, and every file that was tried
on the way; RESOLVE must say the same without running anything. Each fifth file is asked again with
an LD_LIBRARY_PATH of existing, missing, repeated and odd directories. Needs root.

The last line is "N passed, N failed"; a disagreement is a failure.
"""
import concurrent.futures
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import ldso  # noqa: E402
import roots  # noqa: E402
from tap import Tally  # noqa: E402

LIBRARY_PATH = ("/usr/lib/x86_64-linux-gnu/systemd:/nowhere:/usr/lib/x86_64-linux-gnu/pulseaudio/:"
                "/usr/lib/x86_64-linux-gnu/systemd;/etc/passwd:/usr/lib/../lib/x86_64-linux-gnu:/")
ET_EXEC, ET_DYN, PT_DYNAMIC, EM_X86_64 = 2, 3, 2, 62
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


def ask_loader(root, path, library_path):
    env = {"LD_DEBUG": "libs", "LD_TRACE_LOADED_OBJECTS": "1"}
    if library_path:
        env["LD_LIBRARY_PATH"] = library_path
    done = subprocess.run([ldso.GLIBC, path], env=env, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False, cwd=root,
                          preexec_fn=lambda: os.chroot("."))
    return ldso.parse_glibc(done)


def compare(tally, resolve, root, name, paths, library_path):
    more = ["--library-path", library_path] if library_path else []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        real = pool.map(lambda p: ask_loader(root, p, library_path), paths)
        expected = ldso.predict(resolve, root, paths, *more, "--cwd", "/", "--loader", ldso.GLIBC)
        different = []
        for path, theirs, mine in zip(paths, real, expected):
            why = ldso.difference(mine, theirs, order=True)
            if why is not None:
                different.append(f"{path}: {why}")
    print(f"# {name}: {len(paths) - len(different)} of {len(paths)} agree")
    tally.add(name, "\n".join(different[:SHOWN]) if different or not paths else None)


def main():
    if len(sys.argv) < 2 or os.geteuid() != 0:
        print(__doc__, file=sys.stderr)
        return 2
    tally, resolve = Tally(), ldso.resolver(sys.argv[1])
    for suite in sys.argv[2:] or ("bookworm", "trixie"):
        root = roots.debian(suite)
        paths = list(dynamic_files(root))
        compare(tally, resolve, root, f"{suite}: every dynamic file", paths, None)
        compare(tally, resolve, root, f"{suite}: with LD_LIBRARY_PATH", paths[::5],
                LIBRARY_PATH)
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
