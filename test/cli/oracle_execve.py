#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Oracle for lib/elf: what execve(2) of the running kernel makes of damaged programs.

usage: oracle_execve.py [--seed N] [--mutants N] [--verbose] [BINARY]

Builds real programs (small static, static-pie and 32-bit ones, a dynamic one, one with Debian's
libc.a; busybox where it is installed), cuts them (the small ones at every byte), damages their
headers in hand-made ways and at random, runs each under execve_probe.c (as nobody, traced up to its
first instruction) and compares with ig_image_parse():

  refused   execve returned an errno: lib/elf must refuse it with the same errno
  killed    died behind execve's point of no return: lib/elf must call it broken
  cut       some PT_LOAD lies past the end of the file, and it did not run as before: broken
  same      ran as the undamaged program does: lib/elf must find no fault, except in the classes
            that the summary lists
  other     ran differently (jumped into garbage): lib/elf claims nothing about such programs

With BINARY, `BINARY verify --binary` is run, too, on the damaged forms of a static and a dynamic
program: exit 1 where execve refuses, kills or the file is cut, 0 where the static one runs as ever.

The last lines are "N of N agree" and "N passed, N failed" (programs); exit status 1 where not all
do, 2 where it cannot run.
"""
import argparse
import collections
import errno
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "support"))
import tap  # noqa: E402

TOP = tap.TOP
BARE_SUBJECT = """\
static volatile char text[] = "ok\\n";
static volatile char bss[5000];
static long call(long n, long a, long b, long c)
{
#if defined __x86_64__
    __asm__ volatile("syscall" : "+a"(n) : "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
#elif defined __i386__
    __asm__ volatile("int $0x80" : "+a"(n) : "b"(a), "c"(b), "d"(c) : "memory");
#elif defined __aarch64__
    register long x8 __asm__("x8") = n, x0 __asm__("x0") = a, x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
    n = x0;
#endif
    return n;
}
#if defined __x86_64__
enum { NR_write = 1, NR_exit = 60 };
#elif defined __i386__
enum { NR_write = 4, NR_exit = 1 };
#elif defined __aarch64__
enum { NR_write = 64, NR_exit = 93 };
#endif
void _start(void)
{
    bss[4999] = 7;
    call(NR_write, 1, (long)text, 3);
    call(NR_exit, bss[4999] + bss[17], 0, 0);
    for (;;) {
    }
}
"""
HOSTED_SUBJECT = """\
#include <stdio.h>
int main(void) { puts("ok"); return 7; }
"""
BARE = ("-O1 -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables -nostdlib -s "
        "-Wl,--build-id=none").split()

PT_LOAD, PT_INTERP = 1, 3
EHDR = {  # field: (offset, struct code) for each class
    2: {"e_type": (16, "H"), "e_machine": (18, "H"), "e_version": (20, "I"), "e_entry": (24, "Q"),
        "e_phoff": (32, "Q"), "e_shoff": (40, "Q"), "e_flags": (48, "I"), "e_ehsize": (52, "H"),
        "e_phentsize": (54, "H"), "e_phnum": (56, "H"), "e_shentsize": (58, "H"),
        "e_shnum": (60, "H"), "e_shstrndx": (62, "H")},
    1: {"e_type": (16, "H"), "e_machine": (18, "H"), "e_version": (20, "I"), "e_entry": (24, "I"),
        "e_phoff": (28, "I"), "e_shoff": (32, "I"), "e_flags": (36, "I"), "e_ehsize": (40, "H"),
        "e_phentsize": (42, "H"), "e_phnum": (44, "H"), "e_shentsize": (46, "H"),
        "e_shnum": (48, "H"), "e_shstrndx": (50, "H")},
}
PHDR = {
    2: {"p_type": (0, "I"), "p_flags": (4, "I"), "p_offset": (8, "Q"), "p_vaddr": (16, "Q"),
        "p_paddr": (24, "Q"), "p_filesz": (32, "Q"), "p_memsz": (40, "Q"), "p_align": (48, "Q")},
    1: {"p_type": (0, "I"), "p_offset": (4, "I"), "p_vaddr": (8, "I"), "p_paddr": (12, "I"),
        "p_filesz": (16, "I"), "p_memsz": (20, "I"), "p_flags": (24, "I"), "p_align": (28, "I")},
}
EHDR_SIZE = {2: 64, 1: 52}
PHDR_SIZE = {2: 56, 1: 32}


class Elf:
    """Just enough of a parser to damage a program on purpose, and to see what execve saw: the
    class is the caller's, because x86 kernels go by e_machine and not by EI_CLASS."""

    def __init__(self, data, elf_class):
        self.data = data[:256].ljust(256, b"\0")
        self.whole, self.elf_class = data, elf_class

    def get(self, field):
        offset, code = EHDR[self.elf_class][field]
        return struct.unpack_from("<" + code, self.data, offset)[0]

    def phdr_offset(self, index):
        return self.get("e_phoff") + index * PHDR_SIZE[self.elf_class]

    def phdr(self, index):
        base = self.phdr_offset(index)
        return {name: struct.unpack_from("<" + code, self.whole, base + offset)[0]
                for name, (offset, code) in PHDR[self.elf_class].items()}

    def phdrs(self):
        return [self.phdr(i) for i in range(self.get("e_phnum"))]

    def set_header(self, **fields):
        """Patches, (offset, bytes), that give the header these fields."""
        return [(EHDR[self.elf_class][f][0], struct.pack("<" + EHDR[self.elf_class][f][1], v))
                for f, v in fields.items()]

    def set_phdr(self, index, **fields):
        base = self.phdr_offset(index)
        return [(base + PHDR[self.elf_class][f][0],
                 struct.pack("<" + PHDR[self.elf_class][f][1], v)) for f, v in fields.items()]


class Subject:
    """An undamaged program and the file in which its damaged forms run, one after the other."""

    def __init__(self, name, path, scratch, probe):
        with open(path, "rb") as f:
            self.original = f.read()
        self.name, self.probe = name, probe
        self.elf_class = self.original[4]
        self.elf = Elf(self.original, self.elf_class)
        self.path = os.path.join(scratch, name)
        self.write(self.original)
        self.healthy = probe.ask(self.path)
        if self.healthy.kernel != "exit" or self.healthy.faults():
            sys.exit(f"oracle_execve.py: undamaged {name}: {self.healthy}")

    def write(self, data):
        with open(self.path, "wb") as f:
            f.write(data)
        os.chmod(self.path, 0o755)

    def headers_end(self):
        return self.elf.phdr_offset(self.elf.get("e_phnum"))

    def patched(self, patches, length=None):
        data = bytearray(self.original)
        for offset, piece in patches:
            data[offset:offset + len(piece)] = piece
        return bytes(data if length is None else data[:length])

    def describe(self, data):
        """The header fields in which DATA differs, for who reads a difference."""
        words = [f"{len(data)} bytes"] if len(data) != len(self.original) else []
        new, old = Elf(data, self.elf_class), self.elf
        words += [f"{f}={new.get(f):#x}" for f in EHDR[self.elf_class] if new.get(f) != old.get(f)]
        if new.get("e_phoff") == old.get("e_phoff") and self.headers_end() <= len(data):
            for i in range(old.get("e_phnum")):
                a, b = old.phdr(i), new.phdr(i)
                words += [f"{i}.{f}={b[f]:#x}({a[f]:#x})" for f in a if a[f] != b[f]]
        return " ".join(words)

    def set_header(self, **fields):
        return self.elf.set_header(**fields)

    def set_phdr(self, index, **fields):
        return self.elf.set_phdr(index, **fields)


Answer = collections.namedtuple("Answer", "kernel number output refusal runs broken interp text")


class Answer(Answer):
    def faults(self):
        return self.refusal != 0 or not self.runs or self.broken

    def refused(self):
        return self.refusal != 0 or not self.runs


def build_probe(scratch):
    """Two builds: a sanitized one that parses, and a plain one that also forks and runs, three times as
    fast."""
    program = os.path.join(scratch, "probe")
    lib = os.path.join(TOP, "lib")
    sources = [os.path.join(lib, "elf", f"{name}.c")
               for name in ("image", "machine", "mapping", "shebang")]
    sources.append(os.path.join(lib, "kernel", "commit.c"))
    sources += [os.path.join(lib, "core", f"{name}.c") for name in ("buf", "error", "mem")]
    sources.append(os.path.join(HERE, "execve_probe.c"))
    command = ["gcc", "-std=c11", "-D_GNU_SOURCE", "-g", "-O1", "-I", lib, *sources, "-lelf", "-o"]
    subprocess.run([*command, program], check=True)
    subprocess.run([*command, program + "-sanitized", f"-fsanitize={tap.SANITIZERS}",
                    "-fno-sanitize-recover=all"], check=True)
    return program


class Probe:
    """execve_probe.c, both builds running: one question, one answer."""

    def __init__(self, program, *options):
        self.plain, self.sanitized = (
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                             bufsize=1, cwd="/")
            for command in ([program, *options], [program + "-sanitized", "--parse", *options]))

    def send(self, line, process=None):
        process = process or self.sanitized
        process.stdin.write(line + "\n")
        answer = process.stdout.readline()
        if not answer.endswith("\n"):
            sys.exit(f"oracle_execve.py: the probe died of {line}")
        return answer[:-1]

    def ask(self, path):
        kernel, number, output, plain = self.send(path, self.plain).split(" ", 3)
        parsed = self.send(path)
        if parsed != plain:
            sys.exit(f"oracle_execve.py: {path} is {plain}, and {parsed} to the sanitized probe")
        refusal, runs, broken, interp, text = parsed.split(" ", 4)
        return Answer(kernel, int(number), output, int(refusal), runs == "1", broken == "1",
                      interp, text)

    def close(self):
        for process in (self.plain, self.sanitized):
            process.stdin.close()
            if process.wait() != 0:
                sys.exit("oracle_execve.py: the probe ended with an error")


