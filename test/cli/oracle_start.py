#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Will it start? Broken and healthy roots: what `verify` predicts is what happens there.

usage: oracle_start.py [-k WORDS] BINARY

Each case is a small root with the loader and the C library of this machine (glibc; musl where the
case says so) and /app/prog, a tiny program that prints "started". It is run there in a chroot as
uid 1001 with the environment of the policy, and `BINARY verify --root ROOT --policy -` is asked:

  it started             exit 0 (warnings are fine)
  execve gave an errno   exit 1, and the first failure names that errno
  the loader's message   exit 1, and the first failure is binary.libraries or binary.symbols and
                         names the same library, version or symbol, and who needs it; where it
                         quotes the loader, word for word
  env's message          exit 1, and the first failure is binary.machine (binary.access where env
                         may not execute it) and names the same program
  a signal               exit 1, and the first failure says that the program would be killed, or
                         that a library is cut short

Everything in the roots belongs to root and nobody else may write it, so that only this decides.
What happens must also be what is written here beside the case. Where the gate is stricter than this
machine's luck (a relative PT_INTERP) or knows another reason, the case says which. Needs root, gcc,
musl-gcc, ldconfig, setfacl. The last line is "N of N agree"; exit status 1 where not all do, 2
where it cannot run.
"""
import argparse
import errno
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import tap  # noqa: E402

UID = 1001
PROG = "/app/prog"
GLIBC, MUSL = "/lib64/ld-linux-x86-64.so.2", "/lib/ld-musl-x86_64.so.1"
LIBS = "/lib/x86_64-linux-gnu"  # the first of Debian's default directories
CACHE, PRELOAD, MUSL_PATH = "/etc/ld.so.cache", "/etc/ld.so.preload", "/etc/ld-musl-x86_64.path"
AARCH64, EM_386, ET_REL, PT_INTERP = 183, 3, 1, 3
MAIN = """#include <unistd.h>
%s
int main(void) { return write(1, "started\\n", 8) != 8%s; }
"""


class Tools:
    """Compiles each thing once."""

    def __init__(self, scratch):
        self.scratch, self.made = scratch, {}

    def make(self, compiler, source, *flags):
        key = (compiler, source, flags)
        if key not in self.made:
            path = os.path.join(self.scratch, f"made{len(self.made)}")
            subprocess.run([compiler, "-x", "c", "-", "-x", "none", "-o", path,
                            "-Wl,--no-as-needed", "-Wl,--allow-shlib-undefined", *flags],
                           input=source, text=True, check=True)
            self.made[key] = path
        return self.made[key]


class Elf:
    """A 64-bit little-endian file to be damaged."""

    def __init__(self, path):
        with open(path, "rb") as f:
            self.data = bytearray(f.read())

    def put(self, form, offset, *values):
        struct.pack_into("<" + form, self.data, offset, *values)

    def get(self, form, offset):
        return struct.unpack_from("<" + form, self.data, offset)[0]

    def interp(self):
        """Offset of the program header of PT_INTERP."""
        at = self.get("Q", 32)
        while self.get("I", at) != PT_INTERP:
            at += 56
        return at

    def section(self, kind):
        at = self.get("Q", 40)
        while self.get("I", at + 4) != kind:
            at += 64
        return self.get("Q", at + 24)

    def version_needs(self):
        """Offsets of all vernaux entries."""
        need = self.section(0x6ffffffe)
        while True:
            aux = need + self.get("I", need + 8)
            while True:
                yield aux
                if self.get("I", aux + 12) == 0:
                    break
                aux += self.get("I", aux + 12)
            if self.get("I", need + 12) == 0:
                return
            need += self.get("I", need + 12)

    def need_version(self, old, new):
        """The version OLD is needed as NEW, of the same length, from now on."""
        def digest(name):
            value = 0
            for byte in name.encode():
                value = (value << 4) + byte
                value = (value ^ (value & 0xf0000000) >> 24) & 0x0fffffff
            return value
        for aux in self.version_needs():
            if self.get("I", aux) == digest(old):
                self.put("I", aux, digest(new))
        self.data = self.data.replace(old.encode() + b"\0", new.encode() + b"\0")

    def needs_of(self, name):
        """The entries of all needed versions whose text begins with NAME."""
        strings = self.section(3)
        return (aux for aux in self.version_needs()
                if self.data.startswith(name.encode(), strings + self.get("I", aux + 8)))

    def weaken(self, name):
        for aux in self.needs_of(name):
            self.put("H", aux + 4, self.get("H", aux + 4) | 2)

    def rehash(self, name):
        for aux in self.needs_of(name):
            self.put("I", aux, self.get("I", aux) ^ 1)


class Case:
    """A root with /app/prog, which needs liba.so, which needs libb.so; all there and sound."""

    def __init__(self, tools, root, musl):
        self.tools, self.root, self.musl = tools, root, musl
        self.cc, self.libs = ("musl-gcc", "/lib") if musl else ("gcc", LIBS)
        self.run, self.env, self.groups, self.binary, self.mounts = PROG, {}, [], {}, []
        self.capabilities = []
        for folder in ("/app", "/proc", "/etc", "/usr/bin", "/usr/lib", "/opt", self.libs):
            self.dir(folder)
        self.install()
        self.add(self.shared("libb.so", "int b(void) { return 0; }"), f"{self.libs}/libb.so")
        self.add(self.shared("liba.so", "int b(void); int a(void) { return b(); }", "libb.so"),
                 f"{self.libs}/liba.so")
        self.program("liba.so")

    def install(self):
        if self.musl:
            self.add("/lib/x86_64-linux-musl/libc.so", MUSL)
        else:
            self.dir("/lib64")
            self.add(GLIBC, GLIBC)
            self.add(f"{LIBS}/libc.so.6", f"{LIBS}/libc.so.6")

    def path(self, path):
        return self.root + path

    def dir(self, path):
        os.makedirs(self.path(path), mode=0o755, exist_ok=True)

    def add(self, made, path, mode=0o755):
        """Copies what was made to PATH, in place of what is there."""
        with open(made, "rb") as f:
            self.write(path, f.read(), mode)

    def write(self, path, data, mode=0o755):
        self.dir(os.path.dirname(path))
        if os.path.lexists(self.path(path)):
            os.unlink(self.path(path))
        with open(self.path(path), "wb") as f:
            f.write(data.encode() if isinstance(data, str) else data)
        os.chmod(self.path(path), mode)

    def remove(self, path):
        os.unlink(self.path(path))

    def move(self, path, folder):
        self.dir(folder)
        os.rename(self.path(path), self.path(folder) + "/" + os.path.basename(path))

    def link(self, path, target):
        if os.path.lexists(self.path(path)):
            os.unlink(self.path(path))
        os.symlink(target, self.path(path))

    def folder_for(self, path):
        self.remove(path)
        os.mkdir(self.path(path), 0o755)

    def chmod(self, path, mode):
        os.chmod(self.path(path), mode)

    def cut(self, path, size):
        os.truncate(self.path(path), size)

    def patch(self, path, change):
        elf = Elf(self.path(path))
        change(elf)
        self.write(path, elf.data)

    def other_machine(self, path):
        self.patch(path, lambda elf: elf.put("H", 18, AARCH64))

    def other_class(self, path):
        self.patch(path, lambda elf: elf.put("B", 4, 1))

    def mount(self, path, options):
        """A tmpfs in place of the folder, with what was in it."""
        saved = tempfile.mkdtemp(dir=self.tools.scratch)
        shutil.copytree(self.path(path), saved, symlinks=True, dirs_exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"mode=755,{options}", "none",
                        self.path(path)], check=True)
        self.mounts.append(self.path(path))
        shutil.copytree(saved, self.path(path), symlinks=True, dirs_exist_ok=True)

    def set_id(self, mode, uid=0, gid=0, path=PROG):
        os.chown(self.path(path), uid, gid)
        os.chmod(self.path(path), mode)

    def set_caps(self, permitted, effective, path=PROG):
        """security.capability, revision 2."""
        os.setxattr(self.path(path), "security.capability",
                    struct.pack("<IIIII", 0x02000000 | effective, permitted, 0, 0, 0))

    def acl(self, *words):
        subprocess.run(["setfacl", *words[:-1], self.path(words[-1])], check=True)

    def shared(self, soname, source="", *links, flags=()):
        """LINKS: sonames, or files that were made; those with a slash are files."""
        return self.tools.make(self.cc, source + "\n", "-shared", "-fPIC", f"-Wl,-soname,{soname}",
                               *flags, *self.linked(links))

    def linked(self, links):
        return [l if l.startswith("/") else self.shared(l) for l in links]

    def program(self, *links, calls="", flags=(), cc=None, path=PROG, more=""):
        """CALLS: a function of the LINKS; a condition may stand before it. MORE: its source."""
        called = (f"int {calls.split()[-1]}(void); {more}", f" || {calls}()") if calls else (more, "")
        source = MAIN % called
        self.add(self.tools.make(cc or self.cc, source, *flags, *self.linked(links)), path)

    def versioned(self, *versions):
        """libv.so, which defines v of the last of VERSIONS."""
        text = "".join(f"{v} {{ global: {'v' if v == versions[-1] else 'old_' + v[-1]}; }};\n"
                       for v in versions)
        script = os.path.join(self.tools.scratch, "_".join(versions) + ".map")
        with open(script, "w", encoding="utf-8") as f:
            f.write(text)
        source = "int v(void) { return 0; }\n" + \
            "".join(f"int old_{v[-1]}(void) {{ return 0; }}\n" for v in versions[:-1])
        return self.shared("libv.so", source, flags=(f"-Wl,--version-script={script}",))

    def sub_loader(self, interp):
        self.program("liba.so", flags=(f"-Wl,--dynamic-linker={interp}",))

    def ldconfig(self, *folders):
        subprocess.run(["/sbin/ldconfig", "-r", self.root, "-f", "/dev/null", *folders], check=True,
                       stderr=subprocess.PIPE)

    def execute(self):
        """What happened, in one line."""
        def become():
            os.chroot(self.root)
            os.chdir("/")
            os.setgroups(self.groups)
            os.setgid(UID)
            os.setuid(UID)
        subprocess.run(["mount", "--bind", "/proc", self.path("/proc")], check=True)
        try:
            done = subprocess.run([self.run], env=self.env, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                                  preexec_fn=become, timeout=10)
        except OSError as e:
            return errno.errorcode[e.errno]
        finally:
            subprocess.run(["umount", self.path("/proc")], check=True)
        if done.returncode == 0 and done.stdout == b"started\n":
            return "started"
        if done.returncode < 0:
            return "killed by " + signal.Signals(-done.returncode).name
        return f"exit {done.returncode}: " + done.stderr.decode(errors="replace").strip()

    def policy(self):
        return {"apiVersion": "initgate.dev/v1", "kind": "Policy",
                "runAs": {"uid": UID, "gid": UID, "groups": self.groups,
                          "capabilities": self.capabilities},
                "env": self.env, "binaries": [{"path": self.run, **self.binary}]}

    def close(self):
        for place in reversed(self.mounts):
            subprocess.run(["umount", place], check=True)


# words, what happens (a part of Case.execute()'s line), what to do to the case, musl, says
CASES = []


def case(words, outcome, musl=False, says=None):
    """SAYS: what the first failure says instead of the errno."""
    def add(function):
        CASES.append((words, outcome, function, musl, says))
        return function
    return add


def short(words, outcome, function, **more):
    """A case of one line; returns its function, for the pairs."""
    return case(words, outcome, **more)(function)


def both(*functions):
    def apply(c):
        for function in functions:
            function(c)
    return apply


NOT_FOUND = "cannot open shared object file"
A, B, C = f"{LIBS}/liba.so", f"{LIBS}/libb.so", f"{LIBS}/libc.so.6"

short("nothing wrong", "started", lambda c: None)

# --- The loader

no_loader = short("loader: absent", "ENOENT", lambda c: c.remove(GLIBC))
short("loader: a symlink to what is absent", "ENOENT", lambda c: c.link(GLIBC, "absent"))
loader_loop = short("loader: a symlink to itself", "ELOOP",
                    lambda c: c.link(GLIBC, os.path.basename(GLIBC)))
loader_0644 = short("loader: mode 0644", "EACCES", lambda c: c.chmod(GLIBC, 0o644))
loader_0700 = short("loader: mode 0700", "EACCES", lambda c: c.chmod(GLIBC, 0o700))
short("loader: mode 0711, not readable", "started", lambda c: c.chmod(GLIBC, 0o711))
loader_noexec = short("loader: on a noexec mount", "EACCES", lambda c: c.mount("/lib64", "noexec"))
loader_folder = short("loader: a directory", "EACCES", lambda c: c.folder_for(GLIBC))
loader_empty = short("loader: empty", "EIO", lambda c: c.write(GLIBC, ""))
loader_machine = short("loader: of another machine", "ELIBBAD", lambda c: c.other_machine(GLIBC))
short("loader: of i386", "ELIBBAD", lambda c: c.patch(
    GLIBC, lambda elf: (elf.put("B", 4, 1), elf.put("H", 18, EM_386))))
short("loader: a script", "ELIBBAD", lambda c: c.write(GLIBC, "#!/bin/sh\n".ljust(80, "#")))
short("loader: its ELF header only", "ELIBBAD", lambda c: c.cut(GLIBC, 64))
loader_cut = short("loader: cut to half", "killed by SIG", lambda c: c.cut(GLIBC, 100000))
short("loader: an object file", "killed by SIGSEGV",
      lambda c: c.patch(GLIBC, lambda elf: elf.put("H", 16, ET_REL)))
loader_folder_0700 = short("loader: its folder has mode 0700", "EACCES",
                           lambda c: c.chmod("/lib64", 0o700))
short("loader: an ACL keeps the user out", "EACCES", lambda c: c.acl("-m", f"u:{UID}:-", GLIBC))
short("loader: reached over two symlinks", "started", lambda c: (
    c.move(GLIBC, "/usr/lib/real"), c.link(GLIBC, "../usr/lib/hop"),
    c.link("/usr/lib/hop", "real/" + os.path.basename(GLIBC))))
short("loader: /lib64 is a symlink to what is absent", "ENOENT", lambda c: (
    c.remove(GLIBC), os.rmdir(c.path("/lib64")), c.link("/lib64", "usr/lib64")))

# --- PT_INTERP

relative = short("PT_INTERP: relative", "ENOENT", lambda c: c.sub_loader("ld.so"),
                 says="is relative")
short("PT_INTERP: of a file below a file", "ENOTDIR", lambda c: c.sub_loader(GLIBC + "/ld.so"))
short("PT_INTERP: a name of 256 bytes", "ENAMETOOLONG",
      lambda c: c.sub_loader("/lib64/" + 256 * "x"))
short("PT_INTERP: musl's, in a root of glibc", "ENOENT", lambda c: c.sub_loader(MUSL))


def interp(form, field, value):
    return lambda c: c.patch(PROG, lambda elf: elf.put(
        form, elf.interp() + field, value(elf) if callable(value) else value))


short("PT_INTERP: empty string", "EACCES", lambda c: c.patch(PROG, lambda elf: (
    elf.put("Q", elf.interp() + 8, elf.data.index(b"\0\0")), elf.put("Q", elf.interp() + 32, 2))))
no_nul = short("PT_INTERP: without its NUL", "ENOEXEC", interp("Q", 32, len(GLIBC)))
short("PT_INTERP: size 0", "ENOEXEC", interp("Q", 32, 0))
short("PT_INTERP: size 1", "ENOEXEC", interp("Q", 32, 1))
oversized = short("PT_INTERP: size 4097", "ENOEXEC", interp("Q", 32, 4097))
short("PT_INTERP: past the end of the file", "EIO", interp("Q", 8, 1 << 30))

# --- The program

short("program: absent", "ENOENT", lambda c: c.remove(PROG))
short("program: a symlink to another", "started", lambda c: (
    c.move(PROG, "/opt/real"), c.link(PROG, "/opt/real/prog")))
short("program: a symlink to itself", "ELOOP", lambda c: c.link(PROG, "prog"))
short("program: a symlink to what is absent", "ENOENT", lambda c: c.link(PROG, "/opt/absent"))
short("program: a directory", "EACCES", lambda c: c.folder_for(PROG))
program_0644 = short("program: mode 0644", "EACCES", lambda c: c.chmod(PROG, 0o644))
short("program: mode 0700", "EACCES", lambda c: c.chmod(PROG, 0o700))
short("program: mode 0711, not readable", "started", lambda c: c.chmod(PROG, 0o711))
app_0700 = short("program: its folder has mode 0700", "EACCES", lambda c: c.chmod("/app", 0o700))
program_noexec = short("program: on a noexec mount", "EACCES", lambda c: c.mount("/app", "noexec"))
short("program: an ACL keeps the user out", "EACCES", lambda c: c.acl("-m", f"u:{UID}:r", PROG))
short("program: an ACL on its folder keeps the user out", "EACCES",
      lambda c: c.acl("-m", f"u:{UID}:r", "/app"))
short("program: mode 0700, an ACL lets the user in", "started", lambda c: (
    c.chmod(PROG, 0o700), c.acl("-m", f"u:{UID}:rx", PROG)))
short("program: an ACL lets the user in, its mask does not", "EACCES", lambda c: (
    c.chmod(PROG, 0o700), c.acl("-m", f"u:{UID}:rx", PROG), c.acl("-m", "m::r", PROG)))


@case("program: mode 0750, of a group of the user", "started")
def _(c):
    c.chmod(PROG, 0o750)
    os.chown(c.path(PROG), 0, 2000)
    c.groups = [2000]


short("program: mode 0750, of another group", "EACCES", lambda c: (
    c.chmod(PROG, 0o750), os.chown(c.path(PROG), 0, 2001)))
program_empty = short("program: empty", "ENOEXEC", lambda c: c.write(PROG, ""))
short("program: text without #!", "ENOEXEC", lambda c: c.write(PROG, "echo started\n"))
program_machine = short("program: of another machine", "ENOEXEC", lambda c: c.other_machine(PROG))
short("program: an object file", "ENOEXEC",
      lambda c: c.patch(PROG, lambda elf: elf.put("H", 16, ET_REL)))
short("program: cut inside its ELF header", "ENOEXEC", lambda c: c.cut(PROG, 40))
short("program: cut behind its first page", "killed by SIG", lambda c: c.cut(PROG, 4096))


def static(*flags, musl=False):
    def apply(c):
        c.program(flags=flags)
        if not musl:
            shutil.rmtree(c.path("/lib64"))
    return apply


short("program: static, without loader and libraries", "started", static("-static"))
short("program: static-pie, without loader and libraries", "started", static("-static-pie"))
short("program: static, mode 0644", "EACCES", both(static("-static"), program_0644))

# --- Libraries

missing = short("library: absent", f"liba.so: {NOT_FOUND}", lambda c: c.remove(A))
missing_2 = short("library: of a library absent", f"libb.so: {NOT_FOUND}", lambda c: c.remove(B))
no_libc = short("library: libc absent", f"libc.so.6: {NOT_FOUND}", lambda c: c.remove(C))
short("library: a symlink to what is absent", f"liba.so: {NOT_FOUND}", 
      lambda c: c.link(A, "liba.so.1"))
library_loop = short("library: a symlink to itself", f"liba.so: {NOT_FOUND}",
                     lambda c: c.link(A, "liba.so"))
short("library: reached over symlinks", "started", lambda c: (
    c.move(A, "/opt/real"), c.link(A, "/opt/real/liba.so")))
library_machine = short("library: of another machine only", f"liba.so: {NOT_FOUND}",
                        lambda c: c.other_machine(A))
short("library: of another machine first, then its own", "started", lambda c: (
    c.add(c.path(A), "/usr/lib/liba.so"), c.other_machine(A)))
short("library: of another class only", "liba.so", lambda c: c.other_class(A))
library_empty = short("library: empty", "file too short", lambda c: c.write(A, ""))
short("library: its ELF header only", "liba.so", lambda c: c.cut(A, 64))
short("library: cut to its first page", "killed by SIG", lambda c: c.cut(A, 4096),
      says="(truncated)")
short("library: cut behind its program headers", "killed by SIG", lambda c: c.cut(A, 1000),
      says="(truncated)")
library_text = short("library: text (a linker script)", "invalid ELF header", lambda c: c.write(
    A, "/* GNU ld script */\n" + "GROUP ( /lib/liba.so.1 )\n" * 4))
short("library: an object file", "liba.so",
      lambda c: c.patch(A, lambda elf: elf.put("H", 16, ET_REL)))
short("library: a position-independent program", "liba.so", lambda c: c.program(path=A))
library_folder = short("library: a directory", "liba.so", lambda c: c.folder_for(A))
library_0000 = short("library: mode 0000", "liba.so", lambda c: c.chmod(A, 0))
short("library: mode 0644, not executable", "started", lambda c: c.chmod(A, 0o644))
short("library: mode 0000 first, then readable", "started", lambda c: (
    c.add(c.path(A), "/usr/lib/liba.so"), c.chmod(A, 0)))
short("library: mode 0600 of libc", "libc.so.6", lambda c: c.chmod(C, 0o600))
library_acl = short("library: an ACL keeps the user out", "liba.so",
                    lambda c: c.acl("-m", f"u:{UID}:-", A))
libs_0700 = short("library: folder of mode 0700", "liba.so", lambda c: c.chmod(LIBS, 0o700))
library_noexec = short("library: on a noexec mount", "failed to map segment",
                       lambda c: c.mount(LIBS, "noexec"))


def elsewhere(path, folder, *links, flags=()):
    return lambda c: (c.move(path, folder), c.program(*(links or ("liba.so",)), flags=flags))


short("library: in a folder nobody looks in", f"liba.so: {NOT_FOUND}", elsewhere(A, "/opt/lib"))
short("library: by RUNPATH", "started", elsewhere(A, "/opt/lib", flags=("-Wl,-rpath,/opt/lib",)))
short("library: by RPATH", "started", elsewhere(
    A, "/opt/lib", flags=("-Wl,-rpath,/opt/lib", "-Wl,--disable-new-dtags")))
short("library: of a library by the program's RPATH", "started", elsewhere(
    B, "/opt/lib", flags=("-Wl,-rpath,/opt/lib", "-Wl,--disable-new-dtags")))
not_inherited = short("library: RUNPATH is not inherited", f"libb.so: {NOT_FOUND}", elsewhere(
    B, "/opt/lib", flags=("-Wl,-rpath,/opt/lib",)))
short("library: RUNPATH of another folder", f"liba.so: {NOT_FOUND}", elsewhere(
    A, "/opt/lib", flags=("-Wl,-rpath,/opt/other",)))
short("library: RUNPATH through a folder of mode 0700", f"liba.so: {NOT_FOUND}", both(
    elsewhere(A, "/opt/lib", flags=("-Wl,-rpath,/opt/lib",)), lambda c: c.chmod("/opt", 0o700)))
short("library: damaged in RUNPATH, sound behind it", "file too short", both(
    elsewhere(A, "/opt/lib", flags=("-Wl,-rpath,/opt/lib",)), lambda c: (
        c.add(c.path("/opt/lib/liba.so"), A), c.write("/opt/lib/liba.so", ""))))
origin = ("-Wl,-rpath,$ORIGIN/../lib",)
short("library: by $ORIGIN", "started", elsewhere(A, "/lib", flags=origin))
short("library: by $ORIGIN, program behind a symlink", "started", both(
    elsewhere(A, "/opt/lib", flags=origin),
    lambda c: (c.move(PROG, "/opt/bin"), c.link(PROG, "/opt/bin/prog"))))
short("library: by $ORIGIN of the symlink, not of the program", f"liba.so: {NOT_FOUND}", both(
    elsewhere(A, "/lib/deep", flags=("-Wl,-rpath,$ORIGIN/../lib/deep",)),
    lambda c: (c.move(PROG, "/opt/bin"), c.link(PROG, "/opt/bin/prog"))))
short("library: DF_1_NODEFLIB, in a default folder only", f"liba.so: {NOT_FOUND}",
      lambda c: c.program("liba.so", flags=("-Wl,-z,nodefaultlib",)))
short("library: DF_1_NODEFLIB, all by RPATH", "started", lambda c: c.program(
    "liba.so", flags=("-Wl,-z,nodefaultlib", f"-Wl,-rpath,{LIBS}", "-Wl,--disable-new-dtags")))
short("library: by its path", "started", lambda c: c.program(c.shared(A)))
short("library: by a path that is absent", f"/opt/liba.so: {NOT_FOUND}",
      lambda c: c.program(c.shared("/opt/liba.so")))


def set_env(**env):
    return lambda c: c.env.update(env)


in_opt = elsewhere(A, "/opt/lib")
short("library: by LD_LIBRARY_PATH", "started", both(in_opt, set_env(LD_LIBRARY_PATH="/opt/lib")))
short("library: LD_LIBRARY_PATH of another folder", f"liba.so: {NOT_FOUND}",
      both(in_opt, set_env(LD_LIBRARY_PATH="/opt/other:/opt")))
short("library: of a library by LD_LIBRARY_PATH", "started",
      both(elsewhere(B, "/opt/lib"), set_env(LD_LIBRARY_PATH="/opt/lib")))
short("library: LD_LIBRARY_PATH leads to one of another machine first", "started", lambda c: (
    c.add(c.path(A), "/opt/lib/liba.so"), c.other_machine("/opt/lib/liba.so"),
    c.env.update(LD_LIBRARY_PATH="/opt/lib")))
short("library: LD_LIBRARY_PATH leads to a damaged one first", "invalid ELF header", lambda c: (
    c.write("/opt/lib/liba.so", 100 * "text"), c.env.update(LD_LIBRARY_PATH="/opt/lib")))
# --- More rights than the user's: AT_SECURE

NET_RAW = 1 << 13


def secure(words, outcome, *functions, mode=0o4755, **more):
    return short("set-id: " + words, outcome, both(*functions, lambda c: c.set_id(mode)), **more)


by_env = both(in_opt, set_env(LD_LIBRARY_PATH="/opt/lib"))
absent = f"liba.so: {NOT_FOUND}"
secure("nothing else", "started")
secure("LD_LIBRARY_PATH", absent, by_env, says="more rights than its user's")
secure("of a group, LD_LIBRARY_PATH", absent, by_env, mode=0o2755)
secure("of a group that may not execute it, LD_LIBRARY_PATH", "started", by_env, mode=0o2705)
short("set-id: of the user itself, LD_LIBRARY_PATH", "started", both(
    by_env, lambda c: c.set_id(0o6755, UID, UID)))
secure("absolute RUNPATH", "started", elsewhere(A, "/opt/lib", flags=("-Wl,-rpath,/opt/lib",)))
secure("$ORIGIN that leads to a default folder", "started", elsewhere(A, "/lib", flags=origin))
secure("$ORIGIN that leads below a default folder", "started",
       elsewhere(A, "/lib/deep", flags=("-Wl,-rpath,$ORIGIN/.././/lib/deep/../deep",)))
secure("$ORIGIN that leads elsewhere", absent,
       elsewhere(A, "/opt/lib", flags=("-Wl,-rpath,$ORIGIN/../opt/lib",)))
secure("$ORIGIN that reads as elsewhere, a symlink", absent,
       elsewhere(A, "/lib/deep", flags=("-Wl,-rpath,$ORIGIN/l",)),
       lambda c: c.link("/app/l", "/lib/deep"))
short("set-id: $ORIGIN of a program in a default folder", "started", both(
    elsewhere(A, "/lib/deep", flags=("-Wl,-rpath,$ORIGIN/../deep",)), lambda c: (
        c.move(PROG, "/lib/bin"), c.link(PROG, "/lib/bin/prog"),
        c.set_id(0o4755, path="/lib/bin/prog"))))
secure("$ORIGIN not at the start", absent,
       elsewhere(A, "/lib/app", flags=("-Wl,-rpath,/lib/$ORIGIN",)))
secure("$ORIGIN of a library", "started", lambda c: (
    c.move(B, "/opt/lib"), c.move(A, "/opt/a"), c.program("liba.so", flags=("-Wl,-rpath,/opt/a",)),
    c.add(c.shared("liba.so", "int b(void); int a(void) { return b(); }", "libb.so",
                   flags=("-Wl,-rpath,$ORIGIN/../lib",)), "/opt/a/liba.so")))
secure("$LIB", "started", elsewhere(A, "/opt/lib/x86_64-linux-gnu",
                                    flags=("-Wl,-rpath,/opt/$LIB",)))
secure("a needed name with $LIB", "DST not allowed in SUID/SGID programs", lambda c: (
    c.program(c.shared("/$LIB/liba.so"))))
short("library: a needed name with $LIB", "started",
      lambda c: c.program(c.shared("/$LIB/liba.so")))
secure("LD_PRELOAD with a slash brings the library that is absent", absent, both(
    in_opt, set_env(LD_PRELOAD="/opt/lib/liba.so")))


def preload_lacks(mode):
    """libp.so, of that mode, is asked for by its name and lacks a library."""
    return lambda c: (c.add(c.shared("libp.so", "", "libz9.so"), LIBS + "/libp.so", mode),
                      c.env.update(LD_PRELOAD="libp.so"))


preload_fault = f"libz9.so: {NOT_FOUND}"
short("preload: by name, whose own library is absent", preload_fault, preload_lacks(0o755))
secure("LD_PRELOAD by name, not set-id itself", "started", preload_lacks(0o755))
secure("LD_PRELOAD by name, set-id itself", preload_fault, preload_lacks(0o4755))
secure("ld.so.preload with a slash", preload_fault, lambda c: (
    c.add(c.shared("libp.so", "", "libz9.so"), "/opt/libp.so"),
    c.write(PRELOAD, "/opt/libp.so\n", 0o644)))
secure("ld.so.preload by name, not set-id itself", "started", lambda c: (
    preload_lacks(0o755)(c), c.env.clear(), c.write(PRELOAD, "libp.so\n", 0o644)))
secure("ld.so.preload by name, set-id itself, in the cache only", "started", lambda c: (
    preload_lacks(0o4755)(c), c.env.clear(), c.move(LIBS + "/libp.so", "/opt/lib"),
    c.ldconfig("/opt/lib"), c.write(PRELOAD, "libp.so\n", 0o644)))


def caps(permitted, effective, allowed):
    return lambda c: (by_env(c), c.set_caps(permitted, effective), c.capabilities.extend(allowed))


short("capabilities: effective, LD_LIBRARY_PATH", absent, caps(NET_RAW, 1, ["NET_RAW"]))
short("capabilities: permitted, LD_LIBRARY_PATH", absent, caps(NET_RAW, 0, ["NET_RAW"]))
short("capabilities: an empty effective set, LD_LIBRARY_PATH", absent, caps(0, 1, []))
short("capabilities: an empty set, LD_LIBRARY_PATH", "started", caps(0, 0, []))

short("cache: names the library", "started", both(in_opt, lambda c: c.ldconfig("/opt/lib")))
stale = short("cache: made before the library came", f"liba.so: {NOT_FOUND}", lambda c: (
    in_opt(c), c.move("/opt/lib/liba.so", "/opt/later"), c.ldconfig("/opt/lib", "/opt/later"),
    c.move("/opt/later/liba.so", "/opt/lib")))
short("cache: names a library that was removed", f"liba.so: {NOT_FOUND}", lambda c: (
    in_opt(c), c.ldconfig("/opt/lib"), c.remove("/opt/lib/liba.so")))
short("cache: names one that was removed, another is in a default folder", "started", lambda c: (
    c.add(c.path(A), "/opt/lib/liba.so"), c.move(A, "/usr/lib"), c.ldconfig("/opt/lib"),
    c.remove("/opt/lib/liba.so")))
short("cache: text", f"liba.so: {NOT_FOUND}", both(
    in_opt, lambda c: c.write("/etc/ld.so.cache", "text\n" * 100, 0o644)))
short("cache: DF_1_NODEFLIB, in a folder of the cache", "started", lambda c: (
    c.move(A, "/opt/lib"), c.move(B, "/opt/lib"), c.move(C, "/opt/lib"), c.ldconfig("/opt/lib"),
    c.program("liba.so", flags=("-Wl,-z,nodefaultlib",))))



def in_cache(*more):
    return both(in_opt, lambda c: c.ldconfig("/opt/lib"), *more)


def unreadable(path):
    return f"{path} exists, but the program's user may not read it"


short("cache: mode 0600", f"liba.so: {NOT_FOUND}", in_cache(lambda c: c.chmod(CACHE, 0o600)),
      says=unreadable(CACHE))
short("cache: an ACL keeps the user out", f"liba.so: {NOT_FOUND}",
      in_cache(lambda c: c.acl("-m", f"u:{UID}:-", CACHE)), says=unreadable(CACHE))
short("cache: its folder has mode 0700", f"liba.so: {NOT_FOUND}",
      in_cache(lambda c: c.chmod("/etc", 0o700)), says=unreadable(CACHE))
short("cache: mode 0600, not needed", "started", lambda c: (
    c.ldconfig(LIBS), c.chmod(CACHE, 0o600)))
short("cache: mode 0640, of a group of the user", "started", in_cache(lambda c: (
    c.chmod(CACHE, 0o640), os.chown(c.path(CACHE), 0, 2000), c.groups.append(2000))))
short("cache: a directory", f"liba.so: {NOT_FOUND}", both(in_opt, lambda c: c.dir(CACHE)))
short("cache: a symlink to one in a folder of mode 0700", f"liba.so: {NOT_FOUND}",
      in_cache(lambda c: (c.move(CACHE, "/usr/hidden"), c.chmod("/usr/hidden", 0o700),
                          c.link(CACHE, "/usr/hidden/ld.so.cache"))), says=unreadable(CACHE))


def by_preload(mode, *more):
    return both(in_opt, lambda c: c.write(PRELOAD, "/opt/lib/liba.so\n", mode), *more)


short("preload: ld.so.preload brings the library that is absent", "started", by_preload(0o644))
short("preload: ld.so.preload of mode 0600", f"liba.so: {NOT_FOUND}", by_preload(0o600),
      says=unreadable(PRELOAD))
short("preload: ld.so.preload of mode 0600, a damaged one named", "started", lambda c: (
    c.add(c.shared("libp.so", "", "libz9.so"), "/opt/libp.so"),
    c.write(PRELOAD, "/opt/libp.so\n", 0o600)))
short("preload: ld.so.preload a directory", "started", lambda c: c.dir(PRELOAD))
preload_missing = short("preload: LD_PRELOAD absent", "started",
                        set_env(LD_PRELOAD="/opt/absent.so"))
short("preload: ld.so.preload names what is absent", "started",
      lambda c: c.write("/etc/ld.so.preload", "/opt/absent.so\n", 0o644))
short("preload: LD_PRELOAD damaged", "started", lambda c: (
    c.write("/opt/text.so", 100 * "text"), c.env.update(LD_PRELOAD="/opt/text.so")))
short("preload: a library whose own library is absent", f"libz9.so: {NOT_FOUND}", lambda c: (
    c.add(c.shared("libp.so", "", "libz9.so"), "/opt/libp.so"),
    c.env.update(LD_PRELOAD="/opt/libp.so")))
short("preload: brings the library that is absent", "started", both(
    in_opt, set_env(LD_PRELOAD="/opt/lib/liba.so")))

# --- Versions and symbols


def newer_glibc(c):
    c.patch(PROG, lambda elf: elf.need_version("GLIBC_2.34", "GLIBC_2.99"))


def newer_glibc_library(c):
    c.add(c.shared("liba.so", "#include <stdlib.h>\nint a(void) { return atoi(getenv(\"A\")); }",
                   "libb.so"), A)
    c.patch(A, lambda elf: elf.need_version("GLIBC_2.2.5", "GLIBC_2.9.9"))


glibc_floor = short("version: the program needs a newer glibc", "`GLIBC_2.99' not found",
                    newer_glibc)
short("version: a library needs a newer glibc", "`GLIBC_2.9.9' not found", newer_glibc_library)


def needs_v(have, calls="v"):
    def apply(c):
        made = c.versioned("V_1", "V_2")
        c.program(made, "liba.so", calls=calls)
        c.add(c.versioned(*have) if have else c.shared("libv.so", "int v(void) { return 0; }"),
              f"{c.libs}/libv.so")
    return apply


short("version: of the library defined", "started", needs_v(("V_1", "V_2")))
own_version = short("version: of the library older", "`V_2' not found", needs_v(("V_1",)))
short("version: of the library older, weakly needed", "started", lambda c: (
    needs_v(("V_1",), "access(\".\", 0) && v")(c),
    c.patch(PROG, lambda elf: elf.weaken("V_2"))))
short("version: of the library defined, needed under another hash", "`V_2' not found", both(
    needs_v(("V_1", "V_2")), lambda c: c.patch(PROG, lambda elf: elf.rehash("V_2"))))
short("version: the library has none at all", "started", needs_v(None))
short("version: the library has none at all, LD_BIND_NOW", "started", both(
    needs_v(None), set_env(LD_BIND_NOW="1")))
short("version: of another family", "`V_2' not found", needs_v(("W_1", "W_2")))
short("version: defined in the library that LD_LIBRARY_PATH hides", "`V_2' not found", both(
    needs_v(("V_1", "V_2")), lambda c: (c.add(c.versioned("V_1"), "/opt/lib/libv.so"),
                                        c.env.update(LD_LIBRARY_PATH="/opt/lib"))))


def undefined(have, *flags, lacks="x", links=(), **more):
    """Linked with a libx.so that defines x, the root's does not."""
    def apply(c):
        c.program(c.shared("libx.so", "int x(void) { return 0; }"), "liba.so", calls=lacks,
                  flags=flags, **more)
        c.add(c.shared("libx.so", have, flags=links), f"{c.libs}/libx.so")
    return apply


