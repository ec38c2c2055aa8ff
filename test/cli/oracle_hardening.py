#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Oracle for lib/elf/hardening.c: checksec and readelf.

usage: oracle_hardening.py [--verbose] INITGATE

1. Every ELF file of a Debian root (the one of test/pod/images.py): `initgate inspect` is compared,
   property by property, with readelf (through the reader below) and with checksec. What checksec
   answers differently for a reason is listed with that reason (see REASONS); any other difference
   is a failure. checksec takes a tenth of a second a file, so its answers are kept by digest in
   the cache folder.
2. Programs built here with and without each flag: what the flag asks is what inspect says.

The last line is "N passed, N failed"; the one before it "N of N agree", files and builds.
"""
import argparse
import collections
import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "support"))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "pod"))
import images  # noqa: E402
import tap  # noqa: E402

KINDS = {"no": "no", "pie": "yes", "static-pie": "yes", "library": "dso"}
GUARDS = ("__stack_chk_fail", "__stack_chk_guard", "__intel_security_cookie")
# (property, why checksec says something else)
REASONS = {
    ("canary", "code"): "checksec greps symbols; the code of what needs no library loads the guard",
    ("pie", "old"): "checksec takes DT_DEBUG for the mark of a program; DF_1_PIE is another",
    ("fortify", "defines"): "checksec counts functions that a library defines as used",
    ("fortify", "none"): "nothing fortifiable is used, or static: checksec knows only yes and no",
    ("fortify", "other"): "checksec cuts underscores: _longjmp, __read count as fortifiable",
}


def run(*command):
    done = subprocess.run(command, capture_output=True, check=False,
                          env={**os.environ, "LC_ALL": "C"})
    return done.stdout.decode(errors="replace")


class Readelf:
    """The same properties, by what readelf prints."""

    def __init__(self, path):
        self.text = run("readelf", "-W", "-h", "-l", "-d", "-n", "--dyn-syms", path)
        text = self.text
        header = re.search(r"Type:\s+(\w+)", text)
        self.type = header.group(1) if header else "NONE"
        self.machine = re.search(r"Machine:\s+(.*)", text).group(1) if header else ""
        dynamic = "Dynamic section at" in text
        flags = " ".join(re.findall(r"\((?:FLAGS|FLAGS_1)\)\s+(.*)", text))
        self.now = "(BIND_NOW)" in text or bool(re.search(r"\bBIND_NOW\b|\bNOW\b", flags))
        self.interp = "\n  INTERP" in text
        stack = re.findall(r"^  GNU_STACK +\S+ \S+ \S+ \S+ \S+ (.{3})", text, re.M)
        self.nx = "E" not in stack[-1] if stack else "AArch64" in self.machine
        self.relro = ("none" if "\n  GNU_RELRO" not in text else "full" if self.now else "partial")
        self.bind_now = self.now or not dynamic
        self.wx = len(re.findall(r"^  LOAD .* RWE ", text, re.M))
        self.textrel = "(TEXTREL)" in text or "TEXTREL" in flags
        self.rpath = self.path_of("RPATH")
        self.runpath = self.path_of("RUNPATH")
        self.needed = "(NEEDED)" in text
        named = "(SONAME)" in text
        program = "PIE" in flags.split() or "(DEBUG)" in text or (self.interp and not named)
        self.pie = ("no" if self.type != "DYN" else "library" if not program
                    else "pie" if self.interp else "static-pie")
        notes = re.findall(r"feature: (.*)", text)
        self.ibt = any("IBT" in n for n in notes)
        self.shstk = any("SHSTK" in n for n in notes)
        self.take_symbols()

    def path_of(self, tag):
        match = re.search(r"\(" + tag + r"\)\s+Library \w+: \[(.*)\]", self.text)
        return match.group(1) if match else None

    def take_symbols(self):
        self.undefined, self.names = set(), set()
        for line in self.text.splitlines():
            words = line.split()
            if len(words) >= 8 and words[0][:-1].isdigit() and words[4] in ("GLOBAL", "WEAK"):
                name = words[7].split("@")[0]
                self.names.add(name)
                if words[6] == "UND":
                    self.undefined.add(name)
        self.fortified = {n for n in self.undefined if re.fullmatch(r"__.+_chk", n)}

    def guard(self):
        return any(name in self.names for name in GUARDS)


def checked_names():
    """NAME of every __NAME_chk of this machine's libc.so.6, as checksec takes them."""
    path = re.search(r"=> (\S*libc\.so\.6)", run("ldd", "/bin/sh")).group(1)
    return set(re.findall(r" __(\S+)_chk@@", run("readelf", "-W", "--dyn-syms", path)))


