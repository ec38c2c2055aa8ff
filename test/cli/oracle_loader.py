#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Oracle for the loader's rules: the errno that execve(2) gives for each fault of PT_INTERP.

usage: oracle_loader.py [--table] [BINARY]

For each fault, builds a root file system with a program whose PT_INTERP meets that fault, runs it in
a chroot there as nobody with the working directory /app, and compares with what is written here
(the table of doc/loader-faults.md, which --table prints) and, where the loader is a file that can
be read, with ig_image_loader_fault(). With BINARY, `BINARY verify --binary /app/program --root ...`
is asked, too: binary.interpreter (binary.machine where the program itself is at fault) must fail and
name the same errno. Needs root. The last lines are "N of N agree" and "N passed, N failed"; exit
status 1 where not all do, 2 where it cannot run.
"""
import errno
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile

from oracle_execve import BARE, BARE_SUBJECT, Elf, Probe, PT_INTERP, PT_LOAD, build_probe, tap

LOADER = "/lib/loader"
ET_REL = 1


class Case:
    """A root file system with /app/program, and the loader it names."""

    def __init__(self, tools, root):
        self.tools, self.root, self.busy = tools, root, []
        for folder in ("app", "lib"):
            os.makedirs(self.path("/" + folder))
            os.chmod(self.path("/" + folder), 0o755)
        self.program(LOADER)
        self.loader(tools.loader)

    def path(self, path):
        return self.root + path

    def write(self, path, data, mode=0o755):
        with open(self.path(path), "wb") as f:
            f.write(data)
        os.chmod(self.path(path), mode)

    def program(self, interp, **fields):
        """FIELDS replace those of the PT_INTERP header; a function is asked with the file."""
        tools = self.tools
        path = tools.compile("dynamic", "-pie", "-fPIE", f"-Wl,--dynamic-linker={interp}")
        with open(path, "rb") as f:
            data = bytearray(f.read())
        elf = Elf(bytes(data), data[4])
        index = [p["p_type"] for p in elf.phdrs()].index(PT_INTERP)
        fields = {f: v(data) if callable(v) else v for f, v in fields.items()}
        for offset, piece in elf.set_phdr(index, **fields):
            data[offset:offset + len(piece)] = piece
        self.write("/app/program", data)

    def loader(self, data, path=LOADER, mode=0o755):
        if os.path.lexists(self.path(path)):
            os.unlink(self.path(path))
        self.write(path, data, mode)

    def no_loader(self):
        os.unlink(self.path(LOADER))

    def edit_loader(self, *edits):
        """Each edit is (offset, bytes)."""
        data = bytearray(self.tools.loader)
        for offset, piece in edits:
            data[offset:offset + len(piece)] = piece
        self.loader(bytes(data))


class Tools:
    """Builds programs, each once; .loader is a static-pie that says ok and exits with 7."""

    def __init__(self, scratch):
        self.scratch, self.built = scratch, {}
        with open(self.compile("loader", "-static-pie", "-fPIE"), "rb") as f:
            self.loader = f.read()
        self.elf = Elf(self.loader, self.loader[4])

    def compile(self, name, *flags, source=BARE_SUBJECT):
        if (name, flags) not in self.built:
            path = os.path.join(self.scratch, f"built{len(self.built)}")
            subprocess.run(["gcc", "-x", "c", "-", "-o", path, *BARE, *flags], input=source,
                           text=True, check=True)
            self.built[name, flags] = path
        return self.built[name, flags]

    def phdr(self, kind, **fields):
        index = [p["p_type"] for p in self.elf.phdrs()].index(kind)
        return self.elf.set_phdr(index, **fields)


# name, what execve does (an errno's name, or "killed", "crashes", "starts"), what to do to the case
FAULTS = []


def fault(words, outcome):
    def add(function):
        FAULTS.append((words, outcome, function))
        return function
    return add


@fault("nothing wrong", "starts")
def _(case):
    pass


@fault("absent", "ENOENT")
def _(case):
    case.no_loader()


@fault("a symlink to what is absent", "ENOENT")
def _(case):
    case.no_loader()
    os.symlink("/lib/absent", case.path(LOADER))


@fault("relative, and there below the working directory", "starts")
def _(case):
    case.program("loader")
    case.loader(case.tools.loader, "/app/loader")


@fault("relative, and not there below the working directory", "ENOENT")
def _(case):
    case.program("lib/loader")


@fault("an empty string (it means the working directory)", "EACCES")
def _(case):
    case.program(LOADER, p_offset=lambda data: data.index(b"\0\0"), p_filesz=2)


@fault("a parent is a file", "ENOTDIR")
def _(case):
    case.program("/lib/loader/ld.so")


@fault("a parent that the user may not search (mode 0700 of root)", "EACCES")
def _(case):
    os.chmod(case.path("/lib"), 0o700)


@fault("a name of 256 bytes", "ENAMETOOLONG")
def _(case):
    case.program("/lib/" + 256 * "x")


@fault("a path of 4095 bytes, absent (the longest)", "ENOENT")
def _(case):
    case.program(("/" + 254 * "x") * 16 + "/" + 14 * "x")


@fault("a path of 4096 bytes (PT_INTERP of 4097)", "ENOEXEC")
def _(case):
    case.program(("/" + 254 * "x") * 16 + "/" + 15 * "x")


@fault("PT_INTERP of size 0", "ENOEXEC")
def _(case):
    case.program(LOADER, p_filesz=0)


@fault("PT_INTERP of size 1", "ENOEXEC")
def _(case):
    case.program(LOADER, p_filesz=1)


@fault("PT_INTERP without its NUL", "ENOEXEC")
def _(case):
    case.program(LOADER, p_filesz=len(LOADER))


@fault("PT_INTERP past the end of the program", "EIO")
def _(case):
    case.program(LOADER, p_offset=1 << 30)


@fault("PT_INTERP at a negative offset", "EINVAL")
def _(case):
    case.program(LOADER, p_offset=(1 << 64) - 4096)


@fault("mode 0644", "EACCES")
def _(case):
    case.loader(case.tools.loader, mode=0o644)


@fault("mode 0711 of root (executable, not readable)", "starts")
def _(case):
    case.loader(case.tools.loader, mode=0o711)


@fault("mode 0700 of root", "EACCES")
def _(case):
    case.loader(case.tools.loader, mode=0o700)


@fault("on a noexec mount", "EACCES")
def _(case):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "noexec,mode=755", "none", case.path("/lib")],
                   check=True)
    case.loader(case.tools.loader)


@fault("a directory", "EACCES")
def _(case):
    case.no_loader()
    os.mkdir(case.path(LOADER), 0o755)


@fault("a FIFO", "EACCES")
def _(case):
    case.no_loader()
    os.mkfifo(case.path(LOADER))
    os.chmod(case.path(LOADER), 0o755)


@fault("a socket", "EACCES")
def _(case):
    case.no_loader()
    here = os.getcwd()
    os.chdir(case.path("/lib"))
    with socket.socket(socket.AF_UNIX) as s:
        s.bind("loader")
    os.chdir(here)
    os.chmod(case.path(LOADER), 0o755)


@fault("a device", "EACCES")
def _(case):
    case.no_loader()
    os.mknod(case.path(LOADER), 0o020755, os.makedev(1, 3))
    os.chmod(case.path(LOADER), 0o755)


@fault("a symlink to itself", "ELOOP")
def _(case):
    case.no_loader()
    os.symlink("loader", case.path(LOADER))


def chain(case, count):
    case.no_loader()
    case.loader(case.tools.loader, "/lib/real")
    for i in range(count):
        os.symlink("real" if i == 0 else f"hop{i - 1}", case.path(f"/lib/hop{i}"))
    os.rename(case.path(f"/lib/hop{count - 1}"), case.path(LOADER))


@fault("a chain of 40 symlinks", "starts")
def _(case):
    chain(case, 40)


@fault("a chain of 41 symlinks", "ELOOP")
def _(case):
    chain(case, 41)


@fault("open for writing somewhere", "ETXTBSY")
def _(case):
    case.busy.append(open(case.path(LOADER), "ab"))


@fault("an empty file", "EIO")
def _(case):
    case.loader(b"")


@fault("shorter than an ELF header (63 bytes)", "EIO")
def _(case):
    case.loader(case.tools.loader[:63])


@fault("a script of 20 bytes", "EIO")
def _(case):
    case.loader(b"#!/lib/other-loader\n")


@fault("a script of 64 bytes or more", "ELIBBAD")
def _(case):
    case.loader(b"#!/lib/other-loader\n".ljust(64, b"#"))


@fault("64 NUL bytes", "ELIBBAD")
def _(case):
    case.loader(bytes(64))


@fault("its ELF header only (cut at 64 bytes)", "ELIBBAD")
def _(case):
    case.loader(case.tools.loader[:64])


@fault("cut inside its program headers", "ELIBBAD")
def _(case):
    case.loader(case.tools.loader[:100])


@fault("cut behind its program headers (PT_LOAD past the end)", "killed|crashes")
def _(case):
    case.loader(case.tools.loader[:600])


@fault("wrong machine (AArch64)", "ELIBBAD")
def _(case):
    case.edit_loader((18, struct.pack("<H", 183)))


@fault("wrong machine (i386 for a 64-bit program)", "ELIBBAD")
def _(case):
    with open(case.tools.compile("i386", "-m32", "-static-pie", "-fPIE"), "rb") as f:
        case.loader(f.read())


@fault("wrong size of program headers", "ELIBBAD")
def _(case):
    case.edit_loader((54, struct.pack("<H", 32)))


@fault("no program headers", "ELIBBAD")
def _(case):
    case.edit_loader((56, struct.pack("<H", 0)))


@fault("an object file (ET_REL)", "killed")
def _(case):
    case.edit_loader((16, struct.pack("<H", ET_REL)))


@fault("no PT_LOAD", "killed")
def _(case):
    edits = []
    for i, phdr in enumerate(case.tools.elf.phdrs()):
        if phdr["p_type"] == PT_LOAD:
            edits += case.tools.elf.set_phdr(i, p_type=0)
    case.edit_loader(*edits)


@fault("a PT_LOAD larger in the file than in memory", "killed")
def _(case):
    case.edit_loader(*case.tools.phdr(PT_LOAD, p_memsz=1))


@fault("a PT_LOAD whose offset and address do not fit together", "killed")
def _(case):
    case.edit_loader(*case.tools.phdr(PT_LOAD, p_vaddr=8))


@fault("a program that has a PT_INTERP itself (not looked at)", "starts")
def _(case):
    with open(case.tools.compile("dynamic", "-pie", "-fPIE",
                                 "-Wl,--dynamic-linker=/absent"), "rb") as f:
        case.loader(f.read())


@fault("a static program of fixed addresses (ET_EXEC)", "starts")
def _(case):
    with open(case.tools.compile("exec", "-static", "-no-pie"), "rb") as f:
        case.loader(f.read())


@fault("a second PT_INTERP that is absent (not looked at)", "starts")
def _(case):
    with open(case.path("/app/program"), "r+b") as f:
        data = bytearray(f.read())
        elf = Elf(bytes(data), data[4])
        spare = [i for i, p in enumerate(elf.phdrs()) if p["p_type"] > PT_INTERP][-1]
        for offset, piece in elf.set_phdr(spare, p_type=PT_INTERP, p_offset=0,
                                                 p_filesz=1):
            f.seek(offset)
            f.write(piece)


def outcome_of(answer):
    if answer.kernel == "errno":
        return errno.errorcode[answer.number]
    if answer.kernel == "killed":
        return "killed"
    if answer.kernel == "signal":
        return "crashes"
    return "starts" if (answer.number, answer.output) == (7, "6f6b0a") else str(answer)


def ours(tools, case, answer, sayer):
    """What lib/elf says: an errno's name, "crashes", "starts"; None where it is not asked."""
    if answer.refusal != 0:
        return errno.errorcode[answer.refusal]
    loader = answer.interp if answer.interp.startswith("/") else "/app/" + answer.interp
    loader = case.path(loader)
    if not os.path.isfile(loader) or os.stat(loader).st_mode & 0o001 == 0:
        return None
    number, _ = sayer.send(f"{loader} {case.path('/app/program')}").split(" ", 1)
    if number == "0":
        return "starts"
    return "crashes" if number == "-1" else errno.errorcode[int(number)]