NOW, LAZY = "-Wl,-z,now", "-Wl,-z,lazy"
UNCALLED = "access(\".\", 0) && x"
X = "int x(void) { return 0; }"
GONE = "undefined symbol: x"
short("symbol: all defined", "started", undefined(X, NOW))
no_symbol = short("symbol: undefined", GONE, undefined("int y;", NOW))
short("symbol: undefined, bound when called", "started",
      undefined("int y;", LAZY, lacks=UNCALLED))
short("symbol: undefined, bound when called, LD_BIND_NOW", GONE,
      both(undefined("int y;", LAZY, lacks=UNCALLED), set_env(LD_BIND_NOW="1")))
short("symbol: undefined, bound when called, LD_BIND_NOW empty", "started",
      both(undefined("int y;", LAZY, lacks=UNCALLED), set_env(LD_BIND_NOW="")))
short("symbol: undefined, set-id, LD_BIND_NOW", GONE, both(
    undefined("int y;", LAZY, lacks=UNCALLED), set_env(LD_BIND_NOW="1"),
    lambda c: c.set_id(0o4755)))
short("symbol: undefined, called through the GOT", GONE,
      undefined("int y;", LAZY, "-fno-plt", lacks=UNCALLED))
short("symbol: hidden", GONE, undefined("__attribute__((visibility(\"hidden\"))) " + X, NOW))
short("symbol: protected", "started",
      undefined("__attribute__((visibility(\"protected\"))) " + X, NOW))
