#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Oracle for volume.access: the kernel.

usage: oracle_volume_access.py [--seed N] [--trees N] INITGATE

Over made-up volumes (owners, modes, ACLs, sticky and set-group-id folders, symlinks, FIFOs and
sockets; of their own file system or a folder of another; ro, noexec and idmapped mounts) and users:

1. what INITGATE names, one by one, is what a process that really is that user is refused: it opens
   each file and folder, creates and removes a file in each writable folder, executes each file;
2. the verdict is whether that user can do by path all that the policy asks;
3. what INITGATE says to do is done (chmod, chown, the further group, fsGroup as the kubelet's
   SetVolumeOwnership does it, defaultMode), and then 1 and 2 hold again, and it passes.

Needs root. The last line is "N of N agree"; exit status 1 where not all do.
"""
import argparse
import collections
import ctypes
import errno
import json
import os
import random
import re
import shutil
import socket
import stat
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import user  # noqa: E402

ROOT = "/srv"
KINDS = {"readable": "unreadable", "writable": "unwritable", "executable": "unexecutable",
         "search": "unsearchable"}
CAPS_DEFAULT = 0xa80425fb
CAP_DAC_READ_SEARCH = 1 << 2
USERS = [  # uid, gid, groups, capabilities
    (1001, 1001, [], CAPS_DEFAULT), (1001, 1001, [2000], 0), (1001, 0, [], CAPS_DEFAULT),
    (1002, 3000, [2000, 3001], CAPS_DEFAULT), (65532, 65532, [], CAPS_DEFAULT), (0, 0, [], 0),
    (0, 0, [], CAPS_DEFAULT), (0, 0, [], CAP_DAC_READ_SEARCH), (0, 1001, [2000], 0),
]
IDS_MAPPED = 2000  # by an idmapped mount
NAMES = {0: "CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE NET_RAW "
            "SYS_CHROOT MKNOD AUDIT_WRITE SETFCAP".split()}
CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000
MS_RDONLY, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 8, 32, 4096, 0x4000, 0x40000
SYS_OPEN_TREE, SYS_MOVE_MOUNT, SYS_MOUNT_SETATTR = 428, 429, 442
libc = ctypes.CDLL(None, use_errno=True)


def mount(source, target, kind, flags, data=None):
    user.checked(libc.mount(source.encode(), target.encode(), kind.encode() if kind else None,
                            flags, data.encode() if data else None), f"mount {target}")


def capability_names(capabilities):
    return {CAPS_DEFAULT: NAMES[0], 0: [], CAP_DAC_READ_SEARCH: ["DAC_READ_SEARCH"]}[capabilities]


class Volume:
    """What is made: the tree is written at SOURCE and mounted at PATH."""

    def __init__(self, rng, directory):
        self.rng, self.directory = rng, directory
        self.source = self.path = None
        self.options = set()
        self.atomic = False

    def make(self):
        rng = self.rng
        way = os.path.join(self.directory, "way")
        self.path = os.path.join(way, "volume")
        os.makedirs(self.path)
        if rng.random() < 0.1:
            os.chmod(way, rng.choice((0o700, 0o710, 0o750, 0o711)))
        self.source = os.path.join(self.directory, "source")
        if rng.random() < 0.5:
            os.mkdir(self.source)
        else:
            self.source = self.path
            mount("volume", self.path, "tmpfs", 0, "mode=0755")
        self.fill()
        if self.source != self.path:
            mount(self.source, self.path, None, MS_BIND)
        elif rng.random() < 0.25:
            # The kubelet, and who fills the volume, see it as it is.
            self.source = os.path.join(self.directory, "source")
            os.mkdir(self.source)
            mount(self.path, self.source, None, MS_BIND)
            self.idmap()
        flags = 0
        for name, flag in (("ro", MS_RDONLY), ("noexec", MS_NOEXEC)):
            if rng.random() < 0.06:
                self.options.add(name)
                flags |= flag
        if flags:
            mount("none", self.path, None, MS_REMOUNT | MS_BIND | flags)

    def idmap(self):
        """Ids below IDS_MAPPED as they are; all others have none, and read as 65534."""
        fd = idmapped_namespace()
        tree = libc.syscall(SYS_OPEN_TREE, -100, self.path.encode(), 1)
        attributes = struct.pack("QQQQ", 0x100000, 0, 0, fd)
        if tree < 0 or libc.syscall(SYS_MOUNT_SETATTR, tree, b"", 0x1000, attributes, 32) != 0 or \
                libc.syscall(SYS_MOVE_MOUNT, tree, b"", -100, self.path.encode(), 4) != 0:
            raise OSError(ctypes.get_errno(), "idmapped mount")
        os.close(tree)
        os.close(fd)
        self.options.add("idmapped")

    def fill(self):
        rng = self.rng
        self.theme = rng.choice(("mine", "root", "group", "shared", "wild"))
        self.wild = rng.choice((0, 0, 0.05, 0.3))
        folders, files = [""], []
        for i in range(rng.randrange(6)):
            folder = os.path.join(rng.choice(folders), f"d{i}")
            os.mkdir(self.at(folder))
            folders.append(folder)
        for i in range(rng.randrange(1, 10)):
            name = os.path.join(rng.choice(folders), f"f{i}")
            self.make_file(name, rng.random())
            files.append(name)
        if rng.random() < 0.2:
            self.atomic = True
            os.mkdir(self.at("..2026"))
            self.make_file("..2026/key", 1)
            os.symlink("..2026", self.at("..data"))
            os.symlink("..data/key", self.at("key"))
            folders += ["..2026"]
            files += ["..2026/key", "key"]
        self.links = []
        for i in range(rng.randrange(4)):
            self.make_link(f"l{i}", folders, files)
        self.asked_of = [f for f in folders if f] + files + self.links + ["."]
        for name in sorted(folders + files, key=lambda n: -n.count("/")):
            if not os.path.islink(self.at(name)):
                self.own(self.at(name))

    def at(self, name):
        return os.path.join(self.source, name) if name else self.source

    def make_file(self, name, luck):
        if luck < 0.06:
            os.mkfifo(self.at(name))
        elif luck < 0.12:
            with socket.socket(socket.AF_UNIX) as s:
                s.bind(self.at(name))
        else:
            with open(self.at(name), "wb") as f:
                f.write(b"\n\n\n\n")

    def make_link(self, name, folders, files):
        rng = self.rng
        place = os.path.join(rng.choice(folders), name)
        target = rng.choice(folders + files + ["nowhere"])
        kind = rng.random()
        if kind < 0.2:
            target = os.path.join(self.path, target)
        elif kind < 0.3:
            target = "/etc/passwd"
        else:
            target = os.path.relpath("/" + target, os.path.dirname("/" + place))
        os.symlink(target, self.at(place))
        self.links.append(place)

    def own(self, path):
        rng = self.rng
        theme = rng.choice(("mine", "root", "group", "shared", "wild")) \
            if rng.random() < self.wild else self.theme
        folder = os.path.isdir(path)
        owner, mode = {
            "mine": ((1001, 1001), rng.choice((0o700, 0o755) if folder else (0o600, 0o644, 0o755))),
            "root": ((0, 0), rng.choice((0o755, 0o755, 0o700) if folder else
                                        (0o644, 0o644, 0o755, 0o600))),
            "group": ((0, 2000), rng.choice((0o2775, 0o770) if folder else (0o664, 0o660, 0o775))),
            "shared": ((0, 0), rng.choice((0o777, 0o1777) if folder else (0o666, 0o777))),
            "wild": ((rng.choice((0, 1001, 1002, 65532)), rng.choice((0, 1001, 2000, 3000))),
                     rng.randrange(0o10000 if folder else 0o1000)),
        }[theme]
        os.chown(path, *owner)
        os.chmod(path, mode)
        if rng.random() < (0.3 if theme == "wild" else 0.05):
            entries = [f"{rng.choice('ug')}:{rng.choice((0, 1001, 1002, 2000, 3000, 65532))}:"
                       f"{rng.choice(('---', 'r--', 'r-x', 'rw-', 'rwx', '--x'))}"
                       for _ in range(rng.randrange(1, 4))]
            if rng.random() < 0.3:
                entries.append("m::" + rng.choice(("---", "r--", "r-x", "rwx")))
            subprocess.run(["setfacl", "-m", ",".join(entries), path], check=True)

    def policy(self, who):
        rng = self.rng
        uid, gid, groups, capabilities = who
        volume = {"mountPath": self.path}
        for key in ("readable", "writable", "executable"):
            if rng.random() < 0.5:
                paths = {rng.choice(self.asked_of) for _ in range(rng.randrange(1, 3))}
                volume[key] = sorted(paths)
        if len(volume) == 1:
            volume["readable"] = ["."]
        return {"apiVersion": "initgate.dev/v1", "kind": "Policy",
                "runAs": {"uid": uid, "gid": gid, "groups": groups,
                          "capabilities": capability_names(capabilities)},
                "volumes": [volume]}


def idmapped_namespace():
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        libc.unshare(CLONE_NEWUSER)
        os.write(writer, b"x")
        libc.pause()
        os._exit(0)
    os.read(reader, 1)
    for name in ("uid_map", "gid_map"):
        with open(f"/proc/{child}/{name}", "w", encoding="ascii") as f:
            f.write(f"0 0 {IDS_MAPPED}")
    fd = os.open(f"/proc/{child}/ns/user", os.O_RDONLY)
    os.kill(child, 9)
    os.waitpid(child, 0)
    os.close(reader)
    os.close(writer)
    return fd


class Asked:
    """What a policy asks of a volume, by a plain reading of it: {(path, key)}."""

    def __init__(self, root, volume):
        self.root, self.asked, self.elsewhere, self.missing = root, set(), False, False
        for key in ("readable", "writable", "executable"):
            for path in volume.get(key, ()):
                self.add(path, key, True)
        strong = {path for path, key in self.asked if key == "writable"}
        self.asked -= {(path, "readable") for path in strong}
        whole = {path for path, key in self.asked if key != "search"}
        self.asked -= {(path, "search") for path in whole}

    def real(self, path):
        """Where PATH leads on the volume, and the folders that are passed; None where off it."""
        parts, here, passed, hops = path.split("/"), self.root, [], 0
        while parts:
            part = parts.pop(0)
            if part in ("", "."):
                continue
            passed.append(here)
            if part == "..":
                here = os.path.dirname(here)
                continue
            there = os.path.join(here, part)
            try:
                os.lstat(there)
            except (FileNotFoundError, NotADirectoryError):
                return None, passed, True
            if os.path.islink(there):
                hops += 1
                if hops > 40:
                    return None, passed, True
                target = os.readlink(there)
                parts = target.split("/") + parts
                here = "/" if target.startswith("/") else here
            elif parts and not os.path.isdir(there):
                return None, passed, True
            else:
                here = there
        return here, passed, False

    def relative(self, path):
        if path == self.root:
            return "."
        return path[len(self.root) + 1:] if path.startswith(self.root + "/") else None

    def add(self, path, key, named):
        here, passed, lost = self.real(path)
        name = self.relative(here) if here else None
        if named and name is None:
            self.missing |= lost
            self.elsewhere |= not lost
        if name is not None or named:
            self.asked |= {(self.relative(p), "search") for p in passed if self.relative(p)}
        if name is not None:
            self.add_tree(here, name, key)

    def add_tree(self, here, name, key):
        if (name, key) in self.asked:
            return
        self.asked.add((name, key))
        if os.path.isdir(here):
            for child in os.listdir(here):
                there = os.path.join(here, child)
                if os.path.islink(there):
                    self.add(self.relative(there), key, False)
                else:
                    self.add_tree(there, self.relative(there), key)


def attempt(function, *arguments):
    try:
        return function(*arguments) or 0
    except OSError as e:
        return e.errno


def open_and_close(path, flags):
    os.close(os.open(path, flags | os.O_NONBLOCK))


def create_and_remove(path):
    name = os.path.join(path, ".created")
    os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    os.unlink(name)


def execute(path):
    try:
        os.execve(path, [path], {})
    except OSError as e:
        return 0 if e.errno == errno.ENOEXEC else e.errno


def connect(path):
    with socket.socket(socket.AF_UNIX) as s:
        number = s.connect_ex(path)
    return 0 if number == errno.ECONNREFUSED else number


def use(path, mode, key):
    """0, or the errno of doing what KEY asks."""
    folder, fifo = stat.S_ISDIR(mode), stat.S_ISFIFO(mode)
    if stat.S_ISSOCK(mode):
        return attempt(connect, path) if key == "writable" else 0
    if folder:
        number = attempt(os.stat, path + "/.") if key != "none" else 0
        number = 0 if not isinstance(number, int) else number
        if number == 0 and key in ("readable", "writable"):
            number = attempt(open_and_close, path, os.O_RDONLY | os.O_DIRECTORY)
        if number == 0 and key == "writable":
            number = attempt(create_and_remove, path)
        return number
    if key == "readable":
        return attempt(open_and_close, path, os.O_RDONLY)
    if key == "writable":
        return attempt(open_and_close, path, os.O_RDWR)
    return attempt(execute, path) if key == "executable" and not fifo else 0


def use_all(questions):
    return [use(path, mode, key) for path, mode, key in questions]


def ask_kernel(volume, asked, who):
    """What is refused: of each inode alone, and by path."""
    items, descriptors = sorted(asked.asked), {}
    alone, by_path = [], []
    for name, key in items:
        path = os.path.join(volume.path, name) if name != "." else volume.path
        mode = os.lstat(path).st_mode
        if name not in descriptors:
            descriptors[name] = os.open(path, os.O_PATH | os.O_NOFOLLOW)
        alone.append((f"/proc/self/fd/{descriptors[name]}", mode, key))
        by_path.append((path, mode, key))
    answers = user.ask_as(who, use_all, alone)
    paths = user.ask_as(who, use_all, by_path)
    for fd in descriptors.values():
        os.close(fd)
    return dict(zip(items, answers)), dict(zip(items, paths))


def gate_says(gate, policy):
    done = subprocess.run([gate, "verify", "--policy", "-", "--format", "json"],
                          input=json.dumps(policy).encode(), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False)
    if done.returncode not in (0, 1, 3):
        raise SystemExit(f"exit code {done.returncode}: {done.stderr.decode()}")
    return next(r for r in json.loads(done.stdout)["results"] if r["check"] == "volume.access")


def set_volume_ownership(root, gid, read_only):
    """As pkg/volume/volume_linux.go of Kubernetes: changeFilePermission() of all below."""
    for folder, folders, files in os.walk(root, topdown=False):
        for path in [os.path.join(folder, name) for name in folders + files] + \
                ([root] if folder == root else []):
            before = os.lstat(path)
            os.lchown(path, -1, gid)
            if stat.S_ISLNK(before.st_mode):
                continue
            mask = 0o440 if read_only else 0o660
            if stat.S_ISDIR(before.st_mode):
                mask |= stat.S_ISGID | 0o110
            os.chmod(path, stat.S_IMODE(before.st_mode) | mask)


def mend(volume, policy, who, fix):
    """Do what FIX says; the kind of it and the user that results, or None."""
    uid, gid, groups, capabilities = who
    found = re.search(r"Set fsGroup: (\d+) ", fix)
    if found:
        set_volume_ownership(volume.source, int(found[1]), volume.atomic)
        return "fsGroup", (uid, gid, groups + [int(found[1])], capabilities)
    found = re.search(r"Add (\d+) to the pod's supplementalGroups", fix)
    if found:
        policy["runAs"]["groups"] = groups + [int(found[1])]
        return "supplementalGroups", (uid, gid, groups + [int(found[1])], capabilities)
    found = re.search(r"Set defaultMode: 0(\d+) ", fix)
    if found:
        for folder, _, files in os.walk(volume.source):
            for name in files:
                path = os.path.join(folder, name)
                if stat.S_ISREG(os.lstat(path).st_mode):
                    os.chmod(path, int(found[1], 8))
        return "defaultMode", who
    found = re.search(r"Run (.*) where the volume is filled", fix)
    if found:
        commands = found[1].replace(volume.path, volume.source)
        subprocess.run(["bash", "-euc", commands], check=True, stderr=subprocess.DEVNULL)
        return "chown" if "chown" in found[1] else "chmod", who
    return None, who


class Tally:
    def __init__(self):
        self.asked = self.agreed = 0
        self.seen = collections.Counter()

    def check(self, good, what, *details):
        self.asked += 1
        self.agreed += bool(good)
        if not good:
            print("differ:", what, *[f"\n    {d}" for d in details])


def judge(gate, volume, policy, who, tally, label):
    """Points 1 and 2. The gate's result."""
    result = gate_says(gate, policy)
    status = result["status"]
    try:
        asked = Asked(volume.path, policy["volumes"][0])
        alone, by_path = ask_kernel(volume, asked, who)
    except PermissionError:
        # On an idmapped mount even root, which the gate is too, may not pass every folder.
        tally.check(status in ("fail", "error"), f"{label}: not to be seen", status)
        return result
    details = (json.dumps(policy), f"user {who}, options {volume.options}", status,
               result["message"], result["fix"])
    tally.seen[status] += 1
    if "cannot be used by" in result["message"]:
        tally.check(any(by_path.values()), f"{label}: the way", *details)
        return result
    ours = {(i["path"], i["kind"]) for i in result["items"] if i["kind"] in KINDS.values()}
    # Of the mount, not of the inode.
    noexec = {k for k, n in alone.items()
              if k[1] == "executable" and n and "noexec" in volume.options}
    refused = {k for k, n in alone.items() if n == errno.EACCES and k not in noexec}
    theirs = {(path, KINDS[key]) for path, key in refused}
    if noexec or "ro" in volume.options:
        # Then the kernel does not say what the inode alone would permit.
        ours = {(p, k) for p, k in ours if (p, k) in theirs or
                (k == "unexecutable" and not noexec) or
                (k != "unexecutable" and "ro" not in volume.options)}
        if "ro" in volume.options:
            theirs = {t for t in theirs if t in ours or t[1] != "unwritable"}
    tally.seen["refused"] += len(theirs)
    tally.seen["asked"] += len(alone)
    tally.check(ours == theirs, f"{label}: items", *details, f"only ours {sorted(ours - theirs)}",
                f"only the kernel's {sorted(theirs - ours)}")
    # EROFS alone is a warning.
    fails = asked.missing or any(n not in (0, errno.EROFS) for n in by_path.values())
    if asked.elsewhere:
        tally.check(status == ("fail" if fails else "error"), f"{label}: off the volume", *details)
    elif "ro" in volume.options:
        tally.check(status == "fail" or not fails, f"{label}: verdict", *details)
        tally.check(status == "fail" or status == ("warn" if any(
            n == errno.EROFS for n in by_path.values()) else "pass"), f"{label}: EROFS", *details)
    else:
        tally.check((status == "fail") == fails, f"{label}: verdict", *details,
                    f"by path {[k for k, n in by_path.items() if n]}")
    return result


