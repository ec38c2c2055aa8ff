#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Go programs: what `initgate inspect` tells of them against what Go itself tells.

Usage: oracle_go.py BINARY

1. Build info: `go version -m` of the newest Go, word by word, for Go programs of Debian and npm,
   for those installed here, for ones built by each Go release for several machines (both byte
   orders, 32 and 64 bits), stripped or not, position-independent or not, with and without cgo and
   commit; and for programs of other languages, of which neither may say anything.
2. Embedded files: those of the built programs against what the program prints from its embed.FS,
   and of those for other machines against the sources.
3. `verify` of a built program over a folder with and without a file that differs.

What is fetched and compiled stays below ${XDG_CACHE_HOME:-$HOME/.cache}/initgate/go. The last lines
are "N of N agree" and "N passed, N failed".
"""
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import go_inputs  # noqa: E402
import tap  # noqa: E402

MACHINES = {"1.15": ["amd64", "mips"], "1.19": ["amd64", "386", "ppc64"],
            "1.24": ["amd64", "arm64", "s390x"], "1.26": ["amd64", "386", "mips"]}
NATIVE = {"amd64", "386"} if os.uname().machine == "x86_64" else set()
FILES = {"single.txt": b"single\n", "static/a.txt": b"hello\n", "static/empty": b"",
         "static/nested/big.bin": bytes(range(256)) * 12, "static/nested/deep/1k": b"k" * 1024,
         "static/nested/deep/d": b"d", "static/with blank/\u00e9.txt": b"utf-8"}
VALUE_SPECIAL = " \t\r\n\"`"
KEY_SPECIAL = "=" + VALUE_SPECIAL
MODULE = "module example.com/embedder\n\ngo 1.13\n\nrequire example.com/dep v0.1.0\n\n" \
         "replace example.com/dep => ./dep\n"
PLAIN = 'package main\n\nimport "example.com/dep"\n\nfunc main() { println(dep.Name) }\n'
EMBEDDER = """package main

import (
	"embed"
	"io/fs"

	"example.com/dep"
)

//go:embed static
var tree embed.FS

//go:embed single.txt static/a.txt "static/with blank"
var some embed.FS

//go:embed single.txt
var text string

func list(f embed.FS) {
	fs.WalkDir(f, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := f.ReadFile(path)
		print(len(path), " ", path, " ", len(data), " ")
		for _, b := range data {
			print(b, ",")
		}
		print("\\n")
		return err
	})
}