short("symbol: static", GONE, undefined("static " + X + " int (*y)(void) = x;", NOW))
short("symbol: weakly defined", "started", undefined("__attribute__((weak)) " + X, NOW))
short("symbol: chosen at start (IFUNC)", "started", undefined(
    "static int z(void) { return 0; } static void *r(void) { return z; } "
    "int x(void) __attribute__((ifunc(\"r\")));", NOW))
short("symbol: in a library with DT_HASH only", "started",
      undefined(X, NOW, links=("-Wl,--hash-style=sysv",)))
short("symbol: absent from a library with DT_HASH only", GONE,
      undefined("int y;", NOW, links=("-Wl,--hash-style=sysv",)))
short("symbol: undefined, a preload has it", "started", both(undefined("int y;", NOW), lambda c: (
    c.add(c.shared("libp.so", X), "/opt/libp.so"), c.env.update(LD_PRELOAD="/opt/libp.so"))))
short("symbol: undefined, a library of a library has it", "started",
      both(undefined("int y;", NOW), lambda c: c.add(
          c.shared("libb.so", "int b(void) { return 0; } " + X), f"{c.libs}/libb.so")))
short("symbol: the program's own, of a library", "started", both(
    lambda c: c.program("liba.so", flags=("-Wl,-E",)), lambda c: c.add(
        c.shared("liba.so", "int main(void); int a(void) { return 0 && main(); }", "libb.so",
                 flags=(NOW,)), A)))


