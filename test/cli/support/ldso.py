# SPDX-License-Identifier: Apache-2.0
"""What a loader says of a program's libraries, and what test/tools/resolve.c predicts, in one form."""
import os
import re
import subprocess

from tap import TOP, environment

GLIBC = "/lib64/ld-linux-x86-64.so.2"
MUSL = "/lib/ld-musl-x86_64.so.1"
# strerror(errno) where no place was left to look; 0 where there was none from the start.
NOT_FOUND = ("No such file or directory", "Permission denied", "No error information")


def resolver(argument):
    """The program of test/tools/resolve.c: ARGUMENT, or the dev build's where that is the gate."""
    if os.path.basename(argument) == "resolve":
        return os.path.abspath(argument)
    return os.path.join(TOP, "build/dev/test/resolve")


class Answer:
    """Libraries in load order as (name, path); missing: names that were not found; faults: of names
    whose file the loader refuses; searches: (name, places tried) in order; error: the loader ended
    with it, or the prediction could not be made; started: whether the program ran; ignored: names
    that are not found and that the loader goes on without."""

    def __init__(self):
        self.libraries, self.missing, self.searches, self.ignored = [], [], [], set()
        self.faults, self.error, self.started = {}, None, None


def absolute(path, cwd):
    return path if path.startswith("/") or cwd is None else os.path.join(cwd, path)


def parse_glibc(done, cwd=None):
    """Of a run under LD_TRACE_LOADED_OBJECTS and LD_DEBUG=libs."""
    answer = Answer()
    for line in done.stdout.decode(errors="surrogateescape").splitlines():
        line = re.sub(r" \(0x[0-9a-f]+\)$", "", line.strip())
        name, arrow, found = line.partition(" => ")
        if found == "not found":
            answer.missing.append(name)
        elif name not in ("statically linked", GLIBC) and not name.startswith("linux-vdso"):
            answer.libraries.append((name, absolute(found if arrow else name, cwd)))
    for line in done.stderr.decode(errors="surrogateescape").splitlines():
        line = line.partition(":\t")[2] if line[:10].strip().isdigit() else line
        if line.startswith("find library="):
            answer.searches.append((line[13:].rpartition(" [")[0], []))
        elif line.startswith("  trying file="):
            answer.searches[-1][1].append(absolute(line[14:], cwd))
        elif "error while loading" in line:
            answer.error = line
    if done.returncode != 0 and not answer.error:
        answer.error = f"exit status {done.returncode}"
    return answer


def parse_musl(done, cwd=None):
    """Of `ld-musl-ARCH.so.1 --list`."""
    answer = Answer()
    for line in done.stdout.decode(errors="surrogateescape").splitlines():
        line = re.sub(r" \(0x[0-9a-f]+\)$", "", line.strip())
        name, arrow, found = line.partition(" => ")
        if arrow and found != MUSL:
            answer.libraries.append((name, absolute(found, cwd)))
    for line in done.stderr.decode(errors="surrogateescape").splitlines():
        match = re.match(r"Error loading shared library (.*): (.*) \(needed by .*\)$", line)
        if match and match[2] in NOT_FOUND:
            answer.missing.append(match[1])
        elif match:
            answer.faults[match[1]] = match[2]
        elif not line.startswith("Error relocating"):
            answer.error = line
    return answer


def predict(resolve, root, paths, *options):
    """Answers for PATHS, by one process, in their order."""
    done = subprocess.run([resolve, "--root", str(root), *options, "-"], check=True,
                          env=environment(), stdout=subprocess.PIPE,
                          input="".join(p + "\n" for p in paths).encode())
    answer, place = None, None
    for line in done.stdout.decode(errors="surrogateescape").splitlines():
        kind, *field = line.split("\t")
        if kind == "file":
            answer = Answer()
        elif kind == "object" and field[2] not in ("program", "loader"):
            answer.libraries.append((field[0], field[1]))
        elif kind == "need":
            place = take_need(answer, field)
        elif kind == "try" and place is not None:
            place.append(field[0])
        elif kind in ("error", "limit"):
            answer.error = field[0]
        elif kind == "end":
            # What was loaded already is not searched for.
            answer.searches = [(n, p) for n, p, found in answer.searches if p or not found]
            answer.started = not (answer.missing or answer.faults or answer.error)
            yield answer


def take_need(answer, field):
    """Returns the list that the places tried go to; none is printed for a path."""
    name, _, where, fault = field
    if where in ("missing", "unread") and fault:
        answer.faults[name] = fault
    elif where == "missing":
        answer.missing.append(name)
    elif where == "ignored":
        answer.ignored.add(name)
    if "/" in name or not name:
        return None
    answer.searches.append((name, [], where not in ("missing", "unread", "ignored")))
    return answer.searches[-1][1]


def first_difference(mine, theirs):
    i = 0
    while i < min(len(mine), len(theirs)) and mine[i] == theirs[i]:
        i += 1
    return f"ld.so {theirs[i:i + 1]}, predicted {mine[i:i + 1]}"


def difference(mine, theirs, order, shuffled=False):
    """What differs between a prediction and what a loader said, or None. ORDER: it also said where it
    looked. SHUFFLED: the order of libraries is not predicted, and what a start goes on without the
    trace calls missing."""
    searches = mine.searches
    loaded, missing = (mine.libraries, theirs.libraries), set(theirs.missing)
    if shuffled:
        loaded, missing = [sorted(libraries) for libraries in loaded], missing - mine.ignored
    if theirs.error:
        # The loader ends at the first file that it refuses, and lists nothing.
        if not mine.faults and not mine.missing:
            return f"ld.so ended: {theirs.error}"
        searches = searches[:len(theirs.searches)]
    else:
        if mine.error or set(mine.faults) != set(theirs.faults):
            return f"faults: ld.so {theirs.faults}, predicted {mine.faults} {mine.error or ''}"
        if loaded[0] != loaded[1]:
            return f"libraries: {first_difference(*loaded)}"
        if set(mine.missing) != missing:
            return f"missing: ld.so {theirs.missing}, predicted {mine.missing}"
    if order and searches != theirs.searches:
        return f"searches: {first_difference(searches, theirs.searches)}"
    if theirs.started is not None and mine.started != theirs.started:
        return f"started: {theirs.started}, predicted {mine.started}"
    return None