def build_subjects(scratch, probe):
    def compile_to(name, source, *flags):
        path = os.path.join(scratch, name + ".built")
        done = subprocess.run(["gcc", "-x", "c", "-", "-o", path, *flags], input=source, text=True,
                              capture_output=True)
        if done.returncode != 0:
            sys.exit(f"oracle_execve.py: cannot build {name}:\n{done.stderr}")
        return Subject(name, path, scratch, probe)

    flat = "-Wl,-z,noseparate-code"
    yield compile_to("small", BARE_SUBJECT, *BARE, "-static", flat)
    yield compile_to("sections", BARE_SUBJECT, *BARE, "-static")
    yield compile_to("small-pie", BARE_SUBJECT, *BARE, "-static-pie", "-fPIE", flat)
    if os.uname().machine == "x86_64":
        yield compile_to("small-i386", BARE_SUBJECT, *BARE, "-m32", "-fno-pie", "-static", flat)
        yield compile_to("pie-i386", BARE_SUBJECT, *BARE, "-m32", "-fPIE", "-static-pie", flat)
    yield compile_to("dynamic", HOSTED_SUBJECT, "-O1")
    yield compile_to("libc", HOSTED_SUBJECT, "-O1", "-static")
    busybox = shutil.which("busybox")
    if busybox and PT_INTERP not in [p["p_type"] for p in Elf(open(busybox, "rb").read(),
                                                              2).phdrs()]:
        yield Subject("busybox", busybox, scratch, probe)