def lacks_data(source, have="int y;", *flags):
    """liba.so, whose SOURCE is bound lazily, uses what a libx.so of before defined."""
    return lambda c: (
        c.add(c.shared("libx.so", have), f"{c.libs}/libx.so"),
        c.add(c.shared("liba.so", source, c.shared("libx.so", "int x; __thread int t;"),
                       flags=(LAZY, *flags)), f"{c.libs}/liba.so"))


short("symbol: a variable of a library undefined", GONE,
      lacks_data("extern int x; int a(void) { return x; }"))
short("symbol: a variable of a library defined", "started",
      lacks_data("extern int x; int a(void) { return x; }", "int x;"))
short("symbol: the address of a variable undefined", GONE,
      lacks_data("extern int x; int *p = &x; int a(void) { return 0; }"))
short("symbol: the address of a function undefined", GONE,
      lacks_data("int x(void); int (*p)(void) = x; int a(void) { return 0; }"))
short("symbol: of a thread undefined", "undefined symbol: t",
      lacks_data("extern __thread int t; int a(void) { return t; }"))
short("symbol: of a thread defined", "started",
      lacks_data("extern __thread int t; int a(void) { return t; }", "__thread int t;"))
short("symbol: a variable undefined, but weak", "started", lacks_data(
    "extern int x __attribute__((weak)); int a(void) { return &x ? x : 0; }"))
