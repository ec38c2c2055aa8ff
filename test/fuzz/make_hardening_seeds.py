#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_hardening (small real programs, by gcc on x86-64) and of fuzz_env.

usage: make_hardening_seeds.py
"""
import os
import struct
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SMALL = ("-x c - -x none -O1 -nostdlib -fno-builtin -fcf-protection=none -fno-asynchronous-unwind-tables -Wl,-e,start,--build-id=none,"
         "-z,noseparate-code,-z,max-page-size=64,--hash-style=gnu")
PLAIN = "void start(void) {}\n"
CALLS = """void *memcpy(void *, const void *, unsigned long);
void *__memcpy_chk(void *, const void *, unsigned long, unsigned long);
void __stack_chk_fail(void);
void start(void *a, void *b) { memcpy(a, b, 9); __memcpy_chk(a, b, 9, 9); __stack_chk_fail(); }
"""
STUB = """void memcpy(void) {}
void __memcpy_chk(void) {}
void __stack_chk_fail(void) {}
"""
GUARD = """void use(char *);
void __stack_chk_fail(void) {}
void __attribute__((visibility("hidden"))) __stack_chk_fail_local(void) {}
void start(void) { char text[64]; use(text); }
void use(char *p) { *p = 1; }
"""
DYNAMIC = "-fPIC -pie -s -Wl,--dynamic-linker=/lib/ld.so -L. -l:libc.so.6"
PROGRAMS = {
    "static": ("-static -no-pie -s -fno-stack-protector", PLAIN),
    "guard": ("-static -no-pie -s -fstack-protector-all", GUARD),
    "symbols": ("-static -no-pie", "void __stack_chk_fail(void) {}\n" + PLAIN),
    "writable-code": ("-static -no-pie -s -Wl,-N", PLAIN),
    "static-pie": ("-static-pie -fPIE -s -Wl,--no-dynamic-linker", PLAIN),
    "calls": (DYNAMIC + " -Wl,-z,now", CALLS),
    "runpath": (DYNAMIC + " -Wl,-z,lazy,-rpath,$ORIGIN/../lib:lib:", CALLS),
    "rpath": (DYNAMIC + " -Wl,-z,norelro,--disable-new-dtags,-rpath,/opt/lib", PLAIN),
    "library": ("-fPIC -shared -s -z execstack -Wl,-soname,libx.so.1", CALLS),
    "i386": ("-m32 -static -no-pie -s -fstack-protector-all", GUARD),
    "cet": ("-static -no-pie -s -fcf-protection=full -Wl,-z,shstk", PLAIN),
}
ENV = ["python3", "python3 -u", "A=b", "-i", "-", "-S A=b PATH=/x:${PATH} python3 -u",
       "-vS 'a b' \"c\\_d\" \\c", "-iS${AB}-x", "-S -u PATH --unset=HOME -- sh # end",
       "--split-string=sh -c \"x\"", "-S -S 'sh -x'", "-S \"${X}\"", "-S $x", "-0", "-C / sh",
       "-S a\\_b\\n\\t\\#\\$\\'", "-S 'open", "-S \\"]


def write(target, name, data):
    folder = os.path.join(HERE, "corpus", target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as f:
        f.write(data)


def main():
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(["gcc", *SMALL.split(), "-shared", "-fPIC", "-o", "libc.so.6"], input=STUB,
                       text=True, check=True, cwd=scratch)
        for name, (flags, source) in PROGRAMS.items():
            path = os.path.join(scratch, name)
            subprocess.run(["gcc", *SMALL.split(), *flags.split(), "-o", path], input=source,
                           text=True, check=True, cwd=scratch)
            with open(path, "rb") as f:
                data = f.read()
            write("fuzz_hardening", name, data)
            if name in ("cet", "symbols"):
                # The same as for AArch64, whose property has another number.
                other = bytearray(data.replace(struct.pack("<I", 0xc0000002),
                                               struct.pack("<I", 0xc0000000)))
                other[18:20] = struct.pack("<H", 183)
                write("fuzz_hardening", name + "-aarch64", bytes(other))
    for name, text in (("path-empty", b":/lib"), ("path-origin", b"${ORIGIN}/lib:$ORIGINAL")):
        write("fuzz_hardening", name, text)
    for index, text in enumerate(ENV):
        write("fuzz_env", f"{index:02}", text.encode())


if __name__ == "__main__":
    main()
