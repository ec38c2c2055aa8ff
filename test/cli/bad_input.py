#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bad input from outside: files, policies, outputs, limits, races and failing system calls.

bad_input.py BINARY [GROUP...]

Whatever is wrong with what the gate reads or writes, it ends in time, with the right one of its
four exit codes, and never with 0 for something it did not see to be right. Servers that misbehave
are played by test/tools/faultfs.c. Needs root; all state lies in a mount namespace of its own. The
last line is "N passed, N failed".
"""
import concurrent.futures
import ctypes
import hashlib
import itertools
import json
import os
import re
import shlex
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import tap  # noqa: E402
from hostile import (Elf, GNU_HASH, HASH, NEEDED, RPATH, RUNPATH, SYMENT, SYMTAB, VERDEF,  # noqa: E402
                     VERDEFNUM, VERNEED, VERNEEDNUM)

VERDICTS = {0: "pass", 1: "fail", 2: "error", 3: "error"}
NOBODY = 65534
# Seconds. They tell a run that hangs from one that ends, never a slow one from a fast one: CPUs may
# be busy, and the suite may run on any machine.
HANGS = 90           # after which a run counts as hung
STALL = 2            # what the gate is told
SLACK = 30           # how much later it may end
SOON = 30            # for what must not wait at all
STALLED = f"Nothing moved for {STALL} seconds (--stall)"
TIMED_OUT = "--timeout 2 seconds"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]")
RENAME_EXCHANGE = 2
libc = ctypes.CDLL(None, use_errno=True)


class Run:
    """One run of the gate: exit code (negative: a signal; None: it did not end), what it printed,
    seconds, and the report where it printed one."""

    def __init__(self, code, out, err, seconds):
        self.code, self.seconds = code, seconds
        self.raw = out
        self.out = out.decode(errors="surrogateescape")
        self.err = err.decode(errors="surrogateescape")
        try:
            self.report = json.loads(self.out)
        except ValueError:
            self.report = None
        if not isinstance(self.report, dict) or "results" not in self.report:
            self.report = None

    def results(self, check=None):
        if self.report is None:
            return []
        return [r for r in self.report["results"] if check is None or r["check"] == check]

    def __str__(self):
        bad = [(r["check"], r["subject"][-60:], r["status"], r["message"][:160])
               for r in self.results() if r["status"] in ("fail", "error", "warn")]
        return (f"exit code {self.code} after {self.seconds:.1f} s, results {bad}, "
                f"errors {self.err[:600]!r}" + ("" if self.report else f", out {self.out[:200]!r}"))


FORKER = """
import os, sys
pid = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(pid, 0)
with open(sys.argv[1], "w") as f:
    print(usage.ru_maxrss, file=f)
os._exit(os.waitstatus_to_exitcode(status))
"""


class Bench:
    """The binary under test, a folder on a tmpfs, a program that passes and its digest."""

    def __init__(self, binary, work):
        self.binary, self.work = binary, work
        with open(binary, "rb") as f:
            self.sanitized = b"__asan_init" in f.read()
        self.good = self.path("good")
        shutil.copyfile("/bin/true", self.good)
        # Larger than any readahead, so that a fault in its second half comes late.
        os.truncate(self.good, 1 << 20)
        os.chmod(self.good, 0o755)
        with open(self.good, "rb") as f:
            self.bytes = f.read()
        self.digest = sha256(self.bytes)
        self.bad_bytes = self.bytes[:-1] + b"\x01"
        self.faults = self.path("mnt")
        self.server = None
        self.stuck = None

    def path(self, *names):
        return os.path.join(self.work, *names)

    def folder(self, name):
        path = self.path(name)
        os.mkdir(path)
        return path

    def write(self, name, data, mode=0o644):
        path = self.path(name)
        with open(path, "wb") as f:
            f.write(data if isinstance(data, bytes) else data.encode())
        os.chmod(path, mode)
        return path

    def policy(self, name, content):
        content = {"apiVersion": "initgate.dev/v1", "kind": "Policy", **content}
        return self.write(name, json.dumps(content))

    def elf(self, name, *options):
        path = self.path(name)
        subprocess.run([sys.executable, os.path.join(tap.SUPPORT, "mkelf.py"), path, *options],
                       check=True)
        return path

    def start(self, *arguments, wrap=(), stdin=subprocess.DEVNULL, stdout=None, env=None,
              cwd=None):
        out = tempfile.TemporaryFile(dir=self.work) if stdout is None else stdout
        err = tempfile.TemporaryFile(dir=self.work)
        start = time.monotonic()
        process = subprocess.Popen([*wrap, self.binary, *arguments], stdin=stdin, stdout=out,
                                   stderr=err, cwd=cwd, env=tap.environment(**(env or {})),
                                   start_new_session=True)
        return process, out, err, start

    def finish(self, started, hangs=HANGS):
        process, out, err, start = started
        code = None
        while True:
            pid, status = os.waitpid(process.pid, os.WNOHANG)
            seconds = time.monotonic() - start
            if pid != 0:
                code = os.waitstatus_to_exitcode(status) if code is None else code
                break
            if seconds > hangs + 5:
                code = None
                break
            if seconds > hangs:
                os.killpg(process.pid, signal.SIGKILL)
                code = "killed"
            time.sleep(0.002 if seconds < 0.5 else 0.05)
        process.returncode = -1
        texts = []
        for file in (out, err):
            data = b""
            if not isinstance(file, int) and not file.closed and file.readable():
                file.seek(0)
                data = file.read()
            if not isinstance(file, int):
                file.close()
            texts.append(data)
        return Run(code, texts[0], texts[1], seconds)

    def run(self, *arguments, hangs=HANGS, **more):
        return self.finish(self.start(*arguments, **more), hangs)

    def verify(self, *arguments, **more):
        return self.run("verify", "--format", "json", *arguments, **more)

    def measured(self, *arguments):
        """verify(), and its peak RSS in KiB. The first figure that the kernel knows of a process
        is the size of the one it was forked from: so a small one lies between."""
        note = self.path("rss")
        run = self.verify(*arguments, wrap=(sys.executable, "-S", "-c", FORKER, note))
        with open(note, encoding="ascii") as f:
            return run, int(f.read())

    def binary_run(self, path, *arguments, **more):
        return self.verify("--binary", path, "--sha256", self.digest, *arguments, **more)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def defect(run):
    """Why this is no answer at all, or None."""
    if run.code is None or run.code == "killed":
        return f"it did not end by itself: {run}"
    if run.code not in VERDICTS:
        return f"crashed, or an exit code of its own: {run}"
    if "Sanitizer" in run.err or "runtime error:" in run.err:
        return f"sanitizer report:\n{run.err}"
    # A report that was printed cannot know of the termination log that then was not written.
    lost = run.code == 3 and "cannot write" in run.err
    if run.report is not None and run.report["verdict"] != VERDICTS[run.code] and not lost:
        return f"verdict {run.report['verdict']} with exit code {run.code}"
    if CONTROL.search(run.out) or CONTROL.search(run.err):
        return f"control characters in what it prints: {run.out!r} {run.err!r}"
    return None


class Group:
    """Results of one group of tests, printed together."""

    def __init__(self, name):
        self.name, self.lines = name, []
        self.notes = []

    def add(self, name, why=None):
        self.lines.append((f"{self.name}: {name}", why))

    def note(self, text):
        self.notes.append(f"# {self.name}: {text}")

    def expect(self, name, run, code, results=(), err=None, within=None, at_least=None):
        """CODE is one exit code or several. RESULTS are (check, status, part of the message);
        each must be there. ERR is part of what standard error says. Seconds."""
        why = defect(run)
        codes = (code,) if isinstance(code, int) else code
        if why is None and run.code not in codes:
            why = f"expected exit code {code}, got {run}"
        for check, status, text in results:
            if why is None and not any(r["status"] == status and text in r["message"]
                                       for r in run.results(check)):
                why = f"no {check} {status} with {text!r}: {run}"
        if why is None and err is not None and err not in run.err:
            why = f"standard error lacks {err!r}: {run}"
        if why is None and within is not None and run.seconds > within:
            why = f"took {run.seconds:.1f} s, at most {within} s: {run}"
        if why is None and at_least is not None and run.seconds < at_least:
            why = f"ended after {run.seconds:.1f} s, before {at_least} s: {run}"
        self.add(name, why)
        return why is None


# ---- files -------------------------------------------------------------------------------------

def odd_files(bench):
    """Name, path, what the gate calls it (None: see each role)."""
    folder = bench.folder("odd")
    bench.write("odd/empty", b"", 0o755)
    os.mkdir(f"{folder}/directory", 0o755)
    os.mkfifo(f"{folder}/fifo", 0o755)
    os.chmod(f"{folder}/fifo", 0o755)
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(f"{folder}/socket")
    os.chmod(f"{folder}/socket", 0o755)
    os.mknod(f"{folder}/zero", stat.S_IFCHR | 0o755, os.makedev(1, 5))
    os.mknod(f"{folder}/block", stat.S_IFBLK | 0o755, os.makedev(7, 250))
    return [("missing", f"{folder}/missing", None), ("empty", f"{folder}/empty", None),
            ("directory", f"{folder}/directory", "directory"), ("fifo", f"{folder}/fifo", "FIFO"),
            ("socket", f"{folder}/socket", "socket"),
            ("zero", f"{folder}/zero", "character device"),
            ("block", f"{folder}/block", "block device"), ("kmsg", "/proc/kmsg", None)]


def test_odd_files(bench, group):
    trusted = {"trustedDirs": ["/"]}
    for name, path, kind in odd_files(bench):
        empty = name in ("empty", "kmsg")
        what = ("ENOENT" if name == "missing" else "empty (0 bytes)" if empty
                else f"It is a {kind}, not a regular file")
        run = bench.binary_run(path)
        group.expect(f"{name} as --binary", run, 1, [("binary.file", "fail", what)], within=SOON)

        what = ("ENOENT" if name == "missing" else "The file is empty" if empty
                else f"It is a {kind}, not a regular file")
        policy = bench.policy(f"odd-{name}.json",
                              {"files": [{"path": path, "sha256": bench.digest}]})
        run = bench.verify("--policy", policy)
        group.expect(f"{name} as a policy's file", run, 1, [("file.content", "fail", what)],
                     within=SOON)
        sums = bench.write(f"odd-{name}.sums", f"{bench.digest}  {path}\n")
        run = bench.verify("--sha256sums", sums)
        group.expect(f"{name} in a checksum file", run, 1, [("file.content", "fail", what)],
                     within=SOON)

        # A program whose loader it is, and a script whose interpreter it is.
        elf = bench.elf(f"odd-{name}.elf", "--interp", path)
        policy = bench.policy(f"odd-{name}-loader.json",
                              {"binaries": [{"path": elf, "interpreter": trusted}]})
        run = bench.verify("--policy", policy)
        what = ("ENOENT" if name == "missing" else "EACCES" if name == "kmsg"
                else "empty" if empty else kind)
        group.expect(f"{name} as the loader", run, 1, [("binary.interpreter", "fail", what)],
                     within=SOON)
        script = bench.write(f"odd-{name}.sh", f"#!{path}\n", 0o755)
        run = bench.verify("--binary", script)
        what = "empty" if empty else what
        group.expect(f"{name} as a script's interpreter", run, 1,
                     [("binary.machine", "fail", what)], within=SOON)

        # Not /proc/kmsg: whoever reads it takes the lines from the system's log.
        if name != "kmsg":
            run = bench.verify("--policy", path, "--timeout", "2")
            group.expect(f"{name} as the policy", run, 2, err="initgate: error: policy",
                         within=SOON)
            run = bench.verify("--sha256sums", path, "--timeout", "2")
            group.expect(f"{name} as the checksum file", run, 2,
                         err="initgate: error: checksum file", within=SOON)

        run = bench.run("measure", path)
        if empty:
            group.expect(f"measure {name}", run, 0, within=SOON)
        else:
            group.expect(f"measure {name}", run, 3, within=2,
                         err="ENOENT" if name == "missing" else f"it is a {kind}")
        run = bench.run("inspect", path)
        group.expect(f"inspect {name}", run, 2 if name == "directory" else 3, within=2,
                     err="ENOENT" if name == "missing" else "empty" if empty
                     else "no ELF program or library" if name == "directory"
                     else "not a regular file")
        root = bench.verify("--root", path, "--binary", "/x")
        fault = {"missing": "does not exist", "directory": "is empty"}
        group.expect(f"{name} as --root", root, 1,
                     [("binary.file", "fail", fault.get(name, "is not a directory"))], within=SOON)


def linked(bench, name, *dirs):
    """A program that needs libown.so, which the last of its search path's DIRS has."""
    source = bench.write(f"{name}.c", "int own(void);\nint main(void) { return own(); }\n")
    library = bench.write("own.c", "int own(void);\nint own(void) { return 0; }\n")
    path = bench.path(name)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", f"{dirs[-1]}/libown.so", library], check=True)
    subprocess.run(["gcc", "-o", path, source, "-L", dirs[-1], "-lown",
                    "-Wl,-rpath," + ":".join(dirs)], check=True)
    return path


