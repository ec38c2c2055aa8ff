#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Each rule of a loader as a tiny root: what is predicted is what the real loader does there.

usage: loader_rules.py RESOLVE [NUMBER-NAME...]

RESOLVE is the program of test/tools/resolve.c (given the gate, the dev build's is taken). Every folder
of test/data/loader has a recipe; its root is built once with the loader and ldconfig of Debian
bookworm (glibc 2.36) and once with trixie's (2.41), or with musl. The program is run there in a
chroot, first with LD_TRACE_LOADED_OBJECTS and LD_DEBUG=libs (musl: --list), then as it is: libraries,
their order, the places tried and whether it starts must be what RESOLVE says. Needs root.

A recipe has one step a line:
  lib PATH [needed=A,B] [soname=S|none] [rpath=R] [runpath=R] [-FLAG...]    prog, object: likewise
  file PATH TEXT | dir PATH | link PATH TARGET | hardlink PATH OTHER | remove PATH
  cut PATH BYTES | patch PATH OFFSET HEX | blank PATH TEXT | mode PATH OCTAL
  no-dynamic PATH | only-debug PATH | ldconfig FORMAT DIRECTORY...
  env NAME=VALUE | cwd PATH | run PATH | uid NUMBER | loader musl
  no-run                         it is only traced: to run it would take more than its libraries
  any-order                      neither the libraries' nor the places' is predicted
  needs-level N                  what is expected holds for CPUs of x86-64-vN only
  expect NAME => PATH            or: NAME missing, NAME fault. It documents; the loader decides
"""
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import ldso  # noqa: E402
import roots  # noqa: E402
from tap import TOP, Tally  # noqa: E402

DATA = os.path.join(TOP, "test/data/loader")
SUITES = ("bookworm", "trixie")
MUSL_FILE = "/lib/x86_64-linux-musl/libc.so"
DT_NEEDED, DT_STRTAB, DT_SONAME, DT_RPATH, DT_RUNPATH = 1, 5, 14, 15, 29
PT_NULL, PT_LOAD, PT_DYNAMIC = 0, 1, 2
START = 'void _start(void) { __asm__ volatile("mov $60, %eax; xor %edi, %edi; syscall"); }\n'
LONG = {"LONG300": "l" * 300}


class Elf:
    """Just enough to edit a dynamic section that the linker would not write."""

    def __init__(self, path):
        self.path = path
        with open(path, "rb") as file:
            self.data = bytearray(file.read())
        phoff, phnum = struct.unpack_from("<Q", self.data, 32)[0], self.data[56]
        self.phdrs = [phoff + 56 * i for i in range(phnum)]

    def segment(self, kind):
        for at in self.phdrs:
            if struct.unpack_from("<I", self.data, at)[0] == kind:
                yield at, *struct.unpack_from("<QQQQ", self.data, at + 8)[:2], \
                    struct.unpack_from("<Q", self.data, at + 32)[0]

    def offset(self, address):
        for _, offset, vaddr, size in self.segment(PT_LOAD):
            if vaddr <= address < vaddr + size:
                return offset + address - vaddr
        raise ValueError("not in the file")

    def entries(self):
        _, offset, _, size = next(self.segment(PT_DYNAMIC))
        for at in range(offset, offset + size, 16):
            yield at, *struct.unpack_from("<QQ", self.data, at)

    def name(self, index):
        table = self.offset(next(v for _, t, v in self.entries() if t == DT_STRTAB))
        return self.data[table + index:self.data.index(0, table + index)].decode()

    def retag(self, names):
        """NAMES: (name of a DT_NEEDED, its new tag, name whose string it takes or "" or None)."""
        values = {self.name(v): v for _, t, v in self.entries() if t == DT_NEEDED}
        for at, tag, value in list(self.entries()):
            for name, new, like in names:
                if tag == DT_NEEDED and self.name(value) == name:
                    value = value if like is None else values[like] if like else 0
                    struct.pack_into("<QQ", self.data, at, new, value)
        self.save()

    def save(self):
        with open(self.path, "wb") as file:
            file.write(self.data)


class Compiler:
    """Compiles each thing once."""

    def __init__(self, folder):
        self.folder, self.made = folder, {}

    def make(self, *command):
        if command not in self.made:
            path = os.path.join(self.folder, str(len(self.made)))
            source = "int it;\n" if "-shared" in command or "-c" in command else START
            subprocess.run(["gcc", "-x", "c", "-", "-x", "none", "-o", path, "-nostdlib", *command],
                           input=source.encode(), check=True)
            self.made[command] = path
        return self.made[command]

    def stub(self, name):
        return self.make("-shared", "-fPIC", f"-Wl,-soname,{name}")

    def elf(self, kind, path, words, loader):
        """A program or library with any DT_NEEDED, in any order and number, and the like: each string
        is a DT_NEEDED first, and retagged then."""
        options = dict(w.partition("=")[::2] for w in words if not w.startswith("-"))
        flags = [w for w in words if w.startswith("-")]
        needed = [LONG.get(n, n) for n in options.get("needed", "").split(",") if n]
        soname = options.get("soname", os.path.basename(path) if kind == "lib" else "none")
        links, retag = [], []
        for number, name in enumerate(needed):
            again = name in needed[:number]
            links.append(f"AGAIN{number}" if again else name)
            if again:
                retag.append((links[-1], DT_NEEDED, name))
        for value, tag in ((options.get("rpath"), DT_RPATH), (options.get("runpath"), DT_RUNPATH),
                           (soname if kind == "prog" and soname != "none" else None, DT_SONAME)):
            if value is not None:
                links.append(value or "EMPTY")
                retag.append((links[-1], tag, None if value else ""))
        if kind == "prog":
            flags = ["-pie", "-fPIE", f"-Wl,--dynamic-linker={loader}", *flags]
        else:
            flags = ["-shared", "-fPIC", *([] if soname == "none" else [f"-Wl,-soname,{soname}"]),
                     *flags]
        made = self.make(*flags, "-Wl,--no-as-needed", *(self.stub(n) for n in links))
        shutil.copyfile(made, path)
        os.chmod(path, 0o755)
        if retag:
            Elf(path).retag(retag)


class Set:
    """One recipe's root."""

    def __init__(self, recipe, root, compiler, suite):
        self.root, self.compiler, self.suite = root, compiler, suite
        self.loader, self.run, self.cwd, self.uid, self.level = ldso.GLIBC, "/app/prog", "/", 0, 1
        self.env, self.expected, self.runs, self.ordered = {}, [], True, True
        with open(recipe, encoding="utf-8") as file:
            self.steps = [l.rstrip("\n") for l in file if l.strip() and not l.startswith("#")]
        if "loader musl" in self.steps:
            self.loader = ldso.MUSL

    def path(self, path):
        return self.root + path

    def install_loader(self):
        real = MUSL_FILE if self.loader == ldso.MUSL else \
            f"{roots.debian(self.suite)}/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"
        for folder in (os.path.dirname(self.loader), "/etc", "/proc", "/usr/lib", "/lib"):
            os.makedirs(self.path(folder), exist_ok=True)
        shutil.copy(real, self.path(self.loader))

    def build(self):
        self.install_loader()
        for step in self.steps:
            word, *rest = step.split(" ")
            getattr(self, "do_" + word.replace("-", "_"))(*rest)

    def place(self, path):
        os.makedirs(os.path.dirname(self.path(path)), exist_ok=True)
        return self.path(path)

    def do_lib(self, path, *words):
        self.compiler.elf("lib", self.place(path), words, self.loader)

    def do_prog(self, path, *words):
        self.compiler.elf("prog", self.place(path), words, self.loader)

    def do_object(self, path):
        shutil.copyfile(self.compiler.make("-c"), self.place(path))

    def do_file(self, path, *words):
        text = " ".join(words).replace("\\n", "\n").replace("\\t", "\t")
        with open(self.place(path), "w", encoding="utf-8") as file:
            file.write(text)

    def do_dir(self, path):
        os.makedirs(self.place(path))

    def do_link(self, path, target):
        os.symlink(target, self.place(path))

    def do_hardlink(self, path, other):
        os.link(self.path(other), self.place(path))

    def do_remove(self, path):
        os.unlink(self.path(path))

    def do_cut(self, path, size):
        os.truncate(self.path(path), int(size))

    def do_patch(self, path, offset, text):
        with open(self.path(path), "r+b") as file:
            file.seek(int(offset))
            file.write(bytes.fromhex(text))

    def do_blank(self, path, text):
        elf = Elf(self.path(path))
        elf.data = elf.data.replace(text.encode(), bytes(len(text)))
        elf.save()

    def do_mode(self, path, mode):
        os.chmod(self.path(path), int(mode, 8))

    def do_no_dynamic(self, path):
        elf = Elf(self.path(path))
        at, *_ = next(elf.segment(PT_DYNAMIC))
        struct.pack_into("<I", elf.data, at, PT_NULL)
        elf.save()

    def do_only_debug(self, path):
        subprocess.run(["objcopy", "--only-keep-debug", self.path(path)], check=True)

    def do_ldconfig(self, form, *folders):
        program = f"{roots.debian(self.suite)}/usr/sbin/ldconfig"
        subprocess.run([program, "-r", self.root, "-c", form, "-f", "/dev/null", *folders],
                       check=True, stderr=subprocess.PIPE)

    def do_env(self, *words):
        name, _, value = " ".join(words).partition("=")
        self.env[name] = value

    def do_cwd(self, path):
        self.cwd = path

    def do_run(self, path):
        self.run = path

    def do_uid(self, uid):
        self.uid = int(uid)

    def do_needs_level(self, level):
        self.level = int(level)

    def do_any_order(self):
        self.ordered = False

    def do_no_run(self):
        self.runs = False

    def do_expect(self, *words):
        self.expected.append(" ".join(words))

    def do_loader(self, _):
        pass

    def execute(self, command, **env):
        def enter():
            os.chroot(self.root)
            os.chdir(self.cwd)
            os.setgroups([])
            os.setgid(self.uid)
            os.setuid(self.uid)
        return subprocess.run(command, env={**self.env, **env}, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False, preexec_fn=enter)

    def ask(self):
        proc = self.path("/proc")
        subprocess.run(["mount", "--bind", "/proc", proc], check=True)
        try:
            if self.loader == ldso.MUSL:
                answer = ldso.parse_musl(self.execute([self.loader, "--list", self.run]), self.cwd)
            else:
                answer = ldso.parse_glibc(self.execute([self.run], LD_TRACE_LOADED_OBJECTS="1",
                                                       LD_DEBUG="libs"), self.cwd)
            if self.runs:
                answer.started = self.execute([self.run]).returncode == 0
        finally:
            subprocess.run(["umount", proc], check=True)
        return answer

    def predict(self, resolve):
        options = ["--cwd", self.cwd]
        for name, option in (("LD_LIBRARY_PATH", "--library-path"), ("LD_PRELOAD", "--preload")):
            if name in self.env:
                options += [option, self.env[name]]
        if self.uid:
            options += ["--uid", str(self.uid)]
        return next(ldso.predict(resolve, self.root, [self.run], *options))

    def unexpected(self, answer, level):
        """What the recipe says that the prediction does not."""
        if self.level > level:
            return None
        for line in self.expected:
            name, arrow, path = line.partition(" => ")
            name, what = (name, None) if arrow else line.rsplit(" ", 1)
            if arrow and (name, path) not in answer.libraries:
                return f"{line}; predicted {answer.libraries}"
            if what == "missing" and name not in answer.missing:
                return f"{line}; predicted {answer.libraries}, missing {answer.missing}"
            if what == "fault" and name not in answer.faults:
                return f"{line}; predicted {answer.libraries}, faults {answer.faults}"
        return None


def cpu_level():
    """As this machine's own ld.so counts."""
    text = subprocess.run([ldso.GLIBC, "--help"], stdout=subprocess.PIPE, check=True).stdout.decode()
    return max([int(v) for v in re.findall(r"x86-64-v(\d) \(supported", text)], default=1)


def check(tally, resolve, name, compiler, suite, level):
    with tempfile.TemporaryDirectory() as root:
        os.chmod(root, 0o755)
        case = Set(os.path.join(DATA, name, "recipe"), root, compiler, suite)
        if case.loader == ldso.MUSL and suite != SUITES[0]:
            return
        case.build()
        theirs, mine = case.ask(), case.predict(resolve)
        why = ldso.difference(mine, theirs, case.ordered and case.loader != ldso.MUSL,
                              not case.ordered)
        label = "musl" if case.loader == ldso.MUSL else suite
        tally.add(f"{name} ({label})", why or case.unexpected(mine, level))


def main():
    if len(sys.argv) < 2 or os.geteuid() != 0:
        print(__doc__, file=sys.stderr)
        return 2
    if os.environ.pop("LOADER_RULES_INSIDE", None) is None:
        # Mounts of its own.
        os.environ["LOADER_RULES_INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "--mount", sys.executable, *sys.argv])
    tally, resolve, level = Tally(), ldso.resolver(sys.argv[1]), cpu_level()
    with tempfile.TemporaryDirectory() as folder:
        compiler = Compiler(folder)
        for name in sys.argv[2:] or sorted(os.listdir(DATA)):
            for suite in SUITES:
                check(tally, resolve, name, compiler, suite, level)
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
