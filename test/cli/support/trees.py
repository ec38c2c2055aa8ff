# SPDX-License-Identifier: Apache-2.0
"""Random trees, and changes to them, each with the entries it must be found in."""
import os
import shutil
import stat

NAMES = [b"a", b"a-b", b"a.c", b"ab", b"B", b"with space", b"new\nline", b"tab\t", b"back\\slash",
         b"\xff\xfe", "ü".encode(), b"\x1b[31m", b"-> x", b"..x", b"\x7f", b"0" * 200, b"-", b"#"]
CAPABILITY = bytes.fromhex("0100000200040000000000000000000000000000")
OTHER_CAPABILITY = bytes.fromhex("0100000200200000000000000000000000000000")


def content(rng):
    return rng.randbytes(rng.choice([0, 1, 7, 300, 9000]))


def write(path, data):
    # fs.protected_regular refuses O_CREAT, to root too, where another user's file is there already in
    # a sticky directory.
    there = os.O_WRONLY | (os.O_TRUNC if os.path.lexists(path) else os.O_CREAT)
    with open(os.open(path, there, 0o666), "wb") as f:
        f.write(data)


def fill(rng, folder, depth=0):
    for name in rng.sample(NAMES, rng.randint(2, 7)):
        path = os.path.join(folder, name)
        what = rng.choice("fffffdddlp" if depth < 3 else "ffl")
        if what == "f":
            write(path, content(rng))
            os.chmod(path, rng.choice([0o644, 0o600, 0o755, 0o4755]))
            if rng.random() < 0.2:
                os.setxattr(path, "security.capability", CAPABILITY)
        elif what == "d":
            os.mkdir(path)
            fill(rng, path, depth + 1) if rng.random() < 0.8 else None
            os.chmod(path, rng.choice([0o755, 0o700, 0o1777]))
        elif what == "l":
            os.symlink(rng.choice(NAMES + [b"/etc/passwd", b"..", b"no/where"]), path)
        else:
            os.mkfifo(path, 0o600)
        if rng.random() < 0.1:
            os.lchown(path, rng.randrange(3000), rng.randrange(3000))


def walk(top):
    """Relative paths of all entries."""
    return sorted(os.path.relpath(os.path.join(folder, name), top)
                  for folder, folders, files in os.walk(top) for name in folders + files)


def kind(path):
    return stat.S_IFMT(os.lstat(path).st_mode)


def below(top, path):
    """PATH and all entries below it, relative to TOP."""
    full = os.path.join(top, path)
    inner = walk(full) if kind(full) == stat.S_IFDIR else []
    return [path] + [os.path.join(path, name) for name in inner]


def free_name(rng, top):
    folders = [b""] + [p for p in walk(top) if kind(os.path.join(top, p)) == stat.S_IFDIR]
    folder = rng.choice(folders)
    for name in rng.sample(NAMES, len(NAMES)) + [b"another"]:
        path = os.path.join(folder, name)
        if not os.path.lexists(os.path.join(top, path)):
            return path
    return None


def of_kind(rng, top, wanted):
    found = [p for p in walk(top) if kind(os.path.join(top, p)) == wanted]
    return rng.choice(found) if found else None