def test_unreadable(bench, group):
    nobody = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    path = bench.write("unreadable", bench.bytes, 0o711)
    run = bench.binary_run(path, wrap=nobody)
    group.expect("program that the gate may execute, not read", run, 3,
                 [("binary.sha256", "error", "EACCES"), ("binary.machine", "error", "EACCES"),
                  ("binary.access", "pass", "may reach and execute")])
    run = bench.binary_run(path, "--warn-only", wrap=nobody)
    group.expect("the same with --warn-only", run, 3)
    private = bench.write("private", bench.bytes, 0o600)
    policy = bench.policy("private.json", {"files": [{"path": private, "sha256": bench.digest}]})
    group.expect("unreadable file", bench.verify("--policy", policy, wrap=nobody), 3,
                 [("file.content", "error", "EACCES")])
    sums = bench.write("private.sums", f"{bench.digest}  {private}\n")
    group.expect("unreadable file of a checksum file",
                 bench.verify("--sha256sums", sums, wrap=nobody), 3,
                 [("file.content", "error", "EACCES")])
    secret = bench.policy("secret.json", {"binaries": [{"path": bench.good}]})
    os.chmod(secret, 0o600)
    group.expect("unreadable policy", bench.verify("--policy", secret, wrap=nobody), 2,
                 err="EACCES")
    group.expect("measure an unreadable program", bench.run("measure", path, wrap=nobody), 3,
                 err="EACCES")
    group.expect("inspect an unreadable program", bench.run("inspect", path, wrap=nobody), 3,
                 err="EACCES")
    loader = bench.elf("unreadable-loader")
    os.chmod(loader, 0o711)
    elf = bench.elf("unreadable.elf", "--interp", loader)
    policy = bench.policy("unreadable-loader.json", {
        "binaries": [{"path": elf, "interpreter": {"trustedDirs": [bench.work]}}]})
    group.expect("unreadable loader", bench.verify("--policy", policy, wrap=nobody), 3,
                 [("binary.interpreter", "error", "EACCES")])
    closed = bench.folder("closed")
    inside = bench.write("closed/program", bench.bytes, 0o755)
    os.chmod(closed, 0o700)
    run = bench.binary_run(inside, "--run-as", "0:0", wrap=nobody)
    group.expect("program in a directory that the gate may not search", run, 3,
                 [("binary.file", "error", "EACCES")])
    os.chmod(closed, 0o711)
    # The main container's user would take the library from the folder that the gate cannot see.
    hidden, plain = bench.folder("hidden"), bench.folder("plain-lib")
    program = linked(bench, "linked", hidden, plain)
    shutil.copy(f"{plain}/libown.so", hidden)
    os.chmod(hidden, 0o700)
    run = bench.verify("--binary", program, "--run-as", "0:0", wrap=nobody)
    group.expect("a library folder closed to the gate, open to the program's user", run, 3,
                 [("binary.libraries", "error", "EACCES")])
    run = bench.verify("--binary", program, "--run-as", f"{NOBODY}:{NOBODY}", wrap=nobody)
    group.expect("a library folder closed to both", run, 0, [("binary.libraries", "pass", "")])
    root = bench.folder("unlisted")
    shutil.copyfile(bench.good, f"{root}/p")
    os.chmod(f"{root}/p", 0o755)
    os.chmod(root, 0o711)
    group.expect("--root that may be searched but not listed",
                 bench.binary_run("/p", "--root", root, wrap=nobody), (0, 1, 3))


def test_sparse(bench, group):
    path = bench.write("tera", bench.bytes, 0o755)
    os.truncate(path, 1 << 40)
    late = {"within": 2 + SLACK, "at_least": 2}
    run = bench.binary_run(path, "--timeout", "2")
    group.expect("1 TB sparse program ends at --timeout", run, 3,
                 [("binary.sha256", "error", TIMED_OUT)], **late)
    sums = bench.write("tera.sums", f"{bench.digest}  {path}\n")
    run = bench.verify("--sha256sums", sums, "--timeout", "2")
    group.expect("1 TB sparse file of a checksum file", run, 3,
                 [("file.content", "error", TIMED_OUT)], **late)
    run = bench.verify(env={"INITGATE_TIMEOUT": "2", "INITGATE_BINARY": path,
                            "INITGATE_SHA256": bench.digest})
    group.expect("the same with variables", run, 3, [("binary.sha256", "error", TIMED_OUT)], **late)
    # A wrong program beside it is still a failure.
    wrong = bench.write("tera-wrong", bench.bad_bytes, 0o755)
    run = bench.verify("--binary", wrong, "--sha256", bench.digest, "--binary", path, "--sha256",
                       bench.digest, "--timeout", "2")
    group.expect("1 TB beside a wrong program", run, 1,
                 [("binary.sha256", "fail", "expected"), ("binary.sha256", "error", TIMED_OUT)],
                 **late)
    run = bench.binary_run(path, "--timeout", "2", "--warn-only")
    group.expect("1 TB with --warn-only", run, 3, **late)
    group.expect("measure 1 TB", bench.run("measure", "--timeout", "2", path), 3, **late)
    group.expect("inspect 1 TB", bench.run("inspect", "--timeout", "2", path), 3, **late)
    group.expect("1 TB as the policy", bench.verify("--policy", path), 2, err="larger than 16 MiB",
                 within=SOON)
    run, peak = bench.measured("--binary", path, "--timeout", "2")
    group.expect("1 TB without a digest is not read", run, 0, within=SOON)
    run, peak = bench.measured("--binary", path, "--sha256", bench.digest, "--timeout", "2")
    group.note(f"1 TB: peak RSS {peak >> 10} MiB")
    group.add("1 TB takes no more memory than 1 MB",
              None if peak < (400 if bench.sanitized else 16) << 10 else f"{peak} KiB")
    os.unlink(path)


def stopped(bench, path, *arguments):
    """The gate on one CPU, so in one thread, stopped behind its second read of PATH: what changes now
    changes while PATH is being read, on any machine."""
    log = path + ".strace"
    started = bench.start(
        *arguments, wrap=("taskset", "-c", str(min(os.sched_getaffinity(0))), "strace", "-f", "-qq", "-o",
                          log, "-P", path, "-e", "trace=pread64", "-e",
                          "inject=pread64:signal=SIGSTOP:when=2"),
        env={"ASAN_OPTIONS": no_leaks()["ASAN_OPTIONS"]})
    end = time.monotonic() + HANGS
    while time.monotonic() < end:
        if os.path.exists(log):
            with open(log, encoding="utf-8", errors="replace") as f:
                if "--- stopped by SIGSTOP ---" in f.read():
                    os.unlink(log)
                    return started
        time.sleep(0.002)
    os.killpg(started[0].pid, signal.SIGKILL)
    raise RuntimeError(f"{arguments}: it never read {path} twice")


def changed_meanwhile(bench, path, change, *arguments):
    """The run in which CHANGE happened while PATH was read."""
    started = stopped(bench, path, *arguments)
    change()
    os.killpg(started[0].pid, signal.SIGCONT)
    return bench.finish(started)