func main() {
	list(tree)
	list(some)
	if len(text) == 0 || dep.Name == "" {
		panic("nothing embedded")
	}
}
"""
CGO = "package main\n\n// int one(void) { return 1; }\nimport \"C\"\n\nvar One = C.one()\n"


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())


def make_sources(folder, embeds):
    write(f"{folder}/go.mod", MODULE.replace("1.13", "1.16" if embeds else "1.13"))
    write(f"{folder}/main.go", EMBEDDER if embeds else PLAIN)
    write(f"{folder}/dep/go.mod", "module example.com/dep\n")
    write(f"{folder}/dep/dep.go", 'package dep\n\nvar Name = "dep"\n')
    for name, data in FILES.items():
        write(f"{folder}/{name}", data)


def make_checkout(folder, modified):
    make_sources(folder, True)
    git = ["git", "-C", folder, "-c", "user.name=test", "-c", "user.email=test@example.com"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        subprocess.run(git + command, check=True)
    if modified:
        write(f"{folder}/static/a.txt", b"changed\n")


class Build:
    """One program to be built."""

    def __init__(self, release, machine, name, *flags, cgo=False, source=None):
        self.release, self.machine, self.cgo, self.flags = release, machine, cgo, list(flags)
        self.source = source or ("plain" if release == "1.15" else "cgo" if cgo else "embedder")
        self.name = f"go{release}-{machine}-{name}"

    def run(self, goroot, work):
        env = {"PATH": os.environ["PATH"], "HOME": work, "GOROOT": goroot, "GOTOOLCHAIN": "local",
               "GOCACHE": os.path.join(go_inputs.CACHE, "build"), "GOPATH": f"{work}/gopath",
               "GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOOS": "linux", "GOARCH": self.machine,
               "GO111MODULE": "on", "CGO_ENABLED": str(int(self.cgo)), "GOMIPS": "softfloat"}
        out = os.path.join(work, self.name)
        done = subprocess.run([f"{goroot}/bin/go", "build", *self.flags, "-o", out, "."], env=env,
                              cwd=f"{work}/{self.source}", stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0:
            raise SystemExit(f"oracle_go.py: cannot build {self.name}: {done.stdout}")
        return out


def builds(releases):
    for release in releases:
        for machine in MACHINES[release]:
            yield Build(release, machine, "plain")
            yield Build(release, machine, "stripped", "-ldflags=-s -w")
        if not NATIVE:
            continue
        yield Build(release, "amd64", "pie", "-buildmode=pie", "-ldflags=-s -w")
        yield Build(release, "amd64", "cgo", cgo=True)
        if release != "1.15":
            yield Build(release, "amd64", "pie-external", "-buildmode=pie",
                        "-ldflags=-linkmode=external", cgo=True)
            yield Build(release, "amd64", "clean", source="clean")
    # Compiles the library anew, so one has to do.
    yield Build("1.19", "amd64", "trimpath", "-trimpath")
    yield Build("1.26", "amd64", "modified", "-ldflags=-X 'main.a=b \\\"c\\\"'", source="modified")


def quote(text, special):
    """As strconv.Quote() where TEXT needs it: none of these programs has more than blanks and
    quotes in it."""
    return json.dumps(text, ensure_ascii=False) if any(c in text for c in special) else text


def module_line(word, module):
    line = f"{word}\t{module['path']}\t{module['version']}"
    if "replace" not in module:
        return f"{line}\t{module['sum']}\n"
    return f"{line}\n" + module_line("=>", module["replace"])


def as_go_prints(go):
    """Go's BuildInfo.String(), behind the version's line."""
    out = go["version"] + "\n"
    if go["package"]:
        out += f"path\t{go['package']}\n"
    if go["module"]:
        out += module_line("mod", go["module"])
    for dep in go["dependencies"]:
        out += module_line("dep", dep)
    for s in go["settings"]:
        out += f"build\t{quote(s['key'], KEY_SPECIAL)}={quote(s['value'], VALUE_SPECIAL)}\n"
    return out


class Oracle:
    def __init__(self, binary, go):
        self.binary, self.go = binary, go
        self.tally = tap.Tally()
        self.agree = self.compared = 0

    def report(self, name, why):
        self.compared += 1
        self.agree += why is None
        self.tally.add(name, why)

    def inspect(self, path):
        outcome = tap.run([self.binary, "inspect", "--format", "json", path])
        if outcome.code != 0 or outcome.defect():
            raise ValueError(f"inspect: {outcome}")
        return json.loads(outcome.out)

    def theirs(self, path):
        """What Go prints, or None where it finds no build info."""
        done = subprocess.run([self.go, "version", "-m", path], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            return None
        # Behind a replaced module it prints an empty line.
        return re.sub(r"\n+", "\n", re.sub(r"^\t", "", done.stdout.removeprefix(f"{path}: "),
                                          flags=re.M))

    def build_info(self, path):
        """Why they disagree, or None."""
        try:
            go = self.inspect(path)["go"]
        except ValueError as fault:
            return str(fault)
        ours = None if go is None else f"malformed: {go['fault']}" if "fault" in go \
            else as_go_prints(go)
        theirs = self.theirs(path)
        return None if ours == theirs else f"initgate:\n{ours}\ngo version -m:\n{theirs}"

    def embeds(self, path, expected):
        try:
            found = self.inspect(path)["goEmbeds"]
        except ValueError as fault:
            return str(fault)
        with open(path, "rb") as f:
            data = f.read()
        if found is None:
            return "cannot be told"
        ours = sorted((e["name"], data[e["offset"]:e["offset"] + e["size"]]) for e in found)
        if ours == sorted(expected):
            return None
        return f"{[(n, len(d)) for n, d in ours]}\n" \
               f"expected {[(n, len(d)) for n, d in sorted(expected)]}"


def from_sources(modified):
    files = dict(FILES, **({"static/a.txt": b"changed\n"} if modified else {}))
    tree = [(n, d) for n, d in files.items() if n.startswith("static/")]
    some = [(n, d) for n, d in files.items()
            if n in ("single.txt", "static/a.txt") or n.startswith("static/with blank/")]
    return tree + some


def from_program(path):
    """What it prints: "LENGTH NAME SIZE BYTE,BYTE,..." a file; LENGTH is in bytes."""
    out = subprocess.run([path], check=True, stderr=subprocess.PIPE).stderr
    found = []
    for line in out.splitlines():
        length, rest = line.split(b" ", 1)
        name, rest = rest[:int(length)], rest[int(length) + 1:]
        size, content = rest.split(b" ", 1)
        data = bytes(int(b) for b in content.split(b",")[:-1])
        assert len(data) == int(size)
        found.append((name.decode(), data))
    return found


def check_embeds(oracle, build, path):
    if build.source == "plain":
        oracle.report(f"embeds {build.name}: none", oracle.embeds(path, []))
        return
    expected = from_sources(build.source == "modified")
    if build.machine in NATIVE:
        printed = from_program(path)
        if sorted(printed) != sorted(expected):
            raise SystemExit(f"oracle_go.py: {build.name} prints {printed}")
        expected = printed
    oracle.report(f"embeds {build.name}: {len(expected)} files", oracle.embeds(path, expected))


def check_verify(oracle, path, work):
    """The check itself, over the sources as if they were the volume."""
    policy = {"apiVersion": "initgate.dev/v1", "kind": "Policy",
              "binaries": [{"path": path, "embeds": {"dirs": [f"{work}/embedder"]},
                            "go": {"minVersion": "1.19", "module": "example.com/embedder"}}]}
    for name, content, wanted in (("equal", FILES["single.txt"], 0), ("different", b"other\n", 1)):
        write(f"{work}/embedder/single.txt", content)
        outcome = tap.run([oracle.binary, "verify", "--policy", "-", "--format", "json"],
                          input=json.dumps(policy).encode())
        failed = [r["check"] for r in json.loads(outcome.out)["results"] if r["status"] == "fail"]
        good = outcome.code == wanted and failed == ["binary.embeds"] * wanted
        oracle.report(f"verify over {name} files", None if good else str(outcome))


def check_renamed(oracle, path):
    """Without its section the build info is found where somebody asks for it, as Go finds it."""
    subprocess.run(["objcopy", "--rename-section", ".go.buildinfo=.other", path, f"{path}.renamed"],
                   check=True)
    renamed = f"{path}.renamed"
    oracle.report("build info, section renamed", oracle.build_info(renamed))
    for go, wanted in (({"module": "example.com/embedder"}, "pass"), ({"module": "other"}, "fail"),
                       ({}, "skip")):
        policy = {"apiVersion": "initgate.dev/v1", "kind": "Policy",
                  "binaries": [{"path": renamed, "go": go}]}
        outcome = tap.run([oracle.binary, "verify", "--policy", "-", "--format", "json"],
                          input=json.dumps(policy).encode())
        found = [r["status"] for r in json.loads(outcome.out)["results"] if r["check"] == "binary.go"]
        oracle.report(f"verify, section renamed, {go}", None if found == [wanted] else str(outcome))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    os.makedirs(go_inputs.CACHE, exist_ok=True)
    with tempfile.TemporaryDirectory() as work, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        apt = go_inputs.Apt(os.path.join(work, "apt"))
        roots = go_inputs.toolchains(apt)
        real = list(go_inputs.programs(apt))
        go = f"{roots['1.26']}/bin/go"
        oracle = Oracle(os.path.abspath(sys.argv[1]), go)
        make_sources(f"{work}/plain", False)
        make_sources(f"{work}/embedder", True)
        make_sources(f"{work}/cgo", True)
        write(f"{work}/cgo/cgo.go", CGO)
        make_checkout(f"{work}/clean", False)
        make_checkout(f"{work}/modified", True)
        wanted = list(builds(roots))
        built = list(zip(wanted, pool.map(lambda b: b.run(roots[b.release], work), wanted)))
        here, others = go_inputs.installed(go)
        paths = real + here + others + [path for _, path in built]
        for path, why in zip(paths, pool.map(oracle.build_info, paths)):
            oracle.report("build info " + path.replace(work, "").replace(go_inputs.CACHE, ""), why)
        for build, path in built:
            check_embeds(oracle, build, path)
        stripped = next(p for b, p in built if b.name == "go1.24-amd64-stripped")
        check_verify(oracle, stripped, work)
        check_renamed(oracle, stripped)
    print(f"{oracle.agree} of {oracle.compared} agree")
    return oracle.tally.finish()


if __name__ == "__main__":
    sys.exit(main())