def agrees(outcome, said, kernel):
    """SAID need not tell killed from crashes; file system's rules are not lib/elf's."""
    if said is None or outcome in ("EACCES", "ETXTBSY"):
        return True
    return said == ("crashes" if kernel == "killed" else kernel)


# What the gate fails in any working directory, and what it cannot see.
STRICTER = ("relative, and there below the working directory",
            "relative, and not there below the working directory")
UNSEEN = ("open for writing somewhere",)


def gate_fault(gate, case, words, kernel):
    """Why what the gate says is not what execve does, or None."""
    if words in UNSEEN:
        return None
    outcome = tap.run([gate, "verify", "--root", case.root, "--binary", "/app/program", "--run-as",
                       "65534:65534", "--format", "json"])
    if outcome.defect():
        return outcome.defect()
    results = {r["check"]: r for r in json.loads(outcome.out)["results"]}
    told = [results[c] for c in ("binary.interpreter", "binary.machine")
            if results[c]["status"] == "fail"]
    text = " ".join(f"{r['message']} {r['observed']}" for r in told)
    if kernel == "starts" and words not in STRICTER:
        return f"the gate fails it: {text}" if told else None
    if not told or outcome.code != 1:
        return f"the gate passes it: {results['binary.interpreter']['message']}"
    if words not in STRICTER and kernel in errno.errorcode.values() and kernel not in text:
        return f"the gate does not name {kernel}: {text}"
    return None