def test_changing(bench, group):
    """Real files that change while the gate reads them."""
    size = 4 << 20
    digest = hashlib.sha256(bench.bytes)
    rest = size - len(bench.bytes)
    block = bytes(1 << 24)
    while rest > 0:
        digest.update(block[:rest])
        rest -= len(block)
    digest = digest.hexdigest()
    path = bench.path("large")

    def fresh():
        with open(path + ".new", "wb") as f:
            f.write(bench.bytes)
            f.truncate(size)
        os.chmod(path + ".new", 0o755)

    def replace():
        fresh()
        os.rename(path + ".new", path)

    def grow():
        with open(path, "ab") as f:
            f.write(b"x")

    changes = [
        ("replaced by an equal file", replace, "the path leads to another file"),
        ("removed", lambda: os.unlink(path), "disappeared while it was being checked"),
        ("grown by a byte", grow, "size changed while it was read"),
        ("cut short", lambda: os.truncate(path, size // 2), "size changed while it was read"),
        ("touched", lambda: os.utime(path), "was changed while it was being checked"),
        ("given another mode", lambda: os.chmod(path, 0o777),
         "was changed while it was being checked"),
    ]
    for name, change, text in changes:
        replace()
        for role in ("program", "file"):
            if role == "program":
                arguments = ["verify", "--format", "json", "--binary", path, "--sha256", digest]
            else:
                replace()
                sums = bench.write("large.sums", f"{digest}  {path}\n")
                arguments = ["verify", "--format", "json", "--sha256sums", sums]
            run = changed_meanwhile(bench, path, change, *arguments)
            check = "binary.sha256" if role == "program" else "file.content"
            group.expect(f"{role} {name} while it is read", run, 3, [(check, "error", text)])
    for command in ("measure", "inspect"):
        replace()
        run = changed_meanwhile(bench, path, lambda: os.truncate(path, size // 2), command, path)
        group.expect(f"{command} a file cut short while it is read", run, 3)
    replace()
    group.expect("unchanged, it passes",
                 bench.verify("--binary", path, "--sha256", digest), 0)
    os.unlink(path)


def test_changing_library(bench, group):
    """A library that changes after its program was judged, while the run goes on (a large file is
    still being read): one copy of a library serves all programs of a run."""
    folder = bench.folder("changing-library")
    library, program = f"{folder}/libown.so", linked(bench, "changing-library/program", folder)
    large = bench.path("changing-library/large")
    with open(large, "wb") as f:
        f.write(bench.bytes)
        f.truncate(4 << 20)
    os.chmod(large, 0o755)

    def replace():
        shutil.copy(library, library + ".new")
        os.rename(library + ".new", library)

    for name, change in (("touched", lambda: os.utime(library)), ("replaced", replace),
                         ("removed", lambda: os.unlink(library))):
        run = changed_meanwhile(bench, large, change, "verify", "--format", "json", "--binary",
                                program, "--binary", large, "--sha256", "0" * 64)
        group.expect(f"library {name} after its program was judged", run, 1,
                     [("binary.libraries", "error", f"It passed, but {library} was changed while"),
                      ("binary.symbols", "error", f"It passed, but {library} was changed while"),
                      ("binary.sha256", "fail", "expected 000000")])
    os.unlink(large)


def test_names(bench, group):
    folder = bench.folder("names")
    nasty = [
        ("newline", b"a\npass  binary.sha256  b"),
        ("escape sequences", b"\x1b[2J\x1b]0;owned\x07\x1b[32mpass"),
        ("carriage return", b"x\rpass"),
        ("invalid UTF-8", b"\xff\xfe\xc0\xaf"),
        ("C1 controls", "\x9b2J".encode()),
        ("right-to-left override", "\u202eexe.txt".encode()),
        ("only a blank", b" "),
        ("255 bytes", b"n" * 255),
        ("255 bytes of UTF-8", "\u00e4".encode() * 127),
        ("a backslash", b"back\\slash"),
        ("percent signs", b"%s%n%999999d"),
        ("quotes", b"\"'`$(id)"),
    ]
    forged = re.compile(rb"[\x00-\x09\x0b-\x1f\x7f]")
    for name, text in nasty:
        path = os.fsencode(folder) + b"/" + text
        for content, code in ((bench.bytes, 0), (bench.bad_bytes, 1)):
            with open(path, "wb") as f:
                f.write(content)
            os.chmod(path, 0o755)
            word = "good" if code == 0 else "bad"
            run = bench.binary_run(path)
            group.expect(f"--binary, name with {name}, {word}", run, code,
                         [("binary.sha256", "pass" if code == 0 else "fail", "SHA256")])
            log = bench.path("names.log")
            run = bench.run("verify", "--binary", path, "--sha256", bench.digest,
                            "--termination-log", log)
            with open(log, "rb") as f:
                told = f.read()
            why = defect(run)
            forgeries = [x for x in run.raw.split(b"\n") if x.startswith(b"pass  binary.sha256  b")]
            if why is None and (forged.search(run.raw) or forged.search(told)):
                why = f"control characters: {run.raw!r} {told!r}"
            for where in (run.raw, told):
                if why is None:
                    try:
                        where.decode()
                    except UnicodeDecodeError:
                        why = f"not UTF-8: {where!r}"
            if why is None and forgeries:
                why = f"a forged line: {forgeries}"
            if why is None and run.code != code:
                why = str(run)
            group.add(f"text report and termination log, name with {name}, {word}", why)
            sums = bench.write("names.sums", checksum_line(bench.digest, path))
            run = bench.verify("--sha256sums", sums)
            group.expect(f"checksum file, name with {name}, {word}", run, code)
        missing = path + b"-" if len(text) < 250 else path[:-1] + b"-"
        run = bench.binary_run(missing)
        group.expect(f"missing, name with {name}", run, 1, [("binary.file", "fail", "ENOENT")])
        for command in ("measure", "inspect"):
            run = bench.run(command, path)
            why = defect(run)
            if why is None and run.code not in (0, 3):
                why = str(run)
            group.add(f"{command}, name with {name}", why)
        os.unlink(path)
    run = bench.binary_run(folder + "/" + "n" * 256)
    group.expect("a name of 256 bytes", run, 1, [("binary.file", "fail", "ENAMETOOLONG")])
    test_long_paths(bench, group)


def checksum_line(digest, path):
    if b"\n" in path or b"\\" in path or b"\r" in path:
        path = path.replace(b"\\", b"\\\\").replace(b"\n", b"\\n").replace(b"\r", b"\\r")
        return b"\\" + digest.encode() + b"  " + path + b"\n"
    return digest.encode() + b"  " + path + b"\n"


def test_long_paths(bench, group):
    """Paths of 4,095 bytes, the longest that exist, and one more; deep and shallow."""
    for name, step in (("long names", 200), ("short names", 1)):
        top = bench.folder("deep-" + str(step))
        fd = os.open(top, os.O_RDONLY)
        length = len(top)
        path = top
        while 4095 - length - 1 > (254 if step > 1 else 3):
            os.mkdir("d" * step, dir_fd=fd)
            below = os.open("d" * step, os.O_RDONLY, dir_fd=fd)
            os.close(fd)
            fd = below
            path += "/" + "d" * step
            length += 1 + step
        for total in (4095, 4096):
            last = "f" * (total - length - 1)
            file = os.open(last, os.O_WRONLY | os.O_CREAT, 0o755, dir_fd=fd)
            os.write(file, bench.bytes)
            os.close(file)
            run = bench.binary_run(path + "/" + last)
            if total == 4095:
                group.expect(f"a path of 4,095 bytes of {name}", run, 0)
                group.expect(f"measure a path of 4,095 bytes of {name}",
                             bench.run("measure", path + "/" + last), 0)
            else:
                group.expect(f"a path of 4,096 bytes of {name}", run, 1,
                             [("binary.file", "fail", "ENAMETOOLONG")])
            os.unlink(last, dir_fd=fd)
        os.close(fd)
        subprocess.run(["rm", "-rf", top], check=True)
    huge = "/x" * 60000
    group.expect("a path of 120,000 bytes", bench.binary_run(huge), 1,
                 [("binary.file", "fail", "ENAMETOOLONG")])
    sums = bench.write("huge.sums", f"{bench.digest}  {huge * 100}\n")
    group.expect("a path of 12 MB in a checksum file", bench.verify("--sha256sums", sums), (1, 2))


# ---- a file system of faults -------------------------------------------------------------------

FAULTS = [
    # name, exit code, (check, status, part of the message)
    ("plain", 0, ("binary.sha256", "pass", "")),
    ("direct", 0, ("binary.sha256", "pass", "")),
    ("link-plain", 0, ("binary.sha256", "pass", "")),
    ("dir", 1, ("binary.file", "fail", "It is a directory")),
    ("link-self", 1, ("binary.file", "fail", "ELOOP")),
    ("link-fickle", 3, ("binary.sha256", "error", "the path leads to another file")),
    ("eio-lookup", 3, ("binary.file", "error", "EIO")),
    ("eio-stat", 3, ("binary.file", "error", "EIO")),
    ("eio-open", 3, ("binary.sha256", "error", "EIO")),
    ("eio-read", 3, ("binary.sha256", "error", "EIO")),
    ("eio-half", 3, ("binary.sha256", "error", "at byte 524288: EIO")),
    ("eio-half-direct", 3, ("binary.sha256", "error", "at byte 524288: EIO")),
    ("eio-xattr", 3, ("binary.file", "error", "EIO")),
    ("eio-link", 3, ("binary.file", "error", "EIO")),
    ("eio-below/x", 3, ("binary.file", "error", "EIO")),
    ("size-less", 3, ("binary.sha256", "error", "size changed while it was read")),
    ("size-more", 3, ("binary.sha256", "error", "size changed while it was read")),
    ("size-huge", 3, ("binary.sha256", "error", "size changed while it was read")),
    ("size-more-cached", 3, ("binary.sha256", "error", "size changed while it was read")),
    ("size-less-cached", 1, ("binary.sha256", "fail", "expected")),
    ("size-zero", 1, ("binary.file", "fail", "empty (0 bytes)")),
    ("shrinks", 3, ("binary.sha256", "error", "changed while it was")),
    ("touched", 3, ("binary.sha256", "error", "was changed while it was being checked")),
    ("other-inode", 3, ("binary.file", "error", "the path leads to another file")),
    ("rewritten", 1, ("binary.file", "error", "was changed while it was being checked")),
    # Nobody can see a change that moves no time: what was read first had the right digest ...
    ("rewritten-silently", 0, ("binary.sha256", "pass", "")),
    # ... and what is read the second time has not.
    ("rewritten-silently", 1, ("binary.sha256", "fail", "expected")),
]

HANGING = ["hang-lookup", "hang-stat", "hang-open", "hang-read", "hang-half", "hang-direct",
           "hang-xattr", "hang-link", "hang-below/x", "deaf-read"]


def start_faultfs(bench):
    tool = bench.path("faultfs")
    source = os.path.join(tap.TOP, "test", "tools", "faultfs.c")
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "fuse3"], check=True,
                           stdout=subprocess.PIPE, text=True).stdout.split()
    subprocess.run(["gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-O1", source, "-o", tool,
                    *flags], check=True)
    os.mkdir(bench.faults)
    with open(bench.path("faultfs.log"), "wb") as log:
        bench.server = subprocess.Popen([tool, bench.good, bench.faults], stdout=log, stderr=log,
                                        stdin=subprocess.DEVNULL, start_new_session=True)
    end = time.monotonic() + 10
    while not os.path.ismount(bench.faults):
        if time.monotonic() > end or bench.server.poll() is not None:
            with open(bench.path("faultfs.log"), encoding="utf-8") as log:
                raise SystemExit(f"faultfs does not start: {log.read()}")
        time.sleep(0.01)


def stop_faultfs(bench):
    """Killed, not unmounted first: the end of the server is what frees whoever hangs in it."""
    if bench.server is not None:
        bench.server.kill()
        bench.server.wait()
        bench.server = None
        subprocess.run(["umount", "-l", bench.faults], check=False)


def at(bench, name):
    return os.path.join(bench.faults, name)


fresh_names = itertools.count(1)


def fresh(bench, name):
    """A file with NAME's fault that nobody hangs in yet."""
    first, slash, rest = name.partition("/")
    return os.path.join(bench.faults, f"{first}.{next(fresh_names)}{slash}{rest}")


def test_faults(bench, group):
    for name, code, result in FAULTS:
        run = bench.binary_run(at(bench, name), "--stall", "5", "--timeout", "10")
        group.expect(f"{name} as the program", run, code, [result], within=SOON)
    for name, code in (("eio-half", 3), ("size-more", 3), ("size-less", 3), ("touched", 3),
                       ("link-fickle", 3), ("eio-lookup", 3), ("eio-xattr", 0), ("plain", 0)):
        sums = bench.write("fault.sums", f"{bench.digest}  {at(bench, name)}\n")
        run = bench.verify("--sha256sums", sums)
        group.expect(f"{name} in a checksum file", run, code,
                     [("file.content", "error" if code == 3 else "pass", "")], within=SOON)
        group.expect(f"measure {name}", bench.run("measure", at(bench, name)), code, within=SOON)
    for name in ("eio-half", "eio-half-direct", "eio-read", "size-more", "size-less"):
        group.expect(f"inspect {name}", bench.run("inspect", at(bench, name)), 3, within=SOON)
    for name, code in (("plain", 0), ("eio-open", 3), ("eio-read", 3), ("eio-stat", 3),
                       ("eio-link", 3), ("eio-xattr", 3), ("touched", 3), ("link-fickle", 3),
                       ("other-inode", 3), ("eio-below/x", 3)):
        elf = bench.elf("fault.elf", "--interp", at(bench, name))
        policy = bench.policy("fault-loader.json", {
            "binaries": [{"path": elf, "interpreter": {"trustedDirs": [bench.work]}}]})
        run = bench.verify("--policy", policy, "--stall", "5")
        # That link leads to the file that was judged each second time, and the file that is read
        # between them is the other one.
        check = "binary.libraries" if name == "link-fickle" else "binary.interpreter"
        group.expect(f"{name} as the loader", run, code,
                     [(check, "error" if code else "pass", "")], within=SOON)
    # Whichever check is off: a loader that was not seen to stay what it was must not pass.
    for off in (("libraries",), ("libraries", "symbols"), ("interpreter", "symbols")):
        for name in ("plain", "link-fickle", "other-inode"):
            elf = bench.elf("fault.elf", "--interp", at(bench, name))
            policy = bench.policy("fault-loader.json", {"binaries": [{
                "path": elf, "interpreter": {"trustedDirs": [bench.work]},
                **{key: False for key in off}}]})
            run = bench.verify("--policy", policy, "--stall", "5")
            group.expect(f"{name} as the loader, {' and '.join(off)} off", run,
                         0 if name == "plain" else 3,
                         [(None, "pass" if name == "plain" else "error", "")], within=SOON)
    libs = bench.folder("fault-lib")
    for name in ("eio-below", "eio-below/x", "eio-link", "eio-lookup"):
        program = linked(bench, "fault-linked", at(bench, name), libs)
        run = bench.verify("--binary", program)
        group.expect(f"{name} as a library folder", run, 3, [("binary.libraries", "error", "EIO")],
                     within=SOON)
    for name in ("eio-list", "eio-below"):
        run = bench.binary_run("/program", "--root", at(bench, name))
        group.expect(f"{name} as --root", run, 3, within=SOON)
    policy = bench.policy("fault-volume.json",
                          {"volumes": [{"mountPath": at(bench, "eio-below/x")}]})
    group.expect("eio-below as a volume", bench.verify("--policy", policy), 3,
                 [("volume.mounted", "error", "EIO")], within=SOON)
    for name in ("eio-read", "eio-half", "eio-open", "eio-lookup", "eio-below/x", "dir"):
        group.expect(f"{name} as the policy", bench.verify("--policy", at(bench, name)), 2,
                     err="EISDIR" if name == "dir" else "EIO", within=SOON)
        group.expect(f"{name} as the checksum file",
                     bench.verify("--sha256sums", at(bench, name)), 2, within=SOON)
    run = bench.binary_run(at(bench, "slow"), "--stall", "2", "--timeout", "3")
    group.expect("slow is no stall, and ends at --timeout", run, 3,
                 [("binary.sha256", "error", "--timeout 3 seconds")], at_least=3, within=3 + SLACK)
    run = bench.binary_run(at(bench, "grows"), "--stall", "2", "--timeout", "20")
    group.expect("grows as fast as it is read", run, 3,
                 [("binary.sha256", "error", "size changed while it was read: at least")],
                 within=3 + SLACK)


def test_hangs(bench, group):
    limits = ("--stall", str(STALL), "--timeout", "20")
    bounds = {"at_least": STALL, "within": STALL + SLACK}
    cases = []
    for name in HANGING:
        log = bench.path(f"hang-{len(cases)}.log")
        cases.append((f"{name} as the program", 3, "binary.sha256",
                      ["--binary", fresh(bench, name), "--sha256", bench.digest,
                       "--termination-log", log, *limits], log))
    for name in ("hang-read", "hang-below/x"):
        sums = bench.write(f"{name.split('/')[0]}.sums",
                           f"{bench.digest}  {bench.good}\n{bench.digest}  {fresh(bench, name)}\n")
        cases.append((f"{name} in a checksum file", 3, "file.content",
                      ["--sha256sums", sums, *limits], None))
    for name in ("hang-read", "hang-open", "hang-link", "hang-below/x", "hang-xattr"):
        file = name.split("/", maxsplit=1)[0]
        elf = bench.elf(f"{file}.elf", "--interp", fresh(bench, name))
        policy = bench.policy(f"{file}-loader.json", {
            "binaries": [{"path": elf, "interpreter": {"trustedDirs": [bench.work]}}]})
        cases.append((f"{name} as the loader", 3, "binary.interpreter",
                      ["--policy", policy, *limits], None))
    libs = bench.folder("hang-lib")
    for name in ("hang-below", "hang-link", "hang-lookup"):
        program = linked(bench, f"linked-{name}", fresh(bench, name), libs)
        cases.append((f"{name} as a library folder", 3, "binary.libraries",
                      ["--binary", program, *limits], None))
    for name in ("hang-list", "hang-below", "dots"):
        cases.append((f"{name} as --root", 3, "binary.sha256",
                      ["--root", fresh(bench, name), "--binary", "/program", "--sha256",
                       bench.digest, *limits], None))
    policy = bench.policy("hang-volume.json",
                          {"volumes": [{"mountPath": fresh(bench, "hang-below/x")}]})
    cases.append(("hang-below as a volume", 3, "volume.mounted", ["--policy", policy, *limits],
                  None))
    inner = bench.folder("inner")
    os.symlink(fresh(bench, "hang-below"), f"{inner}/app")
    cases.append(("a symlink to hang-below on the way", 3, "binary.sha256",
                  ["--binary", f"{inner}/app/bin/x", "--sha256", bench.digest, *limits], None))

    def play(case):
        name, code, check, arguments, log = case
        return case, bench.verify(*arguments)

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        for (name, code, check, _, log), run in pool.map(play, cases):
            group.expect(f"{name} ends at --stall", run, code, [(check, "error", STALLED)],
                         **bounds)
            if log is not None:
                with open(log, encoding="utf-8") as f:
                    told = f.read()
                group.add(f"{name}: the termination log says so",
                          None if told.startswith("initgate: error: ") and STALLED in told
                          else told)
    # A wrong program beside one that hangs is still exit code 1.
    wrong = bench.write("hang-wrong", bench.bad_bytes, 0o755)
    run = bench.verify("--binary", wrong, "--sha256", bench.digest, "--binary",
                       fresh(bench, "hang-read"), "--sha256", bench.digest, *limits)
    group.expect("a wrong program beside hang-read", run, 1,
                 [("binary.sha256", "fail", "expected"), ("binary.sha256", "error", STALLED)],
                 **bounds)
    run = bench.verify("--binary", bench.good, "--sha256", bench.digest, "--binary",
                       fresh(bench, "hang-read"), "--sha256", bench.digest, "--warn-only", *limits)
    group.expect("hang-read with --warn-only", run, 3, [("binary.sha256", "pass", "")], **bounds)

    late = {"at_least": STALL, "within": STALL + 1 + SLACK}

    def input_case(name):
        flag = "--policy" if len(name) % 2 else "--sha256sums"
        return name, flag, bench.verify(flag, fresh(bench, name), "--timeout", "2")

    names = ["hang-read", "hang-open", "hang-lookup", "hang-half", "hang-below/x", "hang-link"]
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        for name, flag, run in pool.map(input_case, names):
            group.expect(f"{name} as {flag} ends", run, 2, **late)
    run = bench.verify("--policy", fresh(bench, "hang-read"), "--stall", "2")
    group.expect("hang-read as --policy ends at --stall", run, 2, **late)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        runs = pool.map(lambda c: (c, bench.run(c, "--timeout", "2", fresh(bench, "hang-read"))),
                        ("measure", "inspect"))
        for command, run in runs:
            group.expect(f"{command} hang-read", run, 3, **late)
    zombies = lasting_zombies()
    group.add("no process of the gate is left over as a zombie",
              f"zombies: {zombies}" if zombies else None)
    test_deaf(bench, group)


def lasting_zombies(seconds=10):
    """Zombie children that nobody reaps in SECONDS. One that is gone at the next look is a run of
    another group, ended but not yet waited for."""
    zombies, end = None, time.monotonic() + seconds
    while zombies is None or zombies and time.monotonic() < end:
        listing = subprocess.run(["ps", "-o", "pid=,stat=", "--ppid", str(os.getpid())],
                                 check=False, stdout=subprocess.PIPE, text=True).stdout
        now = {pid for pid, state in map(str.split, listing.splitlines()) if "Z" in state}
        zombies = now if zombies is None else zombies & now
        time.sleep(0.2)
    return zombies


def test_deaf(bench, group):
    """A server that takes the request and answers neither it nor the interrupt: the kernel keeps
    the process (request_wait_answer() in fs/fuse/dev.c), but not its report."""
    output, log = bench.path("deaf.json"), bench.path("deaf.log")
    bench.stuck = bench.start("verify", "--binary", fresh(bench, "deaf-direct"), "--sha256",
                              bench.digest, "--stall", str(STALL), "--format", "json", "--output",
                              output, "--termination-log", log)
    end = time.monotonic() + STALL + SLACK
    report = {}
    while time.monotonic() < end and not report:
        time.sleep(0.05)
        try:
            with open(output, encoding="utf-8") as f:
                report = json.load(f)
        except (OSError, ValueError):
            continue
    group.add("deaf-direct: the report says so in time",
              None if report.get("verdict") == "error" and STALLED in json.dumps(report)
              else json.dumps(report)[:500])
    time.sleep(0.2)
    with open(log, encoding="utf-8") as f:
        told = f.read()
    group.add("deaf-direct: the termination log says so in time",
              None if STALLED in told else told)


# ---- policies ----------------------------------------------------------------------------------

def test_policies(bench, group):
    good = json.dumps({"apiVersion": "initgate.dev/v1", "kind": "Policy",
                       "binaries": [{"path": bench.good, "sha256": bench.digest}]})

    def binary(text):
        return good.replace('"sha256"', text + ', "sha256"')

    def top(text):
        return good[:-1] + ", " + text + "}"

    texts = [
        ("10 MB of arrays", "[" * (10 << 20), None),
        ("10 MB of objects", '{"a":' * (2 << 20), None),
        ("10 MB of nesting in place of a binary", top('"files": ' + "[" * (10 << 20)), None),
        ("balanced nesting", "[" * (5 << 20) + "]" * (5 << 20), None),
        ("a NUL byte in a string", good.replace("good", "go\0d"), None),
        ("a NUL byte behind the policy", good + "\0", None),
        ("a NUL byte and another policy behind it", good + "\0" + good, None),
        ("an escaped NUL in a path", good.replace("good", "good\\u0000bad"), None),
        ("only NUL bytes", b"\0" * 4096, None),
        ("invalid UTF-8", good.encode().replace(b"good", b"\xff\xfe"), None),
        ("overlong UTF-8", good.encode().replace(b"good", b"\xc0\xaf"), None),
        ("half a surrogate pair", good.replace("good", "\\ud800"), None),
        ("UTF-16", good.encode("utf-16"), None),
        ("a byte order mark", b"\xef\xbb\xbf" + good.encode(), None),
        ("random bytes", hashlib.shake_256(b"seed").digest(100000), None),
        ("uid -1", top('"runAs": {"uid": -1, "gid": 0}'), "runAs.uid"),
        ("uid 4294967295", top('"runAs": {"uid": 4294967295, "gid": 0}'), "runAs.uid"),
        ("uid 4294967296", top('"runAs": {"uid": 4294967296, "gid": 0}'), "runAs.uid"),
        ("uid 1.5", top('"runAs": {"uid": 1.5, "gid": 0}'), "runAs.uid"),
        ("uid 1e400", top('"runAs": {"uid": 1e400, "gid": 0}'), "runAs.uid"),
        ("uid with 10,000 digits", top('"runAs": {"uid": ' + "9" * 10000 + ', "gid": 0}'),
         "a number of more than 32 characters"),
        ("uid NaN", top('"runAs": {"uid": NaN, "gid": 0}'), None),
        ("uid as text", top('"runAs": {"uid": "0", "gid": 0}'), "runAs.uid"),
        ("group -1", top('"runAs": {"uid": 0, "gid": 0, "groups": [-1]}'), "runAs.groups[0]"),
        ("trusted uid out of range", top('"trustedUids": [18446744073709551616]'),
         "trustedUids[0]"),
        ("mode 99999", top('"files": [{"path": "/x", "mode": "99999"}]'), "files[0].mode"),
        ("mode 0o10000", top('"files": [{"path": "/x", "mode": "010000"}]'), "files[0].mode"),
        ("owner out of range", top('"files": [{"path": "/x", "owner": {"uid": 1e30}}]'),
         "files[0].owner.uid"),
        ("an empty path", good.replace(bench.good, ""), "binaries[0].path"),
        ("an empty digest", good.replace(bench.digest, ""), "binaries[0].sha256"),
        ("a digest of blanks", good.replace(bench.digest, " " * 64), "binaries[0].sha256"),
        ("a digest of 65 digits", good.replace(bench.digest, bench.digest + "0"),
         "binaries[0].sha256"),
        ("a key given twice", binary('"path": "/x"'), "binaries[0]"),
        ("an unknown key", good.replace('"sha256"', '"sha25"'),
         'binaries[0].sha25: unknown key; did you mean "sha256"?'),
        ("trailing text", good + " x", None),
        ("two policies", good + good, None),
        ("nothing", "", None),
        ("blanks", " \n\t", None),
        ("an empty object", "{}", None),
        ("an empty policy", '{"apiVersion": "initgate.dev/v1", "kind": "Policy"}', None),
        ("null", "null", None),
        ("17 MiB of blanks", " " * (17 << 20), "larger than 16 MiB"),
        ("17 MiB", good + " " * (17 << 20), "larger than 16 MiB"),
    ]
    for name, text, err in texts:
        path = bench.write("bad.json", text)
        for how in ("a file", "standard input"):
            if how == "a file":
                run = bench.verify("--policy", path)
            else:
                with open(path, "rb") as f:
                    run = bench.verify("--policy", "-", stdin=f)
            group.expect(f"{name}, from {how}", run, 2, err=err, within=10)
            lines = run.err.count("\n")
            if run.out != "" or lines != 1 or len(run.err) > 4096:
                group.add(f"{name}, from {how}: one line, no report",
                          f"{lines} lines, {len(run.err)} bytes; output {run.out[:200]!r}")
    group.expect("the policy that all these spoil", bench.verify(
        "--policy", bench.write("fine.json", good)), 0)
    group.expect("16 MiB is not too much",
                 bench.verify("--policy", bench.write("wide.json",
                                                      good.ljust(16 << 20))), 0, within=10)
    run = bench.verify("--policy", "/dev/zero")
    group.expect("/dev/zero", run, 2, err="larger than 16 MiB", within=SOON)
    group.expect("/dev/null", bench.verify("--policy", "/dev/null"), 2, within=SOON)
    group.expect("a directory", bench.verify("--policy", bench.work), 2, err="EISDIR", within=SOON)
    group.expect("/proc/self/mem", bench.verify("--policy", "/proc/self/mem"), 2, within=SOON)
    run = bench.verify("--policy", "-", wrap=("bash", "-c", 'exec "$@" <&-', "-"))
    group.expect("standard input closed", run, 2, err="EBADF", within=SOON)
    run = bench.verify("--policy", "-", stdin=subprocess.DEVNULL)
    group.expect("standard input is /dev/null", run, 2, within=SOON)
    directory = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
    group.expect("standard input is a directory", bench.verify("--policy", "-", stdin=directory), 2,
                 within=SOON)
    os.close(directory)
    reader, writer = os.pipe()
    os.write(writer, good.encode()[:20])
    run = bench.verify("--policy", "-", "--timeout", "2", stdin=reader)
    group.expect("standard input that never ends", run, 2, within=2 + SLACK, at_least=1)
    os.close(reader)
    os.close(writer)
    outer, inner = os.openpty()
    run = bench.verify("--policy", "-", "--timeout", "2", stdin=inner)
    group.expect("standard input is a silent terminal", run, 2, within=2 + SLACK, at_least=1)
    os.close(outer)
    os.close(inner)


# ---- reports -----------------------------------------------------------------------------------

def test_reports(bench, group):
    full = bench.folder("full")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k,mode=0755", "full", full], check=True)
    with open(f"{full}/fill", "wb", buffering=0) as f:
        try:
            while True:
                f.write(bytes(4096))
        except OSError:
            pass
    wrong = bench.write("report-wrong", bench.bad_bytes, 0o755)
    passing = ["verify", "--binary", bench.good, "--sha256", bench.digest]
    failing = ["verify", "--binary", wrong, "--sha256", bench.digest]
    closed = ("bash", "-c", 'exec "$@" >&-', "-")
    all_closed = ("bash", "-c", 'exec "$@" <&- >&- 2>&-', "-")

    def closed_pipe():
        reader, writer = os.pipe()
        os.close(reader)
        return os.fdopen(writer, "wb")

    for form in ("text", "json"):
        for word, arguments, code in (("good", passing, 3), ("bad", failing, 1)):
            arguments = [*arguments, "--format", form]
            name = f"{form}, {word} program"
            group.expect(f"standard output closed, {name}",
                         bench.run(*arguments, wrap=closed), code,
                         err="cannot write standard output")
            group.expect(f"all of 0, 1 and 2 closed, {name}",
                         bench.run(*arguments, wrap=all_closed), code)
            with open("/dev/full", "wb") as f:
                group.expect(f"standard output full, {name}", bench.run(*arguments, stdout=f), code,
                             err="ENOSPC")
            with closed_pipe() as f:
                group.expect(f"nobody reads standard output, {name}",
                             bench.run(*arguments, stdout=f), code, err="EPIPE")
            with open("/dev/null", "rb") as f:
                group.expect(f"standard output open for reading only, {name}",
                             bench.run(*arguments, stdout=f), code, err="EBADF")
            for where, err in ((f"{full}/report", "ENOSPC"), ("/dev/full", "ENOSPC"),
                               (full, "EISDIR"), (f"{full}/no/report", "ENOENT")):
                group.expect(f"--output {os.path.basename(where)} ({err}), {name}",
                             bench.run(*arguments, "--output", where), code, err=err)
                run = bench.run(*arguments, "--termination-log", where)
                group.expect(f"--termination-log {os.path.basename(where)} ({err}), {name}", run,
                             code, err=err)
    group.expect("--warn-only forgives no lost report",
                 bench.run(*failing, "--warn-only", "--output", f"{full}/report"), 3)
    group.expect("--quiet prints nothing, so that nothing is lost",
                 bench.run(*passing, "--quiet", wrap=closed), (0, 3))
    run = bench.run("verify", "--termination-log", f"{full}/log", "--policy", f"{full}/missing")
    group.expect("a wrong policy and a full termination log", run, 2, err="ENOENT")
    commands = (["list"], ["schema"], ["version"], ["explain", "binary.sha256"], ["--help"],
                ["verify", "--help"], ["measure", bench.good], ["inspect", bench.good],
                ["inspect", "--format", "json", bench.good], ["version", "--format", "json"])
    for arguments in commands:
        with open("/dev/full", "wb") as f:
            group.expect(f"{shlex.join(arguments[:2])} to /dev/full"[:60].replace(bench.work, ""),
                         bench.run(*arguments, stdout=f), 3)
        group.expect(f"{shlex.join(arguments[:2])} to nowhere"[:60].replace(bench.work, ""),
                     bench.run(*arguments, wrap=closed), 3)
    for command in ("measure", "inspect"):
        group.expect(f"{command} --output on a full file system",
                     bench.run(command, bench.good, "--output", f"{full}/x"), 3, err="ENOSPC")
    if not bench.sanitized:
        group.expect("install on a full file system", bench.run("install", f"{full}/gate"), 3)
        left = [n for n in os.listdir(full) if n not in ("fill", "report", "log", "x")]
        group.add("install leaves nothing behind", None if not left else str(left))
    # RLIMIT_FSIZE sends a signal where a full disk gives an error.
    run = bench.run(*passing, "--output", bench.path("cut"), wrap=("prlimit", "--fsize=10"))
    group.expect("--output beyond RLIMIT_FSIZE", run, 3)
    subprocess.run(["umount", full], check=True)


# ---- limits ------------------------------------------------------------------------------------

def least_limit(bench, kind):
    """KiB below which the kernel itself cannot load the program: it ends by a signal in execve."""
    low, high = 0, 1 << 16
    while high - low > 4:
        middle = (low + high) // 2
        if bench.run("version", wrap=("prlimit", f"--{kind}={middle << 10}")).code == 0:
            high = middle
        else:
            low = middle
    return high


def test_limits(bench, group):
    wrong = bench.write("limit-wrong", bench.bad_bytes, 0o755)
    second = bench.write("limit-second", bench.bytes, 0o755)
    passing = ["--binary", bench.good, "--sha256", bench.digest, "--binary", second, "--sha256",
               bench.digest]
    failing = [*passing, "--binary", wrong, "--sha256", bench.digest]
    seen = set()

    # The leak detector needs a thread of its own.
    env = {"ASAN_OPTIONS": no_leaks()["ASAN_OPTIONS"]}

    def both(name, wrap, passing_codes=(0, 3)):
        good = bench.verify(*passing, wrap=wrap, env=env)
        group.expect(f"{name}, good programs", good, passing_codes)
        bad = bench.verify(*failing, wrap=wrap, env=env)
        group.expect(f"{name}, a wrong one among them", bad, (1, 3))
        seen.add((name.split(" ", maxsplit=1)[0], good.code))

    for n in (*range(4, 17), 20, 24, 32):
        # The loader of the sanitized build needs some descriptors to start at all.
        if n >= 8 or not bench.sanitized:
            both(f"RLIMIT_NOFILE {n}", ("prlimit", f"--nofile={n}"))
    if not bench.sanitized:
        for kind, name in (("as", "RLIMIT_AS"), ("data", "RLIMIT_DATA"), ("stack", "RLIMIT_STACK")):
            # A stack of a few pages is taken by the arguments themselves.
            least = max(least_limit(bench, kind), 64 if kind == "stack" else 0)
            for more in (0, 16, 64, 128, 256, 384, 512, 640, 768, 1024, 2048, 8192):
                kib = least + more
                both(f"{name} {kib} KiB", ("prlimit", f"--{kind}={kib << 10}"))
    shutil.copyfile(bench.binary, bench.path("gate"))
    os.chmod(bench.path("gate"), 0o755)
    # A uid that nobody else uses; root may have as many as it likes.
    for n in (1, 2, 3):
        wrap = ("prlimit", f"--nproc={n}", "setpriv", "--reuid=61234", "--regid=61234",
                "--clear-groups")
        both(f"RLIMIT_NPROC {n}", wrap, (3,) if n == 1 else (0, 3))
    wrap = ("prlimit", "--nproc=1", "setpriv", "--reuid=61234", "--regid=61234", "--clear-groups")
    run = bench.verify(*passing, wrap=wrap, env=env)
    group.expect("no thread can be had", run, 3, err="thread")
    run = bench.verify("--policy", bench.policy("limit.json", {"binaries": [
        {"path": bench.good, "sha256": bench.digest}]}), wrap=wrap, env=env)
    group.expect("no thread can be had, with a policy", run, 3, err="thread")
    for kind, code in (("RLIMIT_NOFILE", 3), ("RLIMIT_NOFILE", 0), ("RLIMIT_AS", 3),
                       ("RLIMIT_AS", 0)):
        if not bench.sanitized:
            group.add(f"some {kind} led to exit code {code}",
                      None if (kind, code) in seen else str(sorted(seen)))


# ---- floods ------------------------------------------------------------------------------------

def test_floods(bench, group):
    folder = bench.folder("flood")
    count, programs = (8000, 2000) if bench.sanitized else (20000, 5000)
    lines = []
    for i in range(count):
        data = b"%d\n" % i * 50
        with open(f"{folder}/{i}", "wb") as f:
            f.write(data)
        lines.append(f"{sha256(data)}  {folder}/{i}\n")
    sums = bench.write("flood.sums", "".join(lines))
    start = time.monotonic()
    subprocess.run(["sha256sum", "--quiet", "-c", sums], check=True)
    peer = time.monotonic() - start
    run, peak = bench.measured("--sha256sums", sums)
    most = (SOON, (600 if bench.sanitized else 64) << 10)
    group.note(f"{count} files: {run.seconds:.2f} s (sha256sum -c: {peer:.2f} s), "
               f"peak RSS {peak >> 10} MiB")
    group.expect(f"{count} files of a checksum file", run, 0, within=most[0])
    group.add(f"{count} files: two results each",
              None if len(run.results("file.content")) == count else
              f"{len(run.results('file.content'))}")
    group.add(f"{count} files: memory", None if peak < most[1] else f"{peak} KiB")
    with open(f"{folder}/{count - 1}", "ab") as f:
        f.write(b"x")
    os.unlink(f"{folder}/7")
    log = bench.path("flood.log")
    run = bench.verify("--sha256sums", sums, "--termination-log", log)
    group.expect(f"{count} files, the last one changed and one missing", run, 1,
                 [("file.content", "fail", "expected"), ("file.content", "fail", "ENOENT")],
                 within=most[0])
    bad = [r["subject"] for r in run.results("file.content") if r["status"] != "pass"]
    group.add(f"{count} files: just these two",
              None if set(bad) == {f"{folder}/{count - 1}", f"{folder}/7"} else str(bad[:9]))
    for i in range(0, count, 2):
        os.truncate(f"{folder}/{i}", 1) if i != 7 else None
    run = bench.verify("--sha256sums", sums, "--termination-log", log)
    group.expect(f"{count} files, half of them wrong", run, 1, within=most[0])
    size = os.path.getsize(log)
    group.add(f"{count} files: the termination log keeps its bounds",
              None if 0 < size <= 4096 else f"{size} bytes")
    lines = [f"{bench.digest}  {bench.path('gone', str(i))}\n" for i in range(count)]
    run = bench.verify("--sha256sums", bench.write("gone.sums", "".join(lines)))
    group.expect(f"{count} missing files", run, 1, within=most[0])
    subprocess.run(["rm", "-rf", folder], check=True)

    folder = bench.folder("many")
    small = bench.elf("many/p0")
    with open(small, "rb") as f:
        data = f.read()
    for i in range(1, programs):
        os.link(small, f"{folder}/p{i}") if i % 2 else shutil.copy(small, f"{folder}/p{i}")
    policy = bench.policy("many.json", {"binaries": [
        {"path": f"{folder}/p{i}", "sha256": sha256(data)} for i in range(programs)]})
    run, peak = bench.measured("--policy", policy)
    group.note(f"{programs} binaries: {run.seconds:.2f} s, peak RSS {peak >> 10} MiB")
    group.expect(f"{programs} binaries", run, 0, within=most[0])
    group.add(f"{programs} binaries: memory", None if peak < most[1] else f"{peak} KiB")
    with open(f"{folder}/p{programs - 2}", "ab") as f:
        f.write(b"x")
    group.expect(f"{programs} binaries, one changed", bench.verify("--policy", policy), 1,
                 [("binary.sha256", "fail", "expected")], within=most[0])
    arguments = []
    for i in range(1000):
        arguments += ["--binary", f"{folder}/p{i}", "--sha256", sha256(data)]
    group.expect("1,000 times --binary", bench.verify(*arguments), 0, within=most[0])
    subprocess.run(["rm", "-rf", folder], check=True)


# ---- programs that no linker makes --------------------------------------------------------------

GLIBC = "/lib64/ld-linux-x86-64.so.2"
COUNT = 10000


def library_names(count):
    return [f"lib{i}.so" for i in range(count)]


def ring(root):
    for i in range(200):
        Elf(f"lib{(i + 1) % 200}.so", f"lib{i}.so", soname=f"lib{i}.so").write(f"{root}/lib/lib{i}.so")
    return Elf("lib0.so")


def all_need_all(root):
    for name in library_names(1000):
        Elf(*library_names(1000)).write(f"{root}/lib/{name}")
    return Elf("lib0.so")


def ten_thousand(root):
    first = Elf().write(f"{root}/lib/lib0.so")
    for name in library_names(COUNT)[1:]:
        os.link(first, f"{root}/lib/{name}")
    return Elf(*library_names(COUNT))


def ten_thousand_files(root):
    for name in library_names(COUNT):
        Elf(soname=name).write(f"{root}/lib/{name}")
    return Elf(*library_names(COUNT))


def ten_thousand_missing(root):
    return Elf(*library_names(COUNT))


def overlapping_versions(root):
    """Each entry begins a byte behind the one before it."""
    need = struct.pack("<HHIII", 1, 65535, 1, 1, 1)
    define = struct.pack("<HHHHIII", 1, 1, 1, 65535, 1, 1, 1)
    library = Elf(soname="libv.so").table(VERDEF, define * 50000).tag(VERDEFNUM, 0xffffffff)
    library.table(VERNEED, need * 50000).tag(VERNEEDNUM, 0xffffffff).write(f"{root}/lib/libv.so")
    return Elf("libv.so").table(VERNEED, need * 50000).tag(VERNEEDNUM, 0xffffffff)


def version_cycle(root):
    """vn_aux and vna_next of a need lead back into the table that they are of."""
    Elf(soname="libv.so").write(f"{root}/lib/libv.so")
    elf = Elf("libv.so")
    entry = struct.pack("<HHIII", 1, 2, 1, 16, 0) + \
        struct.pack("<IHHII", 1, 0, 2, 1, 0xfffffff0) + struct.pack("<IHHII", 1, 0, 2, 1, 0)
    return elf.table(VERNEED, entry).tag(VERNEEDNUM, 1)


def endless_strings(root):
    """A name of 24 MiB that no NUL ends, in a table that says it is longer still."""
    elf = Elf("libx.so")
    elf.tag(NEEDED, len(elf.strings))
    elf.strings += b"a" * (24 << 20)
    elf.strsz = 1 << 62
    return elf


def strings_elsewhere(root):
    elf = Elf()
    for i in range(COUNT):
        elf.tag(NEEDED, (1 << 63) + i)
    return elf


def huge_hash(root):
    """DT_HASH of four billion chains, and as many symbols as fit."""
    library = Elf(soname="libh.so").table(HASH, struct.pack("<II", 1, 0xffffffff) + bytes(64))
    library.references([f"s{i}" for i in range(50000)]).write(f"{root}/lib/libh.so")
    return Elf("libh.so").references([f"t{i}" for i in range(50000)])


def huge_gnu_hash(root):
    """Buckets that all lead to one chain without an end."""
    table = struct.pack("<IIII", 65536, 1, 1, 0) + b"\xff" * 8 + struct.pack("<I", 1) * 65536
    library = Elf(soname="libg.so").table(SYMTAB, bytes(24 << 16)).tag(SYMENT, 24)
    library.table(GNU_HASH, table + b"\xfe" * (4 << 18)).write(f"{root}/lib/libg.so")
    count = struct.pack("<IIII", 0xffffffff, 1, 0xffffffff, 0) + b"\xff" * 64
    Elf(soname="libb.so").table(GNU_HASH, count).tag(SYMTAB, 64).write(f"{root}/lib/libb.so")
    return Elf("libg.so", "libb.so").references([f"t{i}" for i in range(50000)])


def deep_paths(root):
    """A chain of libraries, each with a thousand directories of its own in its RPATH."""
    for i in range(100):
        elf = Elf(f"lib{i + 1}.so")
        elf.name(RPATH, ":".join(f"/nowhere/{i}/{j}" for j in range(1000)) + ":/opt")
        elf.write(f"{root}/opt/lib{i}.so")
    Elf().write(f"{root}/opt/lib100.so")
    return Elf("lib0.so").name(RPATH, "/opt")


def nested_origin(root):
    """Up and up from $ORIGIN, in as many ways as a RUNPATH holds; so often that the search ends
    on a CPU without glibc-hwcaps folders too."""
    elf = Elf(*library_names(1000))
    return elf.name(RUNPATH, ":".join("$ORIGIN/" + "../" * i for i in range(130)))


LIMIT = "its libraries are more, or are looked for in more places, than initgate follows."
VERSIONS = "The loader cannot read the program: its table of needed symbol versions (DT_VERNEED) is"
NO_END = ("The loader cannot read the program: a name of its dynamic section lies outside the string "
          "table or has no end.")
# What is said of /app/program; of a scan of the whole root the exit codes, None where it must be ended:
# each of a thousand libraries then reaches a limit of its own.
HOSTILE = {
    ring: (0, "libraries", "pass", "All 200 libraries are found", 0),
    all_need_all: (3, "libraries", "error", LIMIT, None),
    ten_thousand: (0, "libraries", "pass", "All 1 libraries are found", 0),
    ten_thousand_files: (3, "libraries", "error", LIMIT, 3),
    ten_thousand_missing: (1, "libraries", "fail", "9999 more libraries are missing.", 1),
    overlapping_versions: (1, "libraries", "fail", f"{VERSIONS} malformed.", 1),
    version_cycle: (1, "libraries", "fail", f"{VERSIONS} malformed.", 1),
    endless_strings: (1, "libraries", "fail", NO_END, 1),
    strings_elsewhere: (1, "libraries", "fail", NO_END, 1),
    huge_hash: (3, "symbols", "error",
                "/lib/libh.so: it has more dynamic symbols than initgate reads.", 3),
    huge_gnu_hash: (3, "symbols", "error", "/lib/libg.so: its DT_GNU_HASH is cut short.", 3),
    deep_paths: (3, "libraries", "error", LIMIT, None),
    nested_origin: (3, "libraries", "error", LIMIT, 3),
}


def hostile_root(bench, make):
    root = bench.folder(f"hostile-{make.__name__}")
    for folder in ("lib", "lib64", "opt", "app"):
        os.mkdir(f"{root}/{folder}")
    shutil.copy(GLIBC, root + GLIBC)
    elf = make(root)
    elf.write(f"{root}/app/program", GLIBC, getattr(elf, "strsz", None))
    return root


def test_hostile_programs(bench, group):
    """Alone, as --scan finds them with all their libraries, and as inspect explains them."""
    memory = (600 if bench.sanitized else 32) << 10
    for make, (code, check, status, text, scanned) in HOSTILE.items():
        name = make.__name__.replace("_", " ")
        root = hostile_root(bench, make)
        run, peak = bench.measured("--root", root, "--binary", "/app/program")
        group.note(f"{name}: {run.seconds:.2f} s, peak RSS {peak >> 10} MiB")
        group.expect(name, run, code, [(f"binary.{check}", status, text)], within=SOON)
        group.add(f"{name}: memory", None if peak <= memory else f"{peak} KiB")
        run = bench.run("inspect", "--root", root, "--format", "json", "/app/program")
        group.expect(f"{name}: inspect", run, 0, within=SOON)
        run, peak = bench.measured("--root", root, "--scan", "/", "--timeout",
                                   "2" if scanned is None else "60")
        group.note(f"{name}: --scan: {run.seconds:.2f} s, peak RSS {peak >> 10} MiB")
        group.expect(f"{name}: --scan", run, 3 if scanned is None else scanned,
                     within=2 + SLACK if scanned is None else SOON)
        # Each CPU has a program of its own.
        group.add(f"{name}: --scan: memory",
                  None if peak <= memory * os.cpu_count() else f"{peak} KiB")
        run = bench.run("inspect", "--root", root, "--format", "dot", "--timeout",
                        "2" if scanned is None else "60", "/")
        group.expect(f"{name}: inspect of the root", run, (0, 3) if scanned is None else 0,
                     within=2 + SLACK if scanned is None else SOON)
        subprocess.run(["rm", "-rf", root], check=True)


# ---- races -------------------------------------------------------------------------------------

class Swapper:
    """Calls each of STEPS in turn, as fast as it can, in whole turns, until the end."""

    def __init__(self, *steps):
        self.steps, self.stop, self.count = steps, threading.Event(), 0
        self.begun, self.failed = threading.Event(), None
        self.thread = threading.Thread(target=self.loop)

    def turn(self):
        for step in self.steps:
            step()
            self.begun.set()
            self.count += 1
            # Long enough for a look-up to fall between, short enough to fall into a run.
            time.sleep(0.0007)

    def loop(self):
        try:
            while not self.stop.is_set():
                self.turn()
        except OSError as e:
            self.failed = e
        finally:
            self.begun.set()

    def __enter__(self):
        self.thread.start()
        self.begun.wait()  # what a test before left is none of the states
        return self

    def __exit__(self, *unused):
        self.stop.set()
        self.thread.join()
        if self.failed:
            raise self.failed  # a race with nobody


def exchange(a, b):
    if libc.renameat2(-100, os.fsencode(a), -100, os.fsencode(b), RENAME_EXCHANGE) != 0:
        raise OSError(ctypes.get_errno(), f"renameat2 {a} {b}")


def race(bench, group, name, steps, arguments, allowed):
    """ALLOWED exit codes; a pass needs the digest that was asked for."""
    rounds = 80 if bench.sanitized else 200
    codes = {}
    why = None
    with Swapper(*steps) as swapper:
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for run in pool.map(lambda _: bench.verify(*arguments), range(rounds)):
                codes[run.code] = codes.get(run.code, 0) + 1
                why = why or defect(run)
                if why is None and run.code not in allowed:
                    why = str(run)
                for r in run.results("binary.sha256") + run.results("file.content"):
                    if why is None and r["status"] == "pass" and r["observed"] != r["expected"]:
                        why = f"passed with another digest: {r}"
    group.note(f"{name}: {swapper.count} swaps, exit codes {dict(sorted(codes.items()))}")
    group.add(f"{name}, {rounds} runs", why)
    return codes


def test_races(bench, group):
    folder = bench.folder("race")
    program = f"{folder}/program"
    digest = bench.digest

    def put(content, mode):
        def step():
            new = f"{folder}/.new"
            with open(new, "wb") as f:
                f.write(content)
            os.chmod(new, mode)
            os.rename(new, program)
        return step

    good, bad = put(bench.bytes, 0o755), put(bench.bad_bytes, 0o755)
    good()
    asked = ["--binary", program, "--sha256", digest]
    codes = race(bench, group, "good and bad content swapped by rename", (bad, good), asked,
                 (0, 1, 3))
    group.add("the swaps were seen", None if len(codes) > 1 else str(codes))
    # Neither of the two states may pass; a mixture of both must not either.
    race(bench, group, "right content that all may write, wrong content that none may",
         (put(bench.bytes, 0o777), put(bench.bad_bytes, 0o755)), asked, (1, 3))

    def overwrite(content):
        def step():
            with open(program, "r+b") as f:
                f.write(content)
        return step

    good()
    race(bench, group, "good and bad content written in place",
         (overwrite(bench.bad_bytes), overwrite(bench.bytes)), asked, (0, 1, 3))

    def flap():
        os.truncate(program, 4096)

    race(bench, group, "cut short and whole again", (flap, overwrite(bench.bytes)), asked,
         (0, 1, 3))
    race(bench, group, "there and gone",
         (lambda: os.path.exists(program) and os.unlink(program), good), asked, (0, 1, 3))

    a, b = bench.folder("race/a"), bench.folder("race/b")
    for where, content in ((a, bench.bytes), (b, bench.bad_bytes)):
        with open(f"{where}/program", "wb") as f:
            f.write(content)
        os.chmod(f"{where}/program", 0o755)
    below = ["--binary", f"{a}/program", "--sha256", digest]
    race(bench, group, "the directory above swapped", (lambda: exchange(a, b),), below, (0, 1, 3))
    # The directory with the right program is open to all, the other holds a wrong program.
    with open(f"{a}/program", "rb") as f:
        right = a if sha256(f.read()) == digest else b
    os.chmod(right, 0o777)
    race(bench, group, "an open directory with the right program, a closed one with a wrong one",
         (lambda: exchange(a, b),), below, (1, 3))
    os.chmod(right, 0o755)

    link = f"{folder}/link"

    def point(to):
        def step():
            os.symlink(to, link + ".new")
            os.rename(link + ".new", link)
        return step

    point(a)()
    os.chmod(right, 0o777)
    race(bench, group, "the same by a symlink", (point(a), point(b)),
         ["--binary", f"{link}/program", "--sha256", digest], (1, 3))
    os.chmod(right, 0o755)

    root, outside = bench.folder("race/root"), bench.folder("race/outside")
    os.mkdir(f"{root}/app")
    with open(f"{outside}/program", "wb") as f:
        f.write(bench.bytes)
    os.chmod(f"{outside}/program", 0o755)
    os.mkdir(f"{root}/deep")
    os.mkdir(f"{root}/deep/er")
    os.symlink("../../../outside", f"{root}/app/up")

    def out():
        os.rename(f"{root}/deep/er", f"{outside}/er")

    def back():
        os.rename(f"{outside}/er", f"{root}/deep/er")

    race(bench, group, "a directory moved out of --root while \"..\" goes through it", (out, back),
         ["--root", root, "--run-as", "0:0", "--binary", "/deep/er/../../outside/program",
          "--sha256", digest], (1, 3))

    loader = f"{folder}/loader"
    elf = bench.elf("race/dynamic", "--interp", loader)
    policy = bench.policy("race.json", {"binaries": [
        {"path": elf, "interpreter": {"trustedDirs": [folder]}}]})
    fits = bench.elf("race/.fits", "--mode", "0777")
    misfits = bench.write("race/.misfits", b"no loader" * 100, 0o755)
    shutil.copy(fits, loader)

    def lay(source):
        def step():
            shutil.copy(source, loader + ".new")
            os.rename(loader + ".new", loader)
        return step

    race(bench, group, "a loader that all may write, and one that is none",
         (lay(fits), lay(misfits)), ["--policy", policy], (1, 3))
    subprocess.run(["rm", "-rf", folder], check=True)


# ---- failing system calls ----------------------------------------------------------------------

# A lost wake-up is nothing that the kernel does.
SKIPPED = {"execve", "exit", "exit_group", "rt_sigreturn", "restart_syscall", "futex"}
# Of the C library's and the sanitizer's start, where a failure ends the process before main().
START = {"arch_prctl", "set_tid_address", "brk", "mmap", "munmap", "mprotect", "rt_sigaction",
         "rt_sigprocmask", "prlimit64", "sigaltstack", "rseq", "set_robust_list", "getrandom",
         "pread64", "sched_getaffinity"}


def system_calls(bench, arguments):
    """How often each call is made, by the busiest thread, and how often before main()."""
    log = bench.path("strace.log")
    subprocess.run(["strace", "-f", "-o", log, "taskset", "-c", "0", bench.binary, *arguments],
                   check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   stdin=subprocess.DEVNULL, env=no_leaks())
    counts, before, main_seen = {}, {}, False
    with open(log, encoding="utf-8", errors="replace") as f:
        execs = 0
        for line in f:
            found = re.match(r"(\d+) +(\w+)\(", line)
            if found is None:
                continue
            pid, call = found.groups()
            if call == "execve":
                execs += 1
                if " = 0" in line:
                    counts, before, main_seen = {}, {}, False
                continue
            main_seen = main_seen or (call == "rt_sigaction" and "SIGPIPE" in line)
            counts.setdefault(call, {}).setdefault(pid, 0)
            counts[call][pid] += 1
            if not main_seen:
                before[call] = before.get(call, 0) + 1
    return {call: max(of.values()) for call, of in counts.items()}, before


def no_leaks():
    """The leak detector cannot work below strace."""
    env = tap.environment()
    env["ASAN_OPTIONS"] += ":detect_leaks=0"
    return env


def picks(count, most):
    """At most MOST numbers from 1 to COUNT, the first and the last among them."""
    if count <= most:
        return list(range(1, count + 1))
    return sorted({1 + round(i * (count - 1) / (most - 1)) for i in range(most)})


def inject(bench, arguments, call, when, error):
    """One run on one CPU, so that all checks run in one thread and WHEN means the same each
    time. taskset itself makes calls too, so strace is below it."""
    cpus = sorted(os.sched_getaffinity(0))
    cpu = str(cpus[int(str(when).rstrip("+")) % len(cpus)])
    run = bench.finish(bench.start(
        *arguments, wrap=("taskset", "-c", cpu, "strace", "-f", "-qq", "-o", "/dev/null", "-e",
                          f"trace={call}", "-e", f"inject={call}:error={error}:when={when}"),
        env={"ASAN_OPTIONS": no_leaks()["ASAN_OPTIONS"]}))
    if "strace:" in run.err:
        raise RuntimeError(run.err)
    return run


def all_injections(bench, arguments, most):
    counts, before = system_calls(bench, arguments)
    plan = []
    for call, count in sorted(counts.items()):
        if call in SKIPPED or (bench.sanitized and call in START):
            continue
        if call not in START and before.get(call, 0) == 0:
            plan += [(call, f"{n}+", "EIO") for n in sorted({1, max(1, count // 2)})]
        first = before.get(call, 0) + 1 if bench.sanitized else 1
        numbers = [n for n in picks(count, most) if n >= first]
        errors = ["EIO"] + (["EINTR"] if call in ("read", "pread64", "write") else [])
        errors += ["ENOMEM"] if call in ("mmap", "brk", "clone", "openat") else []
        plan += [(call, n, error) for n in numbers for error in errors]
    return plan


def failing_everything(bench):
    """A policy each of whose subjects fails some check, for as many reasons as can be had."""
    folder = bench.folder("failing")
    write = lambda name, data, mode=0o755: bench.write(f"failing/{name}", data, mode)  # noqa: E731
    small = bench.elf("failing/small")
    with open(small, "rb") as f:
        data = f.read()
    digest = sha256(data)
    write("wrong", data + b"x")
    write("world", data, 0o777)
    write("denied", data, 0o755)
    subprocess.run(["setfacl", "-m", "u:1001:---", f"{folder}/denied"], check=True)
    write("writable-by-acl", data, 0o755)
    subprocess.run(["setfacl", "-m", "u:4242:rwx", f"{folder}/writable-by-acl"], check=True)
    write("capable", data)
    subprocess.run(["setcap", "cap_sys_admin+ep", f"{folder}/capable"], check=True)
    os.mkdir(f"{folder}/private")
    write("private/program", data)
    os.chmod(f"{folder}/private", 0o750)
    os.mkdir(f"{folder}/open")
    write("open/program", data)
    os.chmod(f"{folder}/open", 0o777)
    write("mounted", data)
    subprocess.run(["mount", "--bind", small, f"{folder}/mounted"], check=True)
    os.mkdir(f"{folder}/noexec")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "noexec,mode=0755", "x", f"{folder}/noexec"],
                   check=True)
    write("noexec/program", data)
    write("cut", data[:700])
    bench.elf("failing/loaderless", "--interp", f"{folder}/no-loader")
    shutil.copy(small, f"{folder}/loader-world")
    os.chmod(f"{folder}/loader-world", 0o777)
    bench.elf("failing/open-loader", "--interp", f"{folder}/loader-world")
    shutil.copy(small, f"{folder}/loader-mounted")
    subprocess.run(["mount", "--bind", small, f"{folder}/loader-mounted"], check=True)
    bench.elf("failing/mounted-loader", "--interp", f"{folder}/loader-mounted")
    bench.elf("failing/far-loader", "--interp", small)
    write("script", f"#!{folder}/no-shell\n")
    os.symlink("loop", f"{folder}/loop")
    write("text", "a\n", 0o640)
    os.mkdir(f"{folder}/stale-source")
    os.mkdir(f"{folder}/stale")
    subprocess.run(["mount", "--bind", f"{folder}/stale-source", f"{folder}/stale"], check=True)
    os.rmdir(f"{folder}/stale-source")
    os.mkdir(f"{folder}/writable")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0755", "x", f"{folder}/writable"],
                   check=True)
    lacking = linked(bench, "failing/lacking", f"{folder}/stale", bench.folder("failing/own"))
    os.unlink(f"{folder}/own/libown.so")
    os.mkdir(f"{folder}/tree")
    write("tree/changed", "a\n", 0o600)
    loader = {"interpreter": {"trustedDirs": [folder]}}
    digests = {"sha256": digest}
    names = ("wrong", "world", "denied", "writable-by-acl", "capable", "private/program",
             "open/program", "mounted", "noexec/program", "cut", "script", "loop", "gone")
    return bench.policy("failing.json", {
        "runAs": {"uid": 1001, "gid": 1001},
        "binaries": [{"path": f"{folder}/{n}", **digests} for n in names] +
                    [{"path": f"{folder}/{n}", **loader}
                     for n in ("loaderless", "open-loader", "mounted-loader")] +
                    [{"path": f"{folder}/far-loader"}, {"path": lacking, "sha256": False}],
        "files": [{"path": f"{folder}/wrong", **digests},
                  {"path": f"{folder}/text", "mode": "0644"},
                  {"path": f"{folder}/private", "type": "file"},
                  {"path": f"{folder}/writable", "type": "directory", "owner": {"uid": 7}},
                  {"path": f"{folder}/denied", "access": "execute"}],
        "proc": {"hidepid": "invisible", "privileged": "deny", "hostPid": "deny",
                 "sharedPid": "deny", "overmounts": "deny"},
        "volumes": [{"mountPath": f"{folder}/open"},
                    {"mountPath": f"{folder}/writable", "readOnly": True},
                    {"mountPath": f"{folder}/stale"},
                    {"mountPath": f"{folder}/tree", "mounted": False, "tree": {"sha256": digest},
                     "access": {"readable": ["."]}}],
    })


def hide_nothing(bench, group, name, arguments, failing, plan):
    """After none of PLAN's faults may one of the FAILING results pass. Returns how often each call
    was made to fail."""
    injected, why, codes = {}, {}, {}

    def play(item):
        return item, inject(bench, arguments, *item)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for (call, when, error), run in pool.map(play, plan):
            injected[call] = injected.get(call, 0) + 1
            codes[run.code] = codes.get(run.code, 0) + 1
            fault = None
            if run.code == 0:
                fault = "exit code 0"
            elif call not in START:
                fault = defect(run)
            for r in run.results():
                if (r["check"], r["subject"]) in failing and r["status"] in ("pass", "warn"):
                    fault = f"{r['check']} of {r['subject']} is {r['status']}: {r['message']}"
            if fault is not None:
                why.setdefault(call, f"inject={call}:error={error}:when={when}: {fault}")
    for call in sorted(injected):
        group.add(f"{name}: no failing {call} hides a failure ({injected[call]} times)",
                  why.get(call))
    group.note(f"{name}: {len(failing)} failures of {len({c for c, _ in failing})} checks, "
               f"{len(plan)} injections into {len(injected)} system calls, exit codes {codes}")
    return injected


def test_system_calls(bench, group):
    policy = failing_everything(bench)
    arguments = ["verify", "--format", "json", "--policy", policy]
    baseline = bench.run(*arguments)
    failing = [(r["check"], r["subject"]) for r in baseline.results() if r["status"] == "fail"]
    kinds = sorted({check for check, _ in failing})
    group.expect("the policy in which everything fails", baseline, 1)
    for check in ("binary.file", "binary.sha256", "binary.access", "binary.machine",
                  "binary.interpreter", "binary.libraries", "binary.mount", "file.content",
                  "file.attributes", "volume.mounted", "volume.options", "volume.subpath",
                  "volume.tree", "volume.access"):
        group.add(f"{check} is among what fails", None if check in kinds else str(kinds))
    plan = all_injections(bench, arguments, 6 if bench.sanitized else 12)
    injected = hide_nothing(bench, group, "many", arguments, failing, plan)
    group.add("enough was injected",
              None if len(injected) >= 12 and len(plan) >= 60 else str(injected))
    # What only one call can tell, each single call of it.
    folder = bench.path("failing")
    off = {"libraries": False, "symbols": False, "sha256": False}
    policy = bench.policy("failing-few.json", {
        "runAs": {"uid": 1001, "gid": 1001},
        "binaries": [{"path": f"{folder}/{n}", **off}
                     for n in ("denied", "writable-by-acl", "mounted", "capable",
                               "noexec/program")] +
                    [{"path": f"{folder}/mounted-loader", **off,
                      "interpreter": {"trustedDirs": [folder]}}]})
    arguments = ["verify", "--format", "json", "--policy", policy]
    failing = [(r["check"], r["subject"]) for r in bench.run(*arguments).results()
               if r["status"] == "fail"]
    group.add("each of the few fails", None if len({s for _, s in failing}) == 6 else str(failing))
    counts, before = system_calls(bench, arguments)
    plan = [(call, n, "EIO") for call in ("getxattr", "fstat", "newfstatat", "statx", "fstatfs")
            for n in picks(counts.get(call, 0), 20 if bench.sanitized else 1000)
            if n > before.get(call, 0)]
    hide_nothing(bench, group, "few", arguments, failing, plan)

    wrong = bench.write("inject-wrong", bench.bad_bytes, 0o755)
    for name, path, allowed in (("wrong", wrong, (1, 3)), ("good", bench.good, (0, 3))):
        arguments = ["verify", "--format", "json", "--binary", path, "--sha256", bench.digest]
        plan = all_injections(bench, arguments, 4 if bench.sanitized else 12)
        injected, why, codes = {}, {}, {}
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            runs = pool.map(lambda item: (item, inject(bench, arguments, *item)), plan)
            for (call, when, error), run in runs:
                injected[call] = injected.get(call, 0) + 1
                codes[run.code] = codes.get(run.code, 0) + 1
                fault = None if call in START and run.code != 0 else defect(run)
                if fault is None and run.code not in allowed and call not in START:
                    fault = str(run)
                if run.code == 0 and name == "wrong":
                    fault = "exit code 0"
                # What passes must have been read whole.
                for r in run.results("binary.sha256"):
                    if r["status"] == "pass" and (r["observed"] != bench.digest or name == "wrong"):
                        fault = f"passed: {r}"
                if fault is not None:
                    why.setdefault(call, f"inject={call}:error={error}:when={when}: {fault}")
        for call in sorted(injected):
            group.add(f"{name} program, {call} fails ({injected[call]} times)", why.get(call))
        group.note(f"{name} program: {len(plan)} injections into {len(injected)} system calls, "
                   f"exit codes {codes}")


# ------------------------------------------------------------------------------------------------

GROUPS = {
    "hangs": test_hangs,
    "sparse": test_sparse,
    "system calls": test_system_calls,
    "races": test_races,
    "changing": test_changing,
    "changing library": test_changing_library,
    "faults": test_faults,
    "odd files": test_odd_files,
    "unreadable": test_unreadable,
    "names": test_names,
    "policies": test_policies,
    "reports": test_reports,
    "limits": test_limits,
    "hostile programs": test_hostile_programs,
    "floods": test_floods,
}
# Measures time; the first of the others mostly wait.
ALONE = ("floods",)


def play_group(bench, name):
    group = Group(name)
    start = time.monotonic()
    try:
        GROUPS[name](bench, group)
    except Exception as e:  # a fault of one group must not hide the others' results
        group.add("the test itself", f"{type(e).__name__}: {e}")
    group.note(f"{time.monotonic() - start:.1f} s")
    return group


def enter_namespace():
    """Mounts made here end with this process."""
    if os.environ.get("INITGATE_TEST_NAMESPACE") is None:
        env = dict(os.environ, INITGATE_TEST_NAMESPACE="1")
        os.execvpe("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable,
                               *sys.argv], env)


def main():
    if len(sys.argv) < 2 or any(name not in GROUPS for name in sys.argv[2:]):
        print(f"usage: {sys.argv[0]} BINARY [GROUP...]\ngroups: {', '.join(GROUPS)}",
              file=sys.stderr)
        return 2
    if os.geteuid() != 0:
        print("needs root", file=sys.stderr)
        return 2
    enter_namespace()
    os.umask(0o022)
    work = tempfile.mkdtemp(prefix="initgate-bad-")
    os.chmod(work, 0o755)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0755,size=2g", "bad-input", work],
                   check=True)
    bench = Bench(os.path.abspath(sys.argv[1]), work)
    wanted = sys.argv[2:] or list(GROUPS)
    tally = tap.Tally()

    def show(group):
        for line in group.notes:
            print(line)
        for name, why in group.lines:
            tally.add(name, why)

    try:
        start_faultfs(bench)
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            waiting = [pool.submit(play_group, bench, n) for n in wanted if n not in ALONE]
            for future in waiting:
                show(future.result())
        for name in wanted:
            if name in ALONE:
                show(play_group(bench, name))
        stop_faultfs(bench)
        if bench.stuck is not None:
            group = Group("hangs")
            # It hangs since its group was played: what counts is how long it takes from now on.
            group.expect("deaf-direct: exit code 3 once the kernel lets go",
                         bench.finish((*bench.stuck[:3], time.monotonic())), 3)
            show(group)
    finally:
        stop_faultfs(bench)
        subprocess.run(["umount", "-R", "-l", work], check=False)
        os.rmdir(work)
    return tally.finish()


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