FIXED = ("-no-pie", "-fno-pic", LAZY)


def copied(have):
    """A program of fixed addresses, which copies libx.so's variable into itself."""
    return lambda c: (
        c.program(c.shared("libx.so", "int x;"), "liba.so", flags=FIXED,
                  more="extern int x; int *volatile p = &x;"),
        c.add(c.shared("libx.so", have), f"{c.libs}/libx.so"))


short("symbol: copied into the program", "started", copied("int x;"))
short("symbol: copied into the program, undefined", GONE, copied("int y;"))


def by_plt(*flags):
    """A program of fixed addresses has an address for x, which its library asks for, and no x."""
    return lambda c: (
        c.program(c.shared("libx.so", X), "liba.so", flags=FIXED[:2] + flags, calls=UNCALLED,
                  more="int (*volatile p)(void); "
                       "__attribute__((constructor)) static void set(void) { p = x; }"),
        c.add(c.shared("libx.so", "int y;"), f"{c.libs}/libx.so"),
        c.add(c.shared("liba.so", "int x(void); int (*q)(void) = x; int a(void) { return 0; }",
                       c.shared("libx.so", X), flags=(LAZY,)), A))


short("symbol: undefined, the program's PLT entry does", "started", by_plt(LAZY))
short("symbol: undefined, the program's PLT entry needs it", GONE, by_plt(NOW))


