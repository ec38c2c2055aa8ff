#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Oracle for lib/elf/search_musl.c: what `ld-musl-x86_64.so.1 --list` finds.

usage: oracle_musl.py RESOLVE

RESOLVE is the program of test/tools/resolve.c (given the gate, the dev build's is taken). A root is
made of Debian's musl, programs and libraries that musl-gcc builds, musl-linked packages of npm as
npm lays them out, and glibc's libstdc++ and libgcc_s, which such images get by mistake. Every dynamic
file of it is asked for in a chroot: as it is, with LD_LIBRARY_PATH, with LD_PRELOAD, with
/etc/ld-musl-x86_64.path. Needs root. Rules one by one: loader_rules.py.
"""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import ldso  # noqa: E402
import roots  # noqa: E402
from loader_rules import MUSL_FILE  # noqa: E402
from oracle_ldso import dynamic_files  # noqa: E402
from tap import Tally  # noqa: E402

NPM = {"@img/sharp-linuxmusl-x64": "0.34.3", "@img/sharp-libvips-linuxmusl-x64": "1.2.0",
       "lightningcss-linux-x64-musl": "1.30.1", "sass-embedded-linux-musl-x64": "1.89.2"}
GLIBC_LIBRARIES = ("libstdc++.so.6", "libgcc_s.so.1")
# name: (needed, linker options); found below /opt/lib but for those that start with a slash
BUILT = {
    "/opt/lib/libone.so": ([], []),
    "/opt/lib/libtwo.so": (["/opt/lib/libone.so"], []),
    "/opt/plugins/libthree.so": (["/opt/lib/libtwo.so"], ["-Wl,-rpath,$ORIGIN/../lib"]),
    "/usr/local/lib/libfour.so": (["/opt/plugins/libthree.so"], []),
    "/app/plain": ([], []),
    "/app/rpath": (["/opt/plugins/libthree.so"],
                   ["-Wl,--disable-new-dtags,-rpath,${ORIGIN}/../opt/plugins"]),
    "/app/runpath": (["/usr/local/lib/libfour.so"], ["-Wl,-rpath,/opt/plugins"]),
    "/app/without": (["/opt/lib/libtwo.so"], []),
}
PATH_FILE = "etc/ld-musl-x86_64.path"
SETTINGS = {
    "as it is": ({}, None),
    "LD_LIBRARY_PATH": ({"LD_LIBRARY_PATH": "/nowhere:/opt/lib\n/opt/plugins::/opt/glibc"}, None),
    "LD_PRELOAD": ({"LD_PRELOAD": "/opt/lib/libone.so libtwo.so\tlibfour.so"}, None),
    "path file": ({}, "/opt/plugins\n/opt/lib:/usr/local/lib:/opt/glibc\n"),
    "empty path file": ({}, ""),
}


def npm_packages():
    """A node_modules folder, fetched once."""
    folder = roots.CACHE / "musl-npm"
    with roots.lock("musl-npm"):
        if folder.exists():
            return folder
        roots.say(f"# fetching {', '.join(NPM)} from npm, once")
        with tempfile.TemporaryDirectory(dir=roots.CACHE) as scratch:
            for name, version in NPM.items():
                done = subprocess.run(["npm", "pack", "--silent", f"{name}@{version}"], cwd=scratch,
                                      check=True, stdout=subprocess.PIPE, text=True)
                into = os.path.join(scratch, "node_modules", name)
                os.makedirs(into)
                subprocess.run(["tar", "-xzf", done.stdout.split()[-1], "--strip-components=1",
                                "--no-same-owner", "-C", into], cwd=scratch, check=True)
            os.rename(os.path.join(scratch, "node_modules"), folder)
    return folder


def build(root):
    for folder in ("lib", "etc", "opt/glibc", "app", "opt/lib", "opt/plugins", "usr/local/lib"):
        os.makedirs(os.path.join(root, folder))
    shutil.copy(MUSL_FILE, root + ldso.MUSL)
    shutil.copytree(npm_packages(), os.path.join(root, "app/node_modules"), symlinks=True)
    for name in GLIBC_LIBRARIES:
        shutil.copy(roots.debian("bookworm") / "usr/lib/x86_64-linux-gnu" / name,
                    os.path.join(root, "opt/glibc", name))
    for path, (needed, options) in BUILT.items():
        library = path.endswith(".so")
        source = "int it;\n" if library else "int main(void) { return 0; }\n"
        kind = ["-shared", "-fPIC", f"-Wl,-soname,{os.path.basename(path)}"] if library else []
        subprocess.run(["musl-gcc", "-x", "c", "-", "-x", "none", "-o", root + path, *kind,
                        "-Wl,--no-as-needed", "-Wl,--allow-shlib-undefined",
                        *(root + n for n in needed), *options, f"-Wl,-rpath-link,{root}/opt/lib",
                        f"-Wl,-rpath-link,{root}/opt/plugins"],
                       input=source.encode(), check=True)


def ask(root, path, env):
    done = subprocess.run([ldso.MUSL, "--list", path], env=env, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False, cwd=root,
                          preexec_fn=lambda: os.chroot("."))
    return ldso.parse_musl(done, "/")


def compare(tally, resolve, root, name):
    env, path_file = SETTINGS[name]
    if path_file is not None:
        with open(os.path.join(root, PATH_FILE), "w", encoding="utf-8") as file:
            file.write(path_file)
    options = ["--cwd", "/", "--loader", ldso.MUSL]
    for variable, option in (("LD_LIBRARY_PATH", "--library-path"), ("LD_PRELOAD", "--preload")):
        if variable in env:
            options += [option, env[variable]]
    paths = [p for p in dynamic_files(root) if p != ldso.MUSL]
    different = []
    for path, mine in zip(paths, ldso.predict(resolve, root, paths, *options)):
        why = ldso.difference(mine, ask(root, path, env), order=False)
        if why is not None:
            different.append(f"{path}: {why}")
    print(f"# {name}: {len(paths) - len(different)} of {len(paths)} agree")
    tally.add(name, "\n".join(different) if different or len(paths) < len(BUILT) else None)


def main():
    if len(sys.argv) != 2 or os.geteuid() != 0:
        print(__doc__, file=sys.stderr)
        return 2
    tally, resolve = Tally(), ldso.resolver(sys.argv[1])
    with tempfile.TemporaryDirectory() as root:
        build(root)
        for name in SETTINGS:
            compare(tally, resolve, root, name)
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