def words_of(outcome):
    return {"starts": "starts",
            "killed": "no errno: the kernel kills the process (SIGSEGV)",
            "crashes": "starts, then dies (SIGSEGV or SIGBUS)",
            "killed|crashes": "no errno: SIGSEGV or SIGBUS at once"}.get(outcome, outcome)


def table():
    rows = [f"| {words} | {words_of(outcome)} |\n" for words, outcome, _ in FAULTS]
    return "| the loader (PT_INTERP) is | execve |\n|---|---|\n" + "".join(rows)


def main():
    if "--table" in sys.argv:
        print(table(), end="")
        return 0
    if os.uname().machine != "x86_64":
        print("oracle_loader.py: its damaged programs are for x86-64", file=sys.stderr)
        return 2
    if os.getuid() != 0:
        print("oracle_loader.py: needs root for chroot and mount", file=sys.stderr)
        return 2
    if os.environ.get("ORACLE_LOADER_MOUNTS") != "own":
        os.environ["ORACLE_LOADER_MOUNTS"] = "own"
        os.execvp("unshare", ["unshare", "--mount", sys.executable, *sys.argv])
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    tally, gate = tap.Tally(), sys.argv[1] if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory() as scratch:
        os.chmod(scratch, 0o755)
        tools = Tools(scratch)
        program = build_probe(scratch)
        sayer = Probe(program, "--loader")
        for words, outcome, damage in FAULTS:
            root = os.path.join(scratch, "root")
            os.mkdir(root)
            os.chmod(root, 0o755)
            case = Case(tools, root)
            damage(case)
            probe = Probe(program, "--chroot", root)
            answer = probe.ask("/app/program")
            probe.close()
            kernel, said = outcome_of(answer), ours(tools, case, answer, sayer)
            name = f"{words}: execve {kernel}, lib/elf {said}"
            if kernel not in outcome.split("|") or not agrees(outcome, said, kernel):
                tally.add(name, f"written here: {outcome}")
            else:
                tally.add(name, gate_fault(gate, case, words, kernel) if gate else None)
            for f in case.busy:
                f.close()
            subprocess.run(["umount", "-q", case.path("/lib")], check=False)
            shutil.rmtree(root)
        sayer.close()
    with open(os.path.join(tap.TOP, "doc", "loader-faults.md"), encoding="utf-8") as f:
        tally.add("doc/loader-faults.md", None if table() in f.read() else "its table is another")
    print(f"{tally.passed} of {tally.passed + tally.failed} agree")
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