def version_of(have, *flags, wants="V_2"):
    """Needs x of version WANTS, which HAVE (versions to symbols) may define."""
    def library(c, versions):
        names = [n for names in versions.values() for n in names]
        script = "".join(f"{v} {{ {'global: ' + '; '.join(n) + ';' if n else ''} }};\n"
                         for v, n in versions.items())
        path = os.path.join(c.tools.scratch, f"map{abs(hash(script))}")
        with open(path, "w", encoding="utf-8") as f:
            f.write(script)
        return c.shared("libx.so", "".join(f"int {n}(void) {{ return 0; }}\n" for n in names),
                        flags=(f"-Wl,--version-script={path}",))
    return lambda c: (
        c.program(library(c, {"V_1": ["w"], "V_2": ["z"], wants: ["x"]}) if wants != "V_2" else
                  library(c, {"V_1": ["w"], "V_2": ["x"]}), "liba.so", calls="x", flags=flags),
        c.add(library(c, have) if have else c.shared("libx.so", X), f"{c.libs}/libx.so"))


short("symbol: of the version wanted", "started", version_of({"V_1": ["w"], "V_2": ["x"]}, NOW))
short("symbol: of another version, the version exists", GONE,
      version_of({"V_1": ["x"], "V_2": ["w"]}, NOW))
short("symbol: its version exists, itself does not", GONE,
      version_of({"V_1": ["w"], "V_2": ["z"]}, NOW))


def unversioned(*have):
    """Needs x of no version; HAVE: what libx.so's x's are, as .symver has it."""
    def apply(c):
        c.program(c.shared("libx.so", X), "liba.so", calls="x", flags=(NOW,))
        path = os.path.join(c.tools.scratch, "unversioned.map")
        with open(path, "w", encoding="utf-8") as f:
            f.write("V_1 { }; V_2 { }; V_3 { };\n")
        source = "".join(f"__asm__(\".symver x{i},x{version}\"); int x{i}(void) {{ return 0; }}\n"
                         for i, version in enumerate(have))
        c.add(c.shared("libx.so", source, flags=(f"-Wl,--version-script={path}",)),
              f"{c.libs}/libx.so")
    return apply


short("symbol: without version, of the first version", "started", unversioned("@@V_1"))
short("symbol: without version, of the first version, hidden", "started", unversioned("@V_1"))
short("symbol: without version, of the last version", "started", unversioned("@@V_3"))
short("symbol: without version, of the last version, hidden", GONE, unversioned("@V_3"))
short("symbol: without version, of two hidden ones", GONE, unversioned("@V_2", "@V_3"))
short("symbol: without version, of a hidden one and the last", "started",
      unversioned("@V_2", "@@V_3"))


def library_lacks(*flags):
    def apply(c):
        made = c.shared("libb.so", "int b(void) { return 0; } int b2(void) { return 0; }")
        c.add(c.shared("liba.so", "int b2(void); int a(void) { return b2(); }", made, flags=flags),
              f"{c.libs}/liba.so")
    return apply


short("symbol: a library's undefined", "undefined symbol: b2", library_lacks(NOW))
short("symbol: a library's undefined, bound when called", "started", library_lacks())
short("symbol: a library's undefined, the program alone is bound at start", "started",
      lambda c: (library_lacks()(c), c.program("liba.so", flags=(NOW,))))
short("symbol: a library's undefined, LD_BIND_NOW", "undefined symbol: b2", both(
    library_lacks(), set_env(LD_BIND_NOW="1")))
short("symbol: a library's and the program's undefined", "undefined symbol: b2", both(
    undefined("int y;", NOW), library_lacks(NOW)))


def filter_of(option, there, *more):
    """libx.so stands for libf.so, which alone has x."""
    return both(undefined("int y;", NOW, links=(f"-Wl,{option},libf.so",)), lambda c: (
        c.add(c.shared("libf.so", X), f"{c.libs}/libf.so") if there else None), *more)


short("filter: the library that it stands for has the symbol", "started", filter_of("-F", True))
short("filter: the library that it stands for absent", f"libf.so: {NOT_FOUND}",
      filter_of("-F", False))
short("filter: auxiliary, which has the symbol", "started", filter_of("-f", True))
short("filter: auxiliary, absent", GONE, filter_of("-f", False))
short("filter: auxiliary, absent and not needed", "started", both(
    filter_of("-f", False), lambda c: c.add(c.shared(
        "libx.so", X, flags=("-Wl,-f,libf.so",)), f"{c.libs}/libx.so")))
short("filter: auxiliary, damaged and not needed", "started", both(
    filter_of("-f", False), lambda c: (c.write(f"{c.libs}/libf.so", 100 * "text"), c.add(c.shared(
        "libx.so", X, flags=("-Wl,-f,libf.so",)), f"{c.libs}/libx.so"))))


def asks_all(*functions):
    return both(*functions, lambda c: c.binary.update(symbols="all"))


short("symbol: all asked for, all defined", "started", asks_all(undefined(X, NOW)))
short("symbol: all asked for, undefined", GONE, asks_all(undefined("int y;", NOW)))


def weak_symbol(c):
    source = "int n(void) __attribute__((weak)); int a(void) { return n ? n() : 0; }"
    c.add(c.shared("liba.so", source, flags=(NOW,)), f"{c.libs}/liba.so")


short("symbol: undefined, but weak", "started", weak_symbol)
short("symbol: all asked for, undefined, but weak", "started", asks_all(weak_symbol))

# --- Scripts


def script(line, *more):
    return lambda c: (c.move(PROG, "/opt/bin"), c.write(PROG, line), *(m(c) for m in more))


RUN = "/opt/bin/prog"


def env_program(c):
    c.add("/usr/bin/env", "/usr/bin/env")


short("script: nothing wrong", "started", script(f"#!{RUN}\n"))
short("script: with an argument", "started", script(f"#! {RUN} -x\n"))
short("script: interpreter absent", "ENOENT", script("#!/bin/absent\n"))
short("script: CRLF", "ENOENT", script(f"#!{RUN}\r\n"))
short("script: interpreter of mode 0644", "EACCES",
      script(f"#!{RUN}\n", lambda c: c.chmod(RUN, 0o644)))
short("script: interpreter a directory", "EACCES", script("#!/opt/bin\n"))
short("script: interpreter empty", "ENOEXEC", script("#!/opt/e\n", lambda c: c.write("/opt/e", "")))
short("script: interpreter of another machine", "ENOEXEC",
      script(f"#!{RUN}\n", lambda c: c.other_machine(RUN)))
short("script: its own interpreter", "ELOOP", script(f"#!{PROG}\n"))
short("script: mode 0644", "EACCES", script(f"#!{RUN}\n", program_0644))
short("script: #! and nothing", "ENOEXEC", script("#!\n"))
short("script: interpreter of 300 bytes", "ENOEXEC", script("#!/" + 300 * "x" + "\n"))


def nested(depth):
    """DEPTH scripts on the way to a program."""
    def apply(c):
        c.move(PROG, "/opt/bin")
        for i in range(depth):
            c.write(f"/opt/s{i}" if i else PROG,
                    f"#!{RUN if i == depth - 1 else f'/opt/s{i + 1}'}\n")
    return apply


