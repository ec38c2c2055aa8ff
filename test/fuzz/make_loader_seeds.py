#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_dynamic, fuzz_ldcache and fuzz_resolve: small libraries that gcc links,
caches of ldconfig in each format, and roots of both. usage: make_loader_seeds.py [CORPUS]"""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SMALL = ["-shared", "-fPIC", "-nostdlib", "-s", "-Wl,-z,noseparate-code,-z,norelro,--build-id=none",
         "-Wl,--no-as-needed", "-Wl,--allow-shlib-undefined"]
SOURCE = "extern int needed(void); int defined(void) { return needed(); }\n"
VERSIONS = "V_1 { global: defined; local: *; }; V_2 { global: other; } V_1;\n"
PATHS = ["prog", "lib/liba.so", "lib/libb.so", "usr/lib/liba.so", "opt/libc1.so", "opt/libd.so",
         "etc/ld.so.cache", "etc/ld.so.preload", "etc/ld-musl-x86_64.path",
         "lib64/ld-linux-x86-64.so.2", "lib/ld-musl-x86_64.so.1"]


def link(folder, name, *flags, source=SOURCE):
    path = os.path.join(folder, name)
    subprocess.run(["gcc", "-x", "c", "-", "-x", "none", "-o", path, *SMALL,
                    f"-Wl,-soname,{name}", *flags], input=source.encode(), check=True)
    with open(path, "rb") as file:
        return file.read()


def libraries(folder):
    script = os.path.join(folder, "versions")
    with open(script, "w", encoding="ascii") as file:
        file.write(VERSIONS)
    versioned = f"-Wl,--version-script={script}"
    libb = link(folder, "libb.so", versioned, "-Wl,--hash-style=gnu")
    with_versions = link(folder, "libneeds.so", os.path.join(folder, "libb.so"),
                         "-Wl,--hash-style=both", "-Wl,-rpath,$ORIGIN/../opt:/lib:",
                         source="extern int defined(void); int it(void) { return defined(); }\n")
    old = link(folder, "libold.so", "-Wl,--hash-style=sysv", "-Wl,--disable-new-dtags,-rpath,/opt",
               "-Wl,-z,now", "-Wl,-z,nodefaultlib")
    narrow = link(folder, "libm32.so", "-m32", "-Wl,--hash-style=both") if multilib() else b""
    return {"libb": libb, "versions": with_versions, "old": old, "narrow": narrow}


def multilib():
    return subprocess.run(["gcc", "-m32", "-x", "c", "-c", "-", "-o", "/dev/null"], input=b"int a;",
                          stderr=subprocess.DEVNULL, check=False).returncode == 0


def cache(folder, form):
    root = os.path.join(folder, "cache-" + form)
    for name in ("etc", "opt/glibc-hwcaps/x86-64-v3", "opt/glibc-hwcaps/x86-64-v2"):
        os.makedirs(os.path.join(root, name))
    for name in ("opt", "opt/glibc-hwcaps/x86-64-v3", "opt/glibc-hwcaps/x86-64-v2"):
        for library in ("libb.so", "libold.so"):
            os.link(os.path.join(folder, library), os.path.join(root, name, library))
    subprocess.run(["/sbin/ldconfig", "-r", root, "-c", form, "-f", "/dev/null", "/opt"], check=True,
                   stderr=subprocess.DEVNULL)
    with open(os.path.join(root, "etc/ld.so.cache"), "rb") as file:
        return file.read()


def root_of(flags, files):
    out = bytes([flags])
    for path, data in files.items():
        out += bytes([PATHS.index(path), len(data) & 255, len(data) >> 8]) + data
    return out


def write(corpus, target, name, data):
    os.makedirs(os.path.join(corpus, target), exist_ok=True)
    with open(os.path.join(corpus, target, name), "wb") as file:
        file.write(data)


def main():
    corpus = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "corpus")
    with tempfile.TemporaryDirectory() as folder:
        made = libraries(folder)
        for name, data in made.items():
            if data:
                write(corpus, "fuzz_dynamic", name, data)
        caches = {form: cache(folder, form) for form in ("new", "old", "compat")}
        for form, data in caches.items():
            write(corpus, "fuzz_ldcache", form, data)
        prog, libb = made["versions"], made["libb"]
        for name, flags, files in (
                ("found", 0x30, {"prog": prog, "lib/libb.so": libb}),
                ("cache", 0x70, {"prog": prog, "etc/ld.so.cache": caches["new"], "opt/libd.so": libb}),
                ("preload", 0x07, {"prog": prog, "opt/libd.so": made["old"], "lib/libb.so": libb,
                                   "etc/ld.so.preload": b"/opt/libd.so # it\n:libc1.so"}),
                ("musl", 0x0b, {"prog": prog, "lib/libb.so": libb,
                                "etc/ld-musl-x86_64.path": b"/opt\n/lib"}),
                ("missing", 0x00, {"prog": prog})):
            write(corpus, "fuzz_resolve", name, root_of(flags, files))


if __name__ == "__main__":
    main()