def truncations(subject, rng):
    size = len(subject.original)
    if size <= 5000:
        lengths = range(size)
    else:
        lengths = sorted(set(range(0, 1024)) | set(range(0, size, 4096)) |
                         {rng.randrange(size) for _ in range(300)} | {size - 1})
    for length in lengths:
        yield f"cut at {length}", subject.original[:length]


def handmade(subject):
    """Each fault of the specification once, on purpose."""
    s, size, entry = subject, len(subject.original), PHDR_SIZE[subject.elf_class]
    loads = [i for i, p in enumerate(s.elf.phdrs()) if p["p_type"] == PT_LOAD]
    first, last = loads[0], loads[-1]
    most = 65536 // entry
    top = 2 ** (32 if s.elf_class == 1 else 64)

    def case(name, *patches):
        return f"{name}", s.patched([p for group in patches for p in group])

    def grown(name, count):
        """COUNT real program headers, the surplus ones PT_NULL, at the end of the file."""
        pad = -size % 16
        table = s.original[s.elf.get("e_phoff"):s.headers_end()].ljust(count * entry, b"\0")
        return name, (s.patched(s.set_header(e_phoff=size + pad, e_phnum=count)) + bytes(pad) +
                      table[:count * entry])

    for number in (0, 1, 3, 4, 0xfe00, 0xffff):
        yield case(f"e_type {number}", s.set_header(e_type=number))
    for number in (0, 2, 6, 8, 40, 183, 243, 0xffff):
        yield case(f"e_machine {number}", s.set_header(e_machine=number))
    for number in (0, 1, entry - 1, entry + 1, 65535):
        yield case(f"e_phentsize {number}", s.set_header(e_phentsize=number))
    for number in (0, 1, 2, most, most + 1, 65535):
        yield case(f"e_phnum {number}, not there", s.set_header(e_phnum=number))
    for number in (50, most - 1, most, most + 1, 65535):
        yield grown(f"{number} program headers", number)
    for number in (0, 1, size - entry, size - 1, size, top // 2, top // 2 - 1, top - 1, top - entry):
        yield case(f"e_phoff {number:#x}", s.set_header(e_phoff=number))
    yield case("entry 0", s.set_header(e_entry=0))
    yield case("entry at the top", s.set_header(e_entry=top - 1))
    yield case("no PT_LOAD", *[s.set_phdr(i, p_type=0) for i in loads])
    yield case("no PT_LOAD but the last", *[s.set_phdr(i, p_type=0) for i in loads[:-1]])
    for i in {first, last}:
        p = s.elf.phdr(i)
        where = f"PT_LOAD {i}: "
        yield case(where + "type 0", s.set_phdr(i, p_type=0))
        yield case(where + "offset and address incongruent", s.set_phdr(i, p_offset=p["p_offset"] ^ 8))
        yield case(where + "filesz over memsz", s.set_phdr(i, p_filesz=p["p_memsz"] + 1))
        yield case(where + "memsz 0", s.set_phdr(i, p_memsz=0))
        yield case(where + "empty", s.set_phdr(i, p_memsz=0, p_filesz=0))
        yield case(where + "only memory", s.set_phdr(i, p_filesz=0))
        yield case(where + "offset past the end", s.set_phdr(i, p_offset=p["p_offset"] + (size + 4095 & -4096)))
        yield case(where + "size past the end", s.set_phdr(i, p_filesz=size * 2 + 8192, p_memsz=size * 2 + 8192))
        yield case(where + "offset negative", s.set_phdr(i, p_offset=top - 4096 + p["p_offset"] % 4096))
        yield case(where + "no access", s.set_phdr(i, p_flags=0))
        for address in (0, 0x1000, 0x8000, 0xf000, 0x10000, top // 2, 0x7fff0000, 0xffffd000,
                        0xfffff000, 0x7fffffffe000, 0x7ffffffff000, 0x800000000000, top - 4096):
            if address < top:
                yield case(where + f"address {address:#x}",
                           s.set_phdr(i, p_vaddr=address + p["p_vaddr"] % 4096))
        for memory in (2 ** 31, 2 ** 40 + 8192, 2 ** 46, 0x7ffffffff000, 2 ** 47, 2 ** 63, top - 1,
                       top - 4096):
            if memory < top:
                yield case(where + f"memsz {memory:#x}", s.set_phdr(i, p_memsz=memory))
        for bits in (0, 12, 16, 21, 30, 31, 40, 46, 47, 63):
            if 2 ** bits < top:
                yield case(where + f"alignment 2^{bits}", s.set_phdr(i, p_align=2 ** bits))
    if first != last:
        a, b = s.elf.phdr(first), s.elf.phdr(last)
        yield case("PT_LOADs swapped", s.set_phdr(first, **b), s.set_phdr(last, **a))
        yield case("PT_LOADs overlap", s.set_phdr(last, p_vaddr=a["p_vaddr"] + b["p_vaddr"] % 4096))
        yield case("one PT_LOAD twice", s.set_phdr(last, **a))
    yield from handmade_interp(s, case, size, last)


def handmade_interp(s, case, size, index):
    """PT_INTERP's own faults, in place of another program header."""
    phdrs = s.elf.phdrs()
    spare = [i for i, p in enumerate(phdrs) if p["p_type"] not in (PT_LOAD, PT_INTERP)]
    have = [i for i, p in enumerate(phdrs) if p["p_type"] == PT_INTERP]
    i = (have or spare)[0]
    top = 2 ** (32 if s.elf_class == 1 else 64)

    def interp(name, offset, filesz):
        return case("PT_INTERP " + name,
                    s.set_phdr(i, p_type=PT_INTERP, p_offset=offset, p_filesz=filesz))

    yield interp("size 0", 0, 0)
    yield interp("size 1", 0, 1)
    yield interp("size 2, unterminated", 0, 2)
    yield interp("size 4096", 0, 4096)
    yield interp("size 4097", 0, 4097)
    yield interp("size at the top", 0, top - 1)
    yield interp("at the end", size, 20)
    yield interp("half past the end", size - 3, 20)
    yield interp("far past the end", top // 2 - 4096, 20)
    yield interp("at the largest offset", top // 2 - 1, 20)
    yield interp("at a negative offset", top - 20, 20)
    if have:
        yield case("two PT_INTERPs, the second bad",
                   s.set_phdr(spare[-1], p_type=PT_INTERP, p_offset=0, p_filesz=0))


def random_mutants(subject, rng, count):
    s, size = subject, len(subject.original)
    phnum = s.elf.get("e_phnum")

    def value(code, old):
        bits = struct.calcsize(code) * 8
        choices = [0, 1, 2, 3, 4, 6, 7, 0x7f, 0xff, 0x1000, 0xfff, 0x10000, size, size - 1, size + 1,
                   2 ** 31, 2 ** 32 - 1, 2 ** 47 - 4096, 2 ** 63, 2 ** 64 - 1, old + 1, old - 1,
                   old + 4096, old - 4096, old ^ (1 << rng.randrange(bits)), old * 2,
                   rng.getrandbits(bits), rng.getrandbits(16), rng.getrandbits(13)]
        return rng.choice(choices) % 2 ** bits

    for number in range(count):
        patches = []
        for _ in range(rng.choice((1, 1, 1, 2, 3, 5))):
            kind = rng.random()
            if kind < 0.2:
                offset = rng.randrange(s.headers_end())
                patches.append((offset, bytes([rng.randrange(256)])))
            elif kind < 0.4:
                field = rng.choice(list(EHDR[s.elf_class]))
                code = EHDR[s.elf_class][field][1]
                patches += s.set_header(**{field: value(code, s.elf.get(field))})
            else:
                i = rng.randrange(phnum)
                field = rng.choice(list(PHDR[s.elf_class]))
                code = PHDR[s.elf_class][field][1]
                patches += s.set_phdr(i, **{field: value(code, s.elf.phdr(i)[field])})
        length = rng.randrange(size) if rng.random() < 0.1 else None
        yield f"mutant {number}", s.patched(patches, length)


def is_cut(data, elf_class):
    """Does a PT_LOAD, as the kernel of this e_machine reads it, lie past the end of the file?"""
    elf = Elf(data, elf_class)
    try:
        return any(p["p_type"] == PT_LOAD and p["p_filesz"] > 0 and
                   p["p_offset"] + p["p_filesz"] > len(data) for p in elf.phdrs())
    except struct.error:
        return False


def lowest_address():
    with open("/proc/sys/vm/mmap_min_addr", encoding="ascii") as f:
        return int(f.read())


def overcommit():
    with open("/proc/sys/vm/overcommit_memory", encoding="ascii") as f:
        return int(f.read())


def uncommitted():
    """Bytes that the kernel would still promise to anyone, less a margin for what others take."""
    with open("/proc/meminfo", encoding="ascii") as f:
        kib = dict((line.split(":")[0], int(line.split()[1])) for line in f)
    return (kib["CommitLimit"] - kib["Committed_AS"]) * 512


def known_difference(subject, data, answer):
    """Where lib/elf differs from this kernel on purpose."""
    elf, running = Elf(data, subject.elf_class), answer.kernel == "exit"
    loads = []
    if elf.get("e_phoff") == subject.elf.get("e_phoff") and subject.headers_end() <= len(data):
        loads = [p for p in elf.phdrs() if p["p_type"] == PT_LOAD]
    if running and data[4:6] != subject.original[4:6] and answer.refused():
        return "its class or byte order is invalid, which x86 kernels ignore"
    if running and elf.get("e_machine") == 6 and not answer.runs:
        return "its e_machine is 6 (EM_486), which x86 kernels take for i386"
    if running and answer.broken and is_cut(data, subject.elf_class):
        return "it is cut off where it happens not to look"
    if running and "vm.mmap_min_addr" in answer.text and lowest_address() < 65536:
        return "its address is below 64 KiB, which this node's vm.mmap_min_addr permits"
    spread = max((p["p_vaddr"] + p["p_memsz"] for p in loads), default=0)
    if answer.kernel == "killed" and overcommit() == 2 and spread > uncommitted():
        return "it wants more memory than others have left of CommitLimit (vm.overcommit_memory 2)"
    return None


def judge(subject, data, answer):
    """(class of what the kernel did, agreed?, name of the known difference or None)"""
    healthy = subject.healthy
    if answer.interp != healthy.interp and not answer.refused():
        return "another loader", True, None
    if answer.kernel == "errno":
        expected = answer.refusal if answer.runs and answer.refusal else errno.ENOEXEC
        stricter = data[4:6] != subject.original[4:6] or data[18:20] == b"\6\0"
        if stricter and answer.refused():
            return "refused", True, None  # for another reason: the kernel went on to a later fault
        return "refused", answer.refused() and answer.number == expected, None
    if (answer.kernel, answer.number, answer.output) == (healthy.kernel, healthy.number,
                                                          healthy.output):
        what, agrees = "same", not answer.faults()
    elif answer.kernel == "killed":
        what, agrees = "killed", answer.faults()
    elif is_cut(data, subject.elf_class):
        what, agrees = "cut", answer.faults()
    else:
        return "other", True, None
    difference = None if agrees else known_difference(subject, data, answer)
    return what, agrees or difference is not None, difference


class Comparison:
    """One program's damaged forms, counted."""

    def __init__(self, subject, probe, options):
        self.subject, self.probe, self.options = subject, probe, options
        self.gate = options.binary if subject.name in ("small", "dynamic") else None
        self.classes, self.claimed = collections.Counter(), collections.Counter()
        self.known = collections.Counter()
        self.total = self.agreed = 0

    def add(self, name, data):
        self.subject.write(data)
        answer = self.probe.ask(self.subject.path)
        what, agrees, difference = judge(self.subject, data, answer)
        self.classes[what] += 1
        self.claimed[what] += answer.faults()
        if difference:
            self.known[difference] += 1
        if what != "another loader":
            self.count(agrees, name, data, f"{what}: {answer}")
        if self.gate and not difference:
            self.ask_gate(what, answer, name, data)

    def ask_gate(self, what, answer, name, data):
        bad = answer.kernel in ("errno", "killed") or what == "cut"
        if bad or (what == "same" and self.subject.name == "small"):
            outcome = tap.run([self.gate, "verify", "--binary", self.subject.path])
            self.count(outcome.code == bad, name, data, f"{what}: {answer}, but the gate: {outcome}")

    def count(self, agrees, name, data, words):
        self.total += 1
        self.agreed += agrees
        if not agrees or self.options.verbose:
            print(f"{'' if agrees else 'DIFFERS: '}{self.subject.name}, {name}: {words} "
                  f"[{self.subject.describe(data)}]")

    def __str__(self):
        return (f"{self.subject.name} ({len(self.subject.original)} bytes): " +
                ", ".join(f"{n} {what} ({self.claimed[what]} called faulty)"
                          for what, n in sorted(self.classes.items())))


def compare(subject, probe, options, rng):
    comparison = Comparison(subject, probe, options)
    for make in (truncations(subject, rng), handmade(subject),
                 random_mutants(subject, rng, options.mutants)):
        for name, data in make:
            comparison.add(name, data)
    return comparison


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary", nargs="?", metavar="BINARY")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mutants", type=int, default=2000, help="random ones of each program")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    tally, known = tap.Tally(), collections.Counter()
    total = agreed = 0
    with tempfile.TemporaryDirectory() as scratch:
        os.chmod(scratch, 0o755)
        probe = Probe(build_probe(scratch))
        for subject in build_subjects(scratch, probe):
            comparison = compare(subject, probe, options, rng)
            wrong = comparison.total - comparison.agreed
            tally.add(str(comparison), f"{wrong} differ" if wrong else None)
            total, agreed = total + comparison.total, agreed + comparison.agreed
            known += comparison.known
        probe.close()
    for difference, count in sorted(known.items()):
        print(f"known difference, {count} times: {difference}")
    print(f"{agreed} of {total} agree")
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