short("script: five deep", "started", nested(5))
short("script: six deep", "ELOOP", nested(6))
script_no_loader = short("script: the interpreter's loader absent", "ENOENT",
                         script(f"#!{RUN}\n", no_loader))
short("script: the interpreter's library absent", f"liba.so: {NOT_FOUND}",
      script(f"#!{RUN}\n", missing))
short("script: the interpreter needs a newer glibc", "`GLIBC_2.99' not found", both(
    newer_glibc, script(f"#!{RUN}\n")))
short("script: env finds the program", "started",
      script("#!/usr/bin/env prog\n", env_program, set_env(PATH="/usr/bin:/opt/bin")))
ENV = script("#!/usr/bin/env prog\n", env_program, set_env(PATH="/opt/bin"))
short("script: env's library absent", f"libc.so.6: {NOT_FOUND}", both(
    ENV, lambda c: (c.program(cc="musl-gcc", path="/opt/bin/prog"), c.remove(C),
                    c.add("/lib/x86_64-linux-musl/libc.so", MUSL))))
short("script: env's loader absent", "ENOENT", both(
    ENV, lambda c: (c.program(path="/opt/bin/prog", flags=("-static",)), c.remove(GLIBC))))
short("script: env's own library absent, the program's there", f"liba.so: {NOT_FOUND}", both(
    ENV, lambda c: (c.add(c.path("/opt/bin/prog"), "/usr/bin/env"),
                    c.program(path="/opt/bin/prog"), c.remove(A))))
short("script: env needs a newer glibc", "`GLIBC_2.99' not found", both(
    ENV, lambda c: c.patch("/usr/bin/env", lambda elf: elf.need_version("GLIBC_2.34",
                                                                        "GLIBC_2.99"))))
short("script: env lacks a symbol", GONE, both(undefined("int y;", NOW), lambda c: (
    c.move(PROG, "/usr/bin"), os.rename(c.path("/usr/bin/prog"), c.path("/usr/bin/env")),
    c.program(path="/opt/bin/prog"), c.write(PROG, "#!/usr/bin/env prog\n"),
    c.env.update(PATH="/opt/bin"))))
short("script: env of what is absent", "env: 'node9'",
      script("#!/usr/bin/env node9\n", env_program, set_env(PATH="/usr/bin:/opt/bin")))
short("script: env, the program's folder not in PATH", "env: 'prog'",
      script("#!/usr/bin/env prog\n", env_program, set_env(PATH="/usr/bin:/bin")))
short("script: env, CRLF", "env: 'prog\\r'",
      script("#!/usr/bin/env prog\r\n", env_program, set_env(PATH="/usr/bin:/opt/bin")))
short("script: env absent", "ENOENT", script("#!/usr/bin/env prog\n", set_env(PATH="/opt/bin")))
short("script: env, two words", "env: 'prog -x'",
      script("#!/usr/bin/env prog -x\n", env_program, set_env(PATH="/opt/bin")))
short("script: env -S", "started",
      script("#!/usr/bin/env -S prog -x\n", env_program, set_env(PATH="/opt/bin")))
short("script: env finds a program of mode 0644", "env: 'prog': Permission denied", script(
    "#!/usr/bin/env prog\n", env_program, set_env(PATH="/opt/bin"), lambda c: c.chmod(RUN, 0o644)))
short("script: env finds a program whose library is absent", f"liba.so: {NOT_FOUND}",
      script("#!/usr/bin/env prog\n", env_program, missing, set_env(PATH="/opt/bin")))

# --- musl


def musl(words, outcome, function, **more):
    return short("musl " + words, outcome, function, musl=True, **more)


def aarch64(elf):
    """musl does not look at e_machine, it finds relocations that it does not know."""
    elf.put("H", 18, AARCH64)
    elf.put("I", elf.section(4) + 8, 1027)  # R_AARCH64_RELATIVE, in the first SHT_RELA


musl("nothing wrong", "started", lambda c: None)
musl("loader: absent", "ENOENT", lambda c: c.remove(MUSL))
musl("loader: mode 0644", "EACCES", lambda c: c.chmod(MUSL, 0o644))
# It fails there for lack of libc.so; which loader it is the gate knows by its name only.
musl("loader: glibc's in its place", "libc.so: cannot open", lambda c: c.add(GLIBC, MUSL),
     says="is defined by no library")
musl("library: absent", "library liba.so: No such file", lambda c: c.remove("/lib/liba.so"))
musl("library: of a library absent", "library libb.so: No such file",
     lambda c: c.remove("/lib/libb.so"))
musl("library: both absent", "library liba.so: No such file", lambda c: (
    c.remove("/lib/liba.so"), c.remove("/lib/libb.so")))
musl("library: text", "Exec format error", lambda c: c.write("/lib/liba.so", 100 * "text"))
musl("library: empty", "liba.so", lambda c: c.write("/lib/liba.so", ""))
musl("library: of another machine", "unsupported relocation type 1027",
     lambda c: c.patch("/lib/liba.so", aarch64), says="another class or machine")
musl("library: mode 0000", "liba.so", lambda c: c.chmod("/lib/liba.so", 0))
musl("library: a directory", "liba.so", lambda c: c.folder_for("/lib/liba.so"))
musl("library: on a noexec mount", "liba.so", lambda c: (
    elsewhere("/lib/liba.so", "/opt/lib", flags=("-Wl,-rpath,/opt/lib",))(c),
    c.mount("/opt/lib", "noexec")))
musl("library: by the program's RUNPATH, also of a library", "started",
     elsewhere("/lib/libb.so", "/opt/lib", flags=("-Wl,-rpath,/opt/lib",)))
musl("library: by LD_LIBRARY_PATH", "started", both(
    elsewhere("/lib/liba.so", "/opt/lib"), set_env(LD_LIBRARY_PATH="/opt/lib")))
musl("library: by the path file", "started", both(
    elsewhere("/lib/liba.so", "/opt/lib"),
    lambda c: c.write("/etc/ld-musl-x86_64.path", "/lib:/opt/lib\n", 0o644)))
musl("library: the path file leaves its folder out", "library liba.so: No such file",
     lambda c: c.write("/etc/ld-musl-x86_64.path", "/opt/lib\n", 0o644))
musl("library: the path file of mode 0600", "library liba.so: Permission denied", lambda c: c.write(
    MUSL_PATH, "/lib\n", 0o600), says=unreadable(MUSL_PATH))
musl("library: the path file's folder of mode 0700", "library liba.so: Permission denied",
     lambda c: (c.write(MUSL_PATH, "/lib\n", 0o644), c.chmod("/etc", 0o700)),
     says=unreadable(MUSL_PATH))
musl("library: no path file, its folder of mode 0700", "library liba.so: Permission denied",
     lambda c: c.chmod("/etc", 0o700), says="may not search")
musl("library: the path file a directory", "library liba.so: Is a directory",
     lambda c: c.dir(MUSL_PATH))
musl("library: the path file a symlink to what is absent", "started",
     lambda c: c.link(MUSL_PATH, "absent"))
musl("library: the path file a symlink to itself", "library liba.so: Symbolic link loop",
     lambda c: c.link(MUSL_PATH, "ld-musl-x86_64.path"))
musl("library: by LD_LIBRARY_PATH, the path file of mode 0600", "started", both(
    set_env(LD_LIBRARY_PATH="/lib"), lambda c: c.write(MUSL_PATH, "/opt\n", 0o600)))
musl("library: in the cache that it does not read", "library liba.so: No such file",
     both(elsewhere("/lib/liba.so", "/opt/lib"), lambda c: c.ldconfig("/opt/lib")))
musl("library: of glibc, whose libc.so.6 it takes for its own", "started", lambda c: (
    c.add(c.tools.make("gcc", "int a(void) { return 0; }\n", "-shared", "-fPIC",
                       "-Wl,-soname,liba.so"), "/lib/liba.so")))
musl("library: by LD_LIBRARY_PATH, but set-id", "library liba.so: No such file", both(
    elsewhere("/lib/liba.so", "/opt/lib"), set_env(LD_LIBRARY_PATH="/opt/lib"),
    lambda c: c.set_id(0o4755)))
musl("library: by $ORIGIN", "started", elsewhere("/lib/liba.so", "/opt/lib", flags=(
    "-Wl,-rpath,$ORIGIN/../opt/lib",)))