def loads_guard(path):
    """Does its code, disassembled, load from the guard's place?"""
    return re.search(r"(mov|sub|xor|cmp|movq|subq) +%(fs:0x28|gs:0x14),",
                     run("objdump", "-d", "--no-show-raw-insn", path)) is not None


def differences(path, facts, names):
    """What inspect says that readelf does not."""
    r = Readelf(path)
    wanted = {"pie": r.pie, "relro": r.relro, "bindNow": r.bind_now, "nx": r.nx, "wx": r.wx,
              "textrel": r.textrel, "rpath": r.rpath, "runpath": r.runpath, "ibt": r.ibt,
              "shstk": r.shstk, "fortified": len(r.fortified), "fault": None,
              "unfortified": sorted(r.undefined & names)}
    answer = {**facts, "unfortified": sorted(n for n in facts["unfortified"] if n in names)}
    said = [f"{key} is {answer[key]!r}, readelf: {value!r}" for key, value in wanted.items()
            if answer[key] != value]
    guard = "yes" if r.guard() or (not r.needed and loads_guard(path)) else "no"
    if facts["stackProtector"] != guard:
        said.append(f"stackProtector is {facts['stackProtector']}, symbols and code: {guard}")
    return r, said


def compare_checksec(facts, theirs, r):
    """(unexplained differences, reasons of the explained ones)"""
    bad, reasons = [], []

    def differ(key, mine, reason=None):
        if theirs[key] == mine:
            return
        if reason:
            reasons.append(reason)
        else:
            bad.append(f"{key} is {mine}, checksec: {theirs[key]}")

    differ("relro", {"none": "no"}.get(facts["relro"], facts["relro"]))
    differ("nx", "yes" if facts["nx"] else "no")
    differ("pie", KINDS[facts["pie"]], ("pie", "old") if "(DEBUG)" not in r.text else None)
    differ("rpath", "yes" if facts["rpath"] is not None else "no")
    differ("runpath", "yes" if facts["runpath"] is not None else "no")
    differ("canary", facts["stackProtector"], ("canary", "code") if not r.needed else None)
    defines = any(re.fullmatch(r"_*.+_chk", n) for n in r.names - r.undefined)
    reason = (("fortify", "defines") if defines else
              ("fortify", "none") if facts["fortify"] == "unknown" or not facts["unfortified"]
              else None)
    differ("fortify_source", facts["fortify"], reason)
    used = {"fortified": facts["fortified"],
            "fortify-able": facts["fortified"] + len(facts["unfortified"])}
    for key, mine in used.items():
        exact = {n.lstrip("_") for n in r.names} - {n[2:] for n in r.fortified} - r.undefined
        differ(key, str(mine), ("fortify", "defines") if r.names - r.undefined
               else ("fortify", "other") if exact else None)
    return bad, reasons


def checksec(path, digest, cache):
    kept = os.path.join(cache, digest)
    try:
        with open(kept, encoding="utf-8") as f:
            return json.load(f)
    except (OSError, ValueError):
        pass
    out = json.loads(run("checksec", "--format=json", f"--file={path}"))
    answer = next(iter(out.values()))
    temporary = f"{kept}.{os.getpid()}"
    with open(temporary, "w", encoding="utf-8") as f:
        json.dump(answer, f)
    os.rename(temporary, kept)
    return answer


def judge_file(job):
    """(path, what is wrong, reasons why checksec differs)"""
    path, gate, cache, names = job
    outcome = tap.run([gate, "inspect", "--format", "json", path])
    if outcome.code != 0:
        return path, [str(outcome)], []
    document = json.loads(outcome.out)
    facts = document["hardening"]
    r, bad = differences(path, facts, names)
    more, reasons = compare_checksec(facts, checksec(path, document["sha256"], cache), r)
    return path, bad + more, reasons


