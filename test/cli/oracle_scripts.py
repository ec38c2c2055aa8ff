#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Oracle for lib/checks/script.c and lib/elf/shebang.c: what the running kernel, coreutils' env and
BusyBox's env make of "#!" scripts.

usage: oracle_scripts.py [--verbose] INITGATE [CASE...]

Each case builds a root file system, runs /app/server in a chroot there as uid 1001 with the working
directory /, and asks `initgate verify --root` what would happen. The program that all cases mean to
start exits with 7. They agree where

  it started      and the checks of the program pass (or warn),
  it did not      and one of them fails, with the errno of execve in its words, or where env was
                  started and said so itself, with env's words,
  never ends      (env and the script start each other) and one fails.

Cases marked "strict" are those that initgate refuses on purpose though they may start, depending on
the working directory or on what the interpreter does: that it fails or warns is all that is asked.

Needs root. The last line is "N passed, N failed", the one before it "N of N agree".
"""
import argparse
import ctypes
import errno
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import tap  # noqa: E402

USER = 1001
RUNTIME_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CHECKS = ("binary.file", "binary.access", "binary.machine", "binary.interpreter")
OK = "int main(void) { return 7; }\n"
SECONDS = 1.0  # what still runs then never ends
MS_REC, MS_PRIVATE, MS_NOEXEC, CLONE_NEWNS = 0x4000, 0x40000, 8, 0x20000
libc = ctypes.CDLL(None, use_errno=True)
CASES = []


class Root:
    """A root file system with env, its libraries, and programs that exit with 7."""

    def __init__(self, folder, tools):
        self.folder, self.tools = folder, tools
        self.path_variable, self.variables, self.strict = None, {}, False
        for name in ("app", "bin", "usr/bin", "usr/local/bin", "sbin", "lib64", "tmp"):
            os.makedirs(self.real("/" + name), 0o755)
        for path in tools.env_files:
            os.makedirs(os.path.dirname(self.real(path)), 0o755, exist_ok=True)
            os.link(tools.copies[path], self.real(path))
        self.program("/bin/ok")

    def real(self, path):
        return self.folder + path

    def put(self, source, path, mode=0o755):
        os.makedirs(os.path.dirname(self.real(path)), 0o755, exist_ok=True)
        if mode == 0o755:
            os.link(source, self.real(path))
        else:
            shutil.copyfile(source, self.real(path))
            os.chmod(self.real(path), mode)

    def program(self, path, mode=0o755):
        self.put(self.tools.ok, path, mode)

    def dynamic(self, path):
        """Its loader, /lib/none, is missing."""
        self.put(self.tools.dynamic, path)

    def file(self, path, data, mode=0o755):
        os.makedirs(os.path.dirname(self.real(path)), 0o755, exist_ok=True)
        with open(self.real(path), "wb") as f:
            f.write(data if isinstance(data, bytes) else data.encode())
        os.chmod(self.real(path), mode)

    def server(self, data, mode=0o755):
        self.file("/app/server", data, mode)

    def link(self, target, path):
        os.symlink(target, self.real(path))

    def busybox(self):
        os.unlink(self.real("/usr/bin/env"))
        self.put(self.tools.busybox, "/bin/busybox")
        self.link("/bin/busybox", "/usr/bin/env")


class Tools:
    def __init__(self, scratch):
        self.scratch, self.copies = scratch, {}
        self.ok = self.compile("ok", "-static")
        self.dynamic = self.compile("dynamic", "-Wl,--dynamic-linker=/lib/none")
        self.busybox = self.copy("/bin/busybox")
        listed = subprocess.run(["ldd", "/usr/bin/env"], capture_output=True, text=True, check=True)
        libraries = [word for word in listed.stdout.split() if word.startswith("/")]
        self.env_files = ["/usr/bin/env", *libraries]
        for path in self.env_files:
            self.copy(path)

    def compile(self, name, *flags):
        path = os.path.join(self.scratch, name)
        subprocess.run(["gcc", "-x", "c", "-", "-o", path, *flags], input=OK, text=True, check=True)
        return path

    def copy(self, path):
        self.copies[path] = os.path.join(self.scratch, path.replace("/", "_"))
        shutil.copyfile(path, self.copies[path])
        os.chmod(self.copies[path], 0o755)
        return self.copies[path]


def case(name, strict=False):
    def add(function):
        CASES.append((name, strict, function))
        return function
    return add


def line(name, text, strict=False):
    CASES.append((name, strict, lambda root: root.server(text)))


# The kernel's line.
line("a plain one", "#!/bin/ok\n")
line("no newline", "#!/bin/ok")
line("no newline and a blank", "#!/bin/ok ")
line("blanks in front", "#! \t /bin/ok\n")
line("blanks behind", "#!/bin/ok \t \n")
line("an argument", "#!/bin/ok -a -b\n")
line("NUL behind the name", b"#!/bin/ok\0\n")
line("NUL in the argument", b"#!/bin/ok -a\0b\n")
line("NUL in front of the newline's place", b"#!/bin/ok\0/nothing\n")
line("CRLF", "#!/bin/ok\r\n")
line("CRLF and a blank", "#!/bin/ok \r\n")
line("empty", "#!\n")
line("nothing but the two bytes", "#!")
line("blanks only", "#!   \n")
line("a missing interpreter", "#!/bin/missing\n")
line("a missing folder", "#!/missing/ok\n")
line("a file for a folder", "#!/bin/ok/ok\n")
line("an interpreter that is a folder", "#!/bin\n")
line("the root", "#!/\n")
line("a byte order mark", b"\xef\xbb\xbf#!/bin/ok\n")
line("a blank in front of the two bytes", " #!/bin/ok\n")
line("a relative interpreter that is there", "#!bin/ok\n", strict=True)
line("a relative interpreter that is not", "#!missing\n", strict=True)
line("a symlink loop", "#!/bin/loop\n")
CASES[-1] = (CASES[-1][0], False, lambda root: (root.link("loop", "/bin/loop"),
                                                root.server("#!/bin/loop\n")))


def long_path(length):
    """An absolute path of that many bytes, of folders and a program."""
    path = "/" + "d" * 100 + "/" + "e" * 100 + "/"
    return path + "p" * (length - len(path))


def add_long(size):
    """A line of SIZE bytes, its newline not counted."""
    def plain(root):
        root.program(long_path(size - 2))
        root.server("#!" + long_path(size - 2) + "\n")

    def blank(root):
        root.program(long_path(size - 3))
        root.server("#!" + long_path(size - 3) + " \n")

    def cut(root):
        # What is there is the name as the kernel would have cut it.
        root.program(long_path(size - 2)[:254])
        root.server("#!" + long_path(size - 2) + "\n")

    CASES.append((f"a line of {size} bytes", False, plain))
    CASES.append((f"a line of {size} bytes, the last a blank", False, blank))
    CASES.append((f"a line of {size} bytes, the cut name is there", False, cut))
    line(f"an argument up to byte {size}", "#!/bin/ok " + "a" * (size - 10) + "\n")


for SIZE in (253, 254, 255, 256, 257, 300):
    if SIZE < 257:
        add_long(SIZE)
    else:
        line(f"an argument up to byte {SIZE}", "#!/bin/ok " + "a" * (SIZE - 10) + "\n")
        CASES.append((f"a line of {SIZE} bytes", False, lambda root, n=SIZE: (
            root.program(long_path(n - 2)), root.server("#!" + long_path(n - 2) + "\n"))))
line("a line without newline in 4096 bytes", "#!/bin/ok " + "a" * 4096)
line("blanks past byte 256", "#!" + " " * 300 + "/bin/ok\n")


def add_nested(depth):
    def build(root):
        inner = "/bin/ok"
        for i in range(1, depth):
            root.file(f"/bin/s{i}", f"#!{inner}\n")
            inner = f"/bin/s{i}"
        root.server(f"#!{inner}\n")
    CASES.append((f"{depth} scripts in a row", False, build))


for DEPTH in range(1, 8):
    add_nested(DEPTH)
line("a script that names itself", "#!/app/server\n")


@case("six scripts, the last one's interpreter missing")
def _(root):
    inner = "/bin/missing"
    for i in range(1, 6):
        root.file(f"/bin/s{i}", f"#!{inner}\n")
        inner = f"/bin/s{i}"
    root.server(f"#!{inner}\n")


# The interpreter's file.
@case("an interpreter that nobody may execute")
def _(root):
    root.program("/bin/other", 0o644)
    root.server("#!/bin/other\n")


@case("an interpreter that others may not execute")
def _(root):
    root.program("/bin/other", 0o744)
    root.server("#!/bin/other\n")


@case("an interpreter that may be executed and not read")
def _(root):
    root.program("/bin/other", 0o711)
    root.server("#!/bin/other\n")


@case("an interpreter in a closed folder")
def _(root):
    root.program("/closed/ok")
    os.chmod(root.real("/closed"), 0o700)
    root.server("#!/closed/ok\n")


@case("a script that its user may not read", strict=True)
def _(root):
    root.server("#!/bin/ok\n", 0o711)


@case("a script that nobody may execute")
def _(root):
    root.server("#!/bin/ok\n", 0o644)


def mount(root, path, flags):
    os.makedirs(root.real(path), 0o755)
    if libc.mount(b"oracle", root.real(path).encode(), b"tmpfs", flags, b"mode=0755") != 0:
        raise OSError(ctypes.get_errno(), f"mount {path}")


@case("an interpreter on a noexec mount")
def _(root):
    mount(root, "/noexec", MS_NOEXEC)
    shutil.copy(root.tools.ok, root.real("/noexec/ok"))
    root.server("#!/noexec/ok\n")


@case("an empty interpreter")
def _(root):
    root.file("/bin/other", b"")
    root.server("#!/bin/other\n")


@case("an interpreter of text")
def _(root):
    root.file("/bin/other", b"text\n")
    root.server("#!/bin/other\n")


@case("an interpreter for another machine")
def _(root):
    with open(root.tools.ok, "rb") as f:
        data = bytearray(f.read())
    data[18:20] = struct.pack("<H", 8)
    root.file("/bin/other", bytes(data))
    root.server("#!/bin/other\n")


@case("an interpreter without its loader")
def _(root):
    root.dynamic("/bin/other")
    root.server("#!/bin/other\n")


@case("an interpreter behind symlinks")
def _(root):
    root.link("second", "/bin/first")
    root.link("../bin/ok", "/bin/second")
    root.server("#!/bin/first\n")


# env, coreutils'.
def env(name, text, prepare=None, path=None, variables=None, strict=False, busybox=False):
    def build(root):
        if busybox:
            root.busybox()
        if prepare is not None:
            prepare(root)
        root.path_variable, root.variables = path, variables or {}
        root.server(f"#!/usr/bin/env{text}\n")
    CASES.append((("BusyBox's env, " if busybox else "env, ") + name, strict, build))


for BUSYBOX in (False, True):
    env("a program", " ok", busybox=BUSYBOX)
    env("a missing program", " missing", busybox=BUSYBOX)
    env("a program and an argument in one word", " ok -u", busybox=BUSYBOX)
    env("blanks and tabs", " \t ok\t ", busybox=BUSYBOX)
    env("an absolute name", " /bin/ok", busybox=BUSYBOX)
    env("an absolute name that is missing", " /bin/missing", busybox=BUSYBOX)
    env("CRLF", " ok\r", busybox=BUSYBOX)
    env("no argument", "", busybox=BUSYBOX)
    env("an assignment alone", " A=b", busybox=BUSYBOX)
    env("an assignment and a name in one word", " A=b ok", busybox=BUSYBOX)
    env("-i alone", " -i", busybox=BUSYBOX)
    env("- alone", " -", busybox=BUSYBOX)
    env("-S", " -S ok -a -b", busybox=BUSYBOX)
    env("-v", " -v", busybox=BUSYBOX)
    env("an unknown option", " -Z", busybox=BUSYBOX)
    env("-0", " -0", busybox=BUSYBOX)
    env("a name that is a folder, then a program", " other", lambda r: (
        os.mkdir(r.real("/usr/bin/other")), r.program("/bin/other")), busybox=BUSYBOX)
    env("a name that is a folder", " other", lambda r: os.mkdir(r.real("/usr/bin/other")),
        busybox=BUSYBOX)
    env("not executable, then a program", " other", lambda r: (
        r.file("/usr/bin/other", "x", 0o644), r.program("/bin/other")), busybox=BUSYBOX)
    env("not executable", " other", lambda r: r.file("/usr/bin/other", "x", 0o644), busybox=BUSYBOX)
    env("in a closed folder", " other", lambda r: (
        r.program("/closed/other"), os.chmod(r.real("/closed"), 0o700)), path="/closed:/bin",
        busybox=BUSYBOX)
    env("a missing loader, then a program", " other", lambda r: (
        r.dynamic("/usr/bin/other"), r.program("/bin/other")), busybox=BUSYBOX)
    env("a missing loader", " other", lambda r: r.dynamic("/usr/bin/other"), busybox=BUSYBOX)
    env("a script without interpreter, then a program", " other", lambda r: (
        r.file("/usr/bin/other", "#!/bin/missing\n"), r.program("/bin/other")), busybox=BUSYBOX)
    env("a symlink loop, then a program", " other", lambda r: (
        r.link("other", "/usr/bin/other"), r.program("/bin/other")), busybox=BUSYBOX)
    env("a dangling symlink, then a program", " other", lambda r: (
        r.link("nowhere", "/usr/bin/other"), r.program("/bin/other")), busybox=BUSYBOX)
    env("a script that env starts again", " other",
        lambda r: r.file("/usr/bin/other", "#!/usr/bin/env other\n"), busybox=BUSYBOX)
    env("a script by env by a script", " other", lambda r: (
        r.file("/usr/bin/other", "#!/bin/inner\n"), r.file("/bin/inner", "#!/usr/bin/env ok\n")),
        busybox=BUSYBOX)
    env("PATH of the policy", " other", lambda r: r.program("/opt/tools/other"),
        path="/bin:/opt/tools", busybox=BUSYBOX)
    env("PATH of the policy without it", " ok", path="/opt:/usr/bin", busybox=BUSYBOX)
    env("a file in PATH", " ok", path="/usr/bin/env:/bin", busybox=BUSYBOX)
    env("slashes behind folders of PATH", " ok", path="/opt/:/bin//", busybox=BUSYBOX)
    env("an empty folder first, found later", " ok", path=":/bin", busybox=BUSYBOX)
    env("an empty folder last, found before", " ok", path="/bin:", busybox=BUSYBOX)
    env("only an empty folder, not there", " other", path=":", busybox=BUSYBOX)
    env("only an empty folder, it is there", " other", lambda r: r.program("/other"), path=":",
        strict=True, busybox=BUSYBOX)
    env("a relative folder", " ok", path="bin", strict=True, busybox=BUSYBOX)
    env("a relative name", " bin/ok", strict=True, busybox=BUSYBOX)
    env("on a noexec mount, then a program", " other", lambda r: (
        mount(r, "/noexec", MS_NOEXEC), shutil.copy(r.tools.ok, r.real("/noexec/other")),
        r.program("/bin/other")), path="/noexec:/bin", busybox=BUSYBOX)
    env("on a noexec mount", " other", lambda r: (
        mount(r, "/noexec", MS_NOEXEC), shutil.copy(r.tools.ok, r.real("/noexec/other"))),
        path="/noexec:/bin", busybox=BUSYBOX)

env("-S and nothing else", " -S", strict=True)
env("-S with the name behind it", " -Sok -a")
env("-vS", " -vS ok -a")
env("-iS finds /bin", " -iS ok")
env("-i in -S", " -S -i ok")
env("-i in -S, elsewhere", " -S -i other", lambda r: r.program("/usr/local/bin/other"))
env("-u PATH in -S, elsewhere", " -S -u PATH other", lambda r: r.program("/usr/local/bin/other"))
env("-uPATH in -S", " -S -uPATH ok")
env("--unset=PATH, elsewhere", " -S --unset=PATH other",
    lambda r: r.program("/usr/local/bin/other"))
env("--split-string", " --split-string=ok -a")
env("--ignore-environment in -S", " -S --ignore-environment ok")
env("an assignment in -S", " -S A=b ok")
env("a PATH in -S", " -S PATH=/opt other", lambda r: r.program("/opt/other"))
env("a PATH in -S without it", " -S PATH=/opt ok")
env("-i and a PATH in -S", " -S -i PATH=/opt other", lambda r: r.program("/opt/other"))
env("- in -S", " -S - ok")
env("-- in -S", " -S -- ok")
env("quotes", " -S \"o\"'k' \"a b\"")
env("a name with a blank in quotes", " -S 'a b' c", lambda r: r.program("/bin/a b"))
env("a name with an escaped blank", " -S \"a\\_b\" c", lambda r: r.program("/bin/a b"))
env("\\_ between words", " -S ok\\_-a")
env("\\c ends it", " -S ok\\c nonsense 'open")
env("\\c in quotes", " -S ok \"\\c\"")
env("an unknown escape", " -S ok \\x")
env("a backslash at the end", " -S ok \\")
env("an open quote", " -S ok 'a")
env("a comment", " -S ok # 'open")
env("a # in a word", " -S o#k", lambda r: r.program("/bin/o#k"))
env("a variable", " -S ${TOOL} -a", variables={"TOOL": "ok"})
env("a variable in a word", " -S o${LETTER}", variables={"LETTER": "k"})
env("a variable of two words", " -S ${TOOL}", variables={"TOOL": "ok -a"})
env("a variable in single quotes", " -S '${TOOL}'", variables={"TOOL": "ok"})
env("a variable without braces", " -S $TOOL", variables={"TOOL": "ok"})
env("PATH as a variable", " -S PATH=/opt:${PATH} ok")
env("-S in -S", " -S -S ok")
env("an empty name", " -S ''")


@case("env itself without its loader")
def _(root):
    os.unlink(root.real(root.tools.env_files[-1]))
    root.server("#!/usr/bin/env ok\n")


@case("env that nobody may execute")
def _(root):
    os.unlink(root.real("/usr/bin/env"))
    root.put(root.tools.copies["/usr/bin/env"], "/usr/bin/env", 0o644)
    root.server("#!/usr/bin/env ok\n")


@case("no env")
def _(root):
    os.unlink(root.real("/usr/bin/env"))
    root.server("#!/usr/bin/env ok\n")


@case("env at /bin only")
def _(root):
    os.rename(root.real("/usr/bin/env"), root.real("/bin/env"))
    root.server("#!/bin/env ok\n")


class Truth:
    """What running it gave: kind is "started", "errno", "env" (which exit code) or "endless"."""

    def __init__(self, kind, detail=None):
        self.kind, self.detail = kind, detail

    def __str__(self):
        return self.kind if self.detail is None else f"{self.kind} {self.detail}"


def run_it(root):
    """In a child: chroot, become the user, execve. Its errno comes back through a pipe."""
    variables = {"PATH": root.path_variable or RUNTIME_PATH, **root.variables}
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            null = os.open("/dev/null", os.O_RDWR)
            for number in (0, 1, 2):
                os.dup2(null, number)
            os.chroot(root.folder)
            os.chdir("/")
            os.setgroups([])
            os.setgid(USER)
            os.setuid(USER)
            os.execve("/app/server", ["/app/server"], variables)
        except OSError as e:
            os.write(writer, str(e.errno).encode())
        finally:
            os._exit(0)
    os.close(writer)
    said = os.read(reader, 16)  # ends when execve closes it
    os.close(reader)
    return wait(child, said)


def wait(child, said):
    import select
    pidfd = os.pidfd_open(child)
    ready, _, _ = select.select([pidfd], [], [], SECONDS)
    os.close(pidfd)
    if not ready:
        os.kill(child, 9)
        os.waitpid(child, 0)
        return Truth("endless")
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if said:
        return Truth("errno", errno.errorcode[int(said)])
    return Truth("started") if code == 7 else Truth("env", code)


def ask(gate, root):
    policy = {"apiVersion": "initgate.dev/v1", "kind": "Policy",
              "runAs": {"uid": USER, "gid": USER},
              "env": {**root.variables,
                      **({"PATH": root.path_variable} if root.path_variable else {})},
              "binaries": [{"path": "/app/server"}]}
    outcome = tap.run([gate, "verify", "--root", root.folder, "--policy", "-", "--format", "json"],
                      input=json.dumps(policy).encode())
    if outcome.defect():
        raise RuntimeError(outcome.defect())
    results = json.loads(outcome.out)["results"]
    return [r for r in results if r["check"] in CHECKS]


def disagreement(truth, results, strict):
    bad = [r for r in results if r["status"] in ("fail", "error")]
    words = " ".join(r["message"] for r in bad)
    if strict:
        return None if any(r["status"] in ("fail", "warn", "error") for r in results) else "no word"
    if truth.kind == "started":
        return "it would not start" if bad else None
    if not any(r["status"] == "fail" for r in bad):
        return "nothing fails"
    if truth.kind == "errno" and truth.detail not in words:
        return "another errno"
    if truth.kind == "endless" and "without end" not in words:
        return "it ends"
    if truth.detail == 127 and "exit code 127" not in words and "ENOENT" not in words:
        return "env said 127"
    if truth.detail in (1, 125) and "env stops" not in words:
        return "env stopped"
    return None


def play(gate, tools, scratch, name, strict, build):
    folder = tempfile.mkdtemp(dir=scratch)
    os.chmod(folder, 0o755)
    root = Root(folder, tools)
    build(root)
    truth, results = run_it(root), ask(gate, root)
    why = disagreement(truth, results, strict)
    said = "\n".join(f"{r['status']} {r['check']}: {r['message']}" for r in results)
    return truth, why, said


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("initgate")
    parser.add_argument("case", nargs="*")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("oracle_scripts.py: needs root: it mounts, and enters chroots")
    if libc.unshare(CLONE_NEWNS) != 0 or \
            libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None) != 0:
        sys.exit("oracle_scripts.py: cannot have mounts of its own")
    os.umask(0o022)
    tally = tap.Tally()
    scratch = tempfile.mkdtemp(prefix="initgate-scripts.")
    os.chmod(scratch, 0o755)
    gate = os.path.abspath(options.initgate)
    try:
        # Mounts stay below it: the namespace, and they with it, ends with this process.
        if libc.mount(b"oracle", scratch.encode(), b"tmpfs", 0, b"mode=0755") != 0:
            sys.exit("oracle_scripts.py: cannot mount a tmpfs")
        tools = Tools(scratch)
        for name, strict, build in CASES:
            if options.case and not any(word in name for word in options.case):
                continue
            truth, why, said = play(gate, tools, scratch, name, strict, build)
            tally.add(f"{name} ({truth})", f"{why}\n{said}" if why else None)
            if options.verbose:
                print("    " + said.replace("\n", "\n    "))
    finally:
        libc.umount2(scratch.encode(), 2)
        os.rmdir(scratch)
    print(f"{tally.passed} of {tally.passed + tally.failed} agree")
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