musl("library: by $ORIGIN, but set-id", "library liba.so: No such file", both(
    elsewhere("/lib/liba.so", "/opt/lib", flags=("-Wl,-rpath,$ORIGIN/../opt/lib",)),
    lambda c: c.set_id(0o4755)))
musl("library: by an absolute RUNPATH, set-id", "started", both(
    elsewhere("/lib/liba.so", "/opt/lib", flags=("-Wl,-rpath,/opt/lib",)),
    lambda c: c.set_id(0o4755)))
musl("library: by $ORIGIN of a library, set-id", "started", lambda c: (
    c.move("/lib/libb.so", "/opt/lib"), c.add(c.shared(
        "liba.so", "int b(void); int a(void) { return b(); }", "libb.so",
        flags=("-Wl,-rpath,$ORIGIN/../opt/lib",)), "/lib/liba.so"), c.set_id(0o4755)))
musl("preload: set-id", "library liba.so: No such file", both(
    elsewhere("/lib/liba.so", "/opt/lib"), set_env(LD_PRELOAD="/opt/lib/liba.so"),
    lambda c: c.set_id(0o4755)))
musl("preload: absent", "started", set_env(LD_PRELOAD="/opt/absent.so"))
musl("symbol: undefined", "x: symbol not found", undefined("int y;"))
musl("symbol: a library's undefined", "b2: symbol not found", library_lacks())
musl("symbol: undefined, but weak", "started", weak_symbol)
musl("version: missing, which it does not ask", "started", needs_v(("V_1",)))
musl("program: static", "started", lambda c: (c.program(flags=("-static",)), c.remove(MUSL)))
musl("program: cut behind its first page", "killed by SIG", lambda c: c.cut(PROG, 4096))

# --- Pairs: what is met first decides

for first, other, happens in (
        (program_0644, no_loader, "EACCES"), (program_0644, missing, "EACCES"),
        (app_0700, no_loader, "EACCES"), (program_noexec, loader_0644, "EACCES"),
        (program_noexec, missing, "EACCES"), (program_machine, no_loader, "ENOEXEC"),
        (program_machine, missing, "ENOEXEC"), (program_machine, program_0644, "EACCES"),
        (no_nul, no_loader, "ENOEXEC"), (oversized, loader_0644, "ENOEXEC"),
        (no_loader, missing, "ENOENT"), (no_loader, glibc_floor, "ENOENT"),
        (loader_0644, missing, "EACCES"), (loader_noexec, no_libc, "EACCES"),
        (loader_machine, library_machine, "ELIBBAD"), (loader_empty, library_empty, "EIO"),
        (loader_loop, library_loop, "ELOOP"), (loader_folder, library_folder, "EACCES"),
        (loader_cut, missing, "killed by SIG"), (loader_folder_0700, missing_2, "EACCES"),
        (missing_2, no_libc, f"libc.so.6: {NOT_FOUND}"),
        (missing, no_libc, f"liba.so: {NOT_FOUND}"),
        (missing, glibc_floor, f"liba.so: {NOT_FOUND}"),
        (missing_2, own_version, f"libb.so: {NOT_FOUND}"),
        (library_text, missing_2, "invalid ELF header"),
        (library_empty, no_libc, "file too short"), (library_0000, missing_2, "liba.so"),
        (library_folder, no_libc, "liba.so"),
        (library_noexec, glibc_floor, "failed to map segment"),
        (library_acl, missing_2, "liba.so"), (libs_0700, glibc_floor, "liba.so"),
        (not_inherited, library_machine, f"liba.so: {NOT_FOUND}"), (stale, missing_2, "liba.so"),
        (preload_missing, missing, f"liba.so: {NOT_FOUND}"),
        (preload_missing, no_loader, "ENOENT"), (no_symbol, missing_2, f"libb.so: {NOT_FOUND}"),
        (own_version, newer_glibc, "not found (required by"),
        (no_symbol, newer_glibc_library, "`GLIBC_2.9.9' not found"),
        (script_no_loader, missing, "ENOENT"), (loader_0700, library_0000, "EACCES")):
    def name_of(function):
        return next(c[0] for c in CASES if c[2] is function)
    second = name_of(other) if any(c[2] is other for c in CASES) else other.__name__
    short(f"pair: {name_of(first)} + {second}", happens, both(first, other))


# --- What the gate must say

LOADER_SAYS = (
    # check, what of the message it must name
    (r"error while loading shared libraries: (?P<a>[^:]+): ", "libraries"),
    (r"(?P<b>[^\s:]+): version `(?P<a>[^']+)' not found \(required by (?P<c>[^)]+)\)", "symbols"),
    (r"symbol lookup error: (?P<b>[^:]+): undefined symbol: (?P<a>[^\s,]+)", "symbols"),
    (r"Error loading shared library (?P<a>[^:]+): .* \(needed by (?P<b>[^)]+)\)", "libraries"),
    (r"Error relocating (?P<b>[^:]+): (?P<a>[^:]+): symbol not found", "symbols"),
    (r"env: '(?P<a>[^:]+)': No such", "machine"),
    (r"env: '(?P<a>[^:]+)': Permission", "access"),
)


def wanted(outcome):
    """(check or None, words that the first failure must have): alternatives, each of one line."""
    if re.fullmatch("E[A-Z0-9]+", outcome):
        return [(None, [outcome])]
    if outcome.startswith("killed"):
        return [(None, ["killed"])]
    for pattern, check in LOADER_SAYS:
        found = [(f"binary.{check}", [os.path.basename(w) for w in m.groups()])
                 for m in re.finditer(pattern, outcome)]
        if found:
            # Of versions the loader lists all; of the rest the gate names the first.
            return found if check == "symbols" and "version" in outcome else found[:1]
    return []


def disagreement(outcome, says, code, report):
    """Why the gate's answer is not what happened, or None."""
    failures = [r for r in report["results"] if r["status"] == "fail"]
    others = [r for r in report["results"] if r["status"] == "error"]
    told = "; ".join(f"{r['check']} {r['status']}: {r['message']} [{r.get('observed')}]"
                     for r in failures + others) or "nothing"
    if outcome == "started":
        good = code == 0 and report["verdict"] == "pass"
        return None if good else f"it started; exit {code}, {told}"
    if code != 1 or not failures:
        return f"{outcome}; exit {code}, {told}"
    text = f"{failures[0]['message']} {failures[0].get('observed')}"
    quoted = re.search("[Ee]rror (while )?loading shared librar.*",
                       str(failures[0].get("observed")))
    if quoted and quoted[0] not in outcome:
        return f"{outcome}; quoted as {quoted[0]}"
    for check, words in [(None, [says])] if says else wanted(outcome):
        if check in (None, failures[0]["check"]) and all(w in text for w in words):
            return None
    return f"{outcome}; exit {code}, {told}"


def ask(binary, c):
    done = tap.run([binary, "verify", "--root", c.root, "--policy", "-", "--format", "json"],
                   input=json.dumps(c.policy()).encode())
    if done.defect():
        return None, None, done.defect()
    try:
        return done.code, json.loads(done.out), None
    except ValueError:
        return None, None, f"no report: {done}"


def check(binary, tools, words, outcome, function, is_musl, says):
    with tempfile.TemporaryDirectory() as root:
        os.chmod(root, 0o755)
        c = Case(tools, root, is_musl)
        try:
            function(c)
            happened = c.execute()
            code, report, why = ask(binary, c)
        finally:
            c.close()
    if outcome not in happened:
        return f"written here: {outcome}; happened: {happened}"
    return why or disagreement(happened, says, code, report)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("binary", metavar="BINARY")
    parser.add_argument("-k", default="", metavar="WORDS")
    options = parser.parse_args()
    binary = os.path.abspath(options.binary)
    if os.geteuid() != 0 or os.uname().machine != "x86_64":
        print("oracle_start.py: needs root on x86-64", file=sys.stderr)
        return 2
    if os.environ.pop("ORACLE_START_INSIDE", None) is None:
        # Mounts of its own.
        os.environ["ORACLE_START_INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "--mount", sys.executable, *sys.argv])
    os.umask(0o022)
    agreed = total = 0
    with tempfile.TemporaryDirectory() as scratch:
        tools = Tools(scratch)
        for entry in CASES:
            if options.k not in entry[0]:
                continue
            why = check(binary, tools, *entry)
            total, agreed = total + 1, agreed + (why is None)
            print(f"ok {entry[0]}" if why is None else f"not ok {entry[0]}: {why}", flush=True)
    print(f"{agreed} of {total} agree")
    return 0 if agreed == total > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