def judge_mended(gate, volume, policy, who, tally, result):
    """Point 3."""
    items = {i["kind"] for i in result["items"]}
    if result["status"] != "fail" or not items & set(KINDS.values()) or \
            items - set(KINDS.values()) or volume.options & {"ro", "noexec"}:
        return
    kind, who = mend(volume, policy, who, result["fix"])
    tally.seen[f"mended by {kind}"] += 1
    if kind is None:
        tally.check(volume.atomic or "idmapped" in volume.options, "nothing mends it",
                    json.dumps(policy), f"{who} {volume.options}", result["message"], result["fix"])
        return
    again = judge(gate, volume, policy, who, tally, f"mended by {kind}")
    tally.check(again["status"] == "pass", f"mended by {kind}", json.dumps(policy), str(who),
                result["message"], result["fix"], again["message"])


def one_tree(gate, seed, tally):
    rng = random.Random(seed)
    directory = tempfile.mkdtemp(dir=ROOT)
    os.chmod(directory, 0o755)
    volume = Volume(rng, directory)
    volume.make()
    who = rng.choice([u for u in USERS if "idmapped" not in volume.options or
                      max(u[:2] + tuple(u[2])) < IDS_MAPPED])
    policy = volume.policy(who)
    result = judge(gate, volume, policy, who, tally, f"tree {seed}")
    judge_mended(gate, volume, policy, who, tally, result)
    tally.seen.update(volume.options)
    for path in (volume.path, volume.source):
        while libc.umount2(path.encode(), 2) == 0:
            pass
    shutil.rmtree(directory)


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].removeprefix("usage: "))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--trees", type=int, default=400)
    parser.add_argument("initgate")
    args = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("oracle_volume_access.py: needs root")
    gate = os.path.abspath(args.initgate)
    user.checked(libc.unshare(CLONE_NEWNS), "unshare")
    user.checked(libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None), "make-rprivate")
    mount("scratch", ROOT, "tmpfs", 0, "mode=0755")
    tally = Tally()
    for seed in range(args.seed * 100000, args.seed * 100000 + args.trees):
        one_tree(gate, seed, tally)
    print(", ".join(f"{name} {count}" for name, count in sorted(tally.seen.items())))
    print(f"{tally.agreed} of {tally.asked} agree")
    return 0 if tally.agreed == tally.asked and tally.seen["pass"] and tally.seen["fail"] else 1


if __name__ == "__main__":
    sys.exit(main())