def elf_files(root):
    """Programs and libraries, each once; object files have nothing to compare."""
    seen = set()
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.islink(path) or not os.path.isfile(path):
                continue
            with open(path, "rb") as f:
                head = f.read(18)
                if head[:4] != b"\x7fELF" or head[16] not in (2, 3):
                    continue
                digest = hashlib.sha256(head + f.read()).hexdigest()
            if digest not in seen:
                seen.add(digest)
                yield path


PLAIN = "int main(void) { return 0; }\n"
COPY = """#include <string.h>
int main(int count, char **words) { char t[64]; strcpy(t, words[0]); return t[count]; }
"""
TEXTREL = """    .globl main
main:
    ret
    .quad main
    .section .note.GNU-stack, "", %progbits
"""
TEXTREL_32 = TEXTREL.replace(".quad", ".long")
HARD = "-O2 -D_FORTIFY_SOURCE=2 -fstack-protector-strong"
X86 = os.uname().machine == "x86_64"
# flags, source, what inspect must say
BUILDS = [
    ("-fno-pie -no-pie", PLAIN, {"pie": "no"}),
    ("-fPIE -pie", PLAIN, {"pie": "pie"}),
    ("-static -no-pie", PLAIN, {"pie": "no", "bindNow": True, "fortify": "unknown"}),
    ("-static-pie -fPIE -Wl,-z,now", PLAIN, {"pie": "static-pie", "relro": "full"}),
    ("-shared -fPIC", PLAIN, {"pie": "library"}),
    ("-shared -fPIC -Wl,-soname,libx.so.1", PLAIN, {"pie": "library"}),
    ("-Wl,-z,norelro", PLAIN, {"relro": "none"}),
    ("-Wl,-z,norelro,-z,now", PLAIN, {"relro": "none", "bindNow": True}),
    ("-Wl,-z,relro,-z,lazy", PLAIN, {"relro": "partial", "bindNow": False}),
    ("-Wl,-z,relro,-z,now", PLAIN, {"relro": "full", "bindNow": True}),
    ("-Wl,-z,relro,-z,now -fno-pie -no-pie", PLAIN, {"relro": "full", "pie": "no"}),
    ("-z execstack", PLAIN, {"nx": False}),
    ("-z noexecstack", PLAIN, {"nx": True}),
    ("-O2 -fno-stack-protector", COPY, {"stackProtector": "no"}),
    ("-O2 -fstack-protector-strong", COPY, {"stackProtector": "yes"}),
    ("-O2 -fstack-protector-all", PLAIN, {"stackProtector": "yes"}),
    ("-O2 -fstack-protector-strong -s", COPY, {"stackProtector": "yes"}),
    ("-O0 -U_FORTIFY_SOURCE", COPY, {"fortify": "no", "fortified": 0, "unfortified": ["strcpy"]}),
    ("-O2 -D_FORTIFY_SOURCE=2", COPY, {"fortify": "yes", "fortified": 1, "unfortified": []}),
    ("-O2 -D_FORTIFY_SOURCE=2", PLAIN, {"fortify": "yes", "fortified": 0}),
    (HARD + " -static", COPY, {"stackProtector": "yes", "fortify": "unknown"}),
    (HARD + " -static -s -no-pie", COPY, {"stackProtector": "yes" if X86 else "unknown"}),
    (HARD + " -static-pie -fPIE -s", COPY, {"stackProtector": "yes" if X86 else "unknown"}),
    ("-nostdlib -static -no-pie -Wl,-e,main -fno-stack-protector", PLAIN,
     {"stackProtector": "no", "wx": 0}),
    ("-nostdlib -static -no-pie -Wl,-N,-e,main", PLAIN, {"wx": 1}),
    ("-Wl,-rpath,/opt/lib", PLAIN, {"rpath": None, "runpath": "/opt/lib"}),
    ("-Wl,--disable-new-dtags,-rpath,/opt/lib", PLAIN, {"rpath": "/opt/lib", "runpath": None}),
    ("-Wl,-z,notext -pie", TEXTREL, {"textrel": True}),
    ("-pie -fPIE", PLAIN, {"textrel": False, "rpath": None, "runpath": None, "wx": 0}),
]
BUILDS_X86 = [
    ("-fcf-protection=none -nostdlib -Wl,-e,main", PLAIN, {"ibt": False, "shstk": False}),
    ("-fcf-protection=full -nostdlib -Wl,-e,main", PLAIN, {"ibt": True, "shstk": True}),
    ("-fcf-protection=branch -nostdlib -Wl,-e,main", PLAIN, {"ibt": True, "shstk": False}),
    ("-fcf-protection=return -nostdlib -Wl,-e,main", PLAIN, {"ibt": False, "shstk": True}),
    ("-fcf-protection=full -nostdlib -static -Wl,-e,main", PLAIN, {"ibt": True, "shstk": True}),
    ("-fcf-protection=none -Wl,-z,ibt,-z,shstk", PLAIN, {"ibt": True, "shstk": True}),
    ("-fcf-protection=none -Wl,-z,ibtplt", PLAIN, {"ibt": False, "shstk": False}),
    ("-fcf-protection=none -Wl,-z,shstk", PLAIN, {"ibt": False, "shstk": True}),
    ("-m32 -nostdlib -static -fcf-protection=full -Wl,-e,main", PLAIN, {"ibt": True, "pie": "no"}),
    ("-m32 -nostdlib -pie -fPIE -Wl,-e,main", PLAIN, {"pie": "pie", "textrel": False}),
    ("-m32 -nostdlib -pie -Wl,-e,main,-z,notext", TEXTREL_32, {"textrel": True}),
    ("-m32 -nostdlib -Wl,-e,main -z execstack", PLAIN, {"nx": False}),
    ("-m32 -nostdlib -static -Wl,-e,main -fstack-protector-all",
     "void __stack_chk_fail(void) {}\nvoid __stack_chk_fail_local(void) {}\n" + PLAIN,
     {"stackProtector": "yes"}),
    ("-m32 -nostdlib -static -Wl,-e,main -fno-stack-protector", PLAIN, {"stackProtector": "no"}),
]