class Changes:
    """Each method changes the tree below TOP and returns what must be reported, as a set of
    (kind, path), or None where the tree has nothing of that sort."""

    def __init__(self, rng, top):
        self.rng, self.top = rng, top

    def full(self, path):
        return os.path.join(self.top, path)

    def content(self):
        path = of_kind(self.rng, self.top, stat.S_IFREG)
        if path is None:
            return None
        with open(self.full(path), "rb") as f:
            data = bytearray(f.read())
        # A capability is lost by a write, as the kernel has it: put it back.
        capability = ("security.capability" in os.listxattr(self.full(path)) and
                      os.getxattr(self.full(path), "security.capability"))
        if data:
            data[self.rng.randrange(len(data))] ^= 1 << self.rng.randrange(8)
        else:
            data = b"x"
        mode = stat.S_IMODE(os.lstat(self.full(path)).st_mode)
        write(self.full(path), data)
        os.chmod(self.full(path), mode)
        if capability:
            os.setxattr(self.full(path), "security.capability", capability)
        return {("changed", path)}

    def mode(self):
        path = self.rng.choice([p for p in walk(self.top)
                                if kind(self.full(p)) != stat.S_IFLNK] or [None])
        if path is None:
            return None
        os.chmod(self.full(path),
                 stat.S_IMODE(os.lstat(self.full(path)).st_mode) ^ 1 << self.rng.randrange(12))
        return {("changed", path)}

    def owner(self):
        path = self.rng.choice(walk(self.top))
        s = os.lstat(self.full(path))
        mode = stat.S_IMODE(s.st_mode)
        capability = None
        if stat.S_ISREG(s.st_mode) and "security.capability" in os.listxattr(self.full(path)):
            capability = os.getxattr(self.full(path), "security.capability")
        if self.rng.random() < 0.5:
            os.lchown(self.full(path), s.st_uid + 1, s.st_gid)
        else:
            os.lchown(self.full(path), s.st_uid, s.st_gid + 1)
        if not stat.S_ISLNK(s.st_mode):
            os.chmod(self.full(path), mode)
        if capability:
            os.setxattr(self.full(path), "security.capability", capability)
        return {("changed", path)}

    def name(self):
        path = self.rng.choice(walk(self.top))
        inner = below(self.top, path)
        new = os.path.join(os.path.dirname(path), b"renamed")
        os.rename(self.full(path), self.full(new))
        return ({("missing", p) for p in inner} |
                {("extra", new + p[len(path):]) for p in inner})

    def target(self):
        path = of_kind(self.rng, self.top, stat.S_IFLNK)
        if path is None:
            return None
        target = os.readlink(self.full(path))
        owner = os.lstat(self.full(path))
        os.unlink(self.full(path))
        os.symlink(target + b"/.", self.full(path))
        os.lchown(self.full(path), owner.st_uid, owner.st_gid)
        return {("changed", path)}

    def extra(self):
        path = free_name(self.rng, self.top)
        write(self.full(path), content(self.rng))
        return {("extra", path)}

    def empty_folder(self):
        path = free_name(self.rng, self.top)
        os.mkdir(self.full(path))
        return {("extra", path)}

    def missing(self):
        path = self.rng.choice(walk(self.top))
        inner = below(self.top, path)
        if kind(self.full(path)) == stat.S_IFDIR:
            shutil.rmtree(self.full(path))
        else:
            os.unlink(self.full(path))
        return {("missing", p) for p in inner}

    def capability(self):
        path = of_kind(self.rng, self.top, stat.S_IFREG)
        if path is None:
            return None
        if "security.capability" in os.listxattr(self.full(path)):
            if self.rng.random() < 0.5:
                os.removexattr(self.full(path), "security.capability")
            else:
                os.setxattr(self.full(path), "security.capability", OTHER_CAPABILITY)
        else:
            os.setxattr(self.full(path), "security.capability", CAPABILITY)
        return {("changed", path)}

    def type(self):
        path = self.rng.choice(walk(self.top))
        inner = below(self.top, path)
        s = os.lstat(self.full(path))
        if stat.S_ISDIR(s.st_mode):
            shutil.rmtree(self.full(path))
            os.symlink(b"x", self.full(path))
        else:
            os.unlink(self.full(path))
            os.mkdir(self.full(path), 0o755)
        os.lchown(self.full(path), s.st_uid, s.st_gid)
        return {("changed", path)} | {("missing", p) for p in inner[1:]}


KINDS = ["content", "mode", "owner", "name", "target", "extra", "empty_folder", "missing",
         "capability", "type"]