def build(flags, source, folder):
    language = "assembler" if source in (TEXTREL, TEXTREL_32) else "c"
    path = os.path.join(folder, hashlib.sha256((flags + source).encode()).hexdigest()[:16])
    done = subprocess.run(["gcc", *flags.split(), "-o", path, "-x", language, "-"], input=source,
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"oracle_hardening.py: gcc {flags}: {done.stderr}")
    return path


def judge_builds(tally, gate, cache, names):
    folder = tempfile.mkdtemp(prefix="initgate-hardening.")
    try:
        for flags, source, wanted in BUILDS + (BUILDS_X86 if X86 else []):
            path = build(flags, source, folder)
            outcome = tap.run([gate, "inspect", "--format", "json", path])
            facts = json.loads(outcome.out)["hardening"]
            wrong = [f"{key} is {facts[key]!r}, built for {value!r}"
                     for key, value in wanted.items() if facts[key] != value]
            _, bad, reasons = judge_file((path, gate, cache, names))
            tally.add(f"gcc {flags}", "\n".join(wrong + bad) or None)
            yield reasons
    finally:
        shutil.rmtree(folder)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("initgate")
    options = parser.parse_args()
    for tool in ("checksec", "readelf", "objdump", "gcc"):
        if shutil.which(tool) is None:
            sys.exit(f"oracle_hardening.py: no {tool} (docker/deps.sh test)")
    with images._alone():  # two runs at once make one root
        root = str(images.debian_root())
    cache = str(images.CACHE / "checksec")
    os.makedirs(cache, exist_ok=True)
    gate, names, tally = os.path.abspath(options.initgate), checked_names(), tap.Tally()
    jobs = [(path, gate, cache, names) for path in elf_files(root)]
    seen, agree = collections.Counter(), 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, bad, reasons in pool.map(judge_file, jobs):
            agree += not bad
            seen.update(set(reasons))
            if bad:
                tally.add(path, "\n".join(bad))
    tally.add(f"{len(jobs)} programs and libraries", None if len(jobs) > 100 else "too few")
    before = tally.passed
    for reasons in judge_builds(tally, gate, cache, names):
        seen.update(set(reasons))
    builds = BUILDS + (BUILDS_X86 if X86 else [])
    for reason, count in sorted(seen.items()):
        print(f"# checksec differs in {count}: {reason[0]}: {REASONS[reason]}")
    print(f"{agree + tally.passed - before} of {len(jobs) + len(builds)} agree")
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
