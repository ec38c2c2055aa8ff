#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bad volumes: what volume.tree and `measure --volume` make of trees that are large, deep, odd,
damaged, hanging, or written to while they are read; and of bad manifests.

volume_bad_input.py BINARY [GROUP...]

Each fault has a named result and exit code 1 or 3, and keeps nothing else in the tree from being
compared. Needs root; all state lies in a mount namespace of its own. The last line is "N passed,
N failed".
"""
import concurrent.futures
import contextlib
import itertools
import json
import os
import pty
import random
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import tap  # noqa: E402
import bad_input  # noqa: E402
from bad_input import SLACK, STALL, Swapper, defect, exchange, sha256  # noqa: E402

USER = 1001
SOON = 60  # seconds: a hang, never slowness
numbers = itertools.count(1)


def verify(bench, volumes, *arguments, wrap=(), **more):
    """Of folders that nothing is mounted on."""
    volumes = [{"mounted": False, **v} for v in volumes]
    policy = bench.policy(f"volumes-{next(numbers)}.json", {"volumes": volumes, **more})
    return bench.verify("--policy", policy, *arguments, wrap=wrap)


def measured(bench, top, *arguments):
    """The policy's tree, its manifest beside it."""
    manifest = bench.path(f"manifest-{next(numbers)}")
    run = bench.run("measure", "--volume", top, "--manifest", manifest, *arguments)
    if run.code != 0:
        raise AssertionError(f"measure: {run}")
    return json.loads(run.out)["volumes"][0]["tree"]


def items(run, check="volume.tree"):
    return sorted((i["kind"], i["path"]) for r in run.results(check) for i in r.get("items", []))


def expect(group, name, run, code, status, found=None, message="", within=SOON, some=()):
    """FOUND: all items; SOME: such as must be among them."""
    group.expect(name, run, code, [("volume.tree", status, message)], within=within)
    if found is not None and items(run) != sorted(found):
        group.add(f"{name}: items", f"{items(run)[:9]} instead of {sorted(found)[:9]}")
    for item in some:
        if item not in items(run):
            group.add(f"{name}: {item}", f"not among {items(run)[:9]}")


def put(path, content="x", mode=0o644):
    with open(path, "wb") as f:
        f.write(content if isinstance(content, bytes) else content.encode())
    os.chmod(path, mode)


@contextlib.contextmanager
def volume(bench):
    top = bench.folder(f"volume-{next(numbers)}")
    try:
        yield top
    finally:
        subprocess.run(["rm", "-rf", top], check=True)


# ---- trees -------------------------------------------------------------------------------------

def test_wide(bench, group):
    with volume(bench) as top:
        count = 20000
        for i in range(count):
            put(f"{top}/file{i:05}", str(i))
        tree = measured(bench, top)
        expect(group, f"{count} files in one folder",
               verify(bench, [{"mountPath": top, "tree": tree}]), 0, "pass", [], f"{count} files")
        put(f"{top}/file19999", "19998")
        os.unlink(f"{top}/file00000")
        put(f"{top}/file10000a")
        expect(group, f"{count} files, three differences",
               verify(bench, [{"mountPath": top, "tree": tree}]), 1, "fail",
               [("changed", "file19999"), ("missing", "file00000"), ("extra", "file10000a")],
               "3 entries")


def test_deep(bench, group):
    levels = 1000
    with volume(bench) as top:
        os.chdir(top)
        for _ in range(levels):
            os.mkdir("folder")
            os.chdir("folder")
        put("last")
        bottom = os.open(".", os.O_PATH)
        os.chdir("/")
        put(f"{top}/other")
        tree = measured(bench, top)
        asked = [{"mountPath": top, "tree": tree}]
        expect(group, f"{levels} levels", verify(bench, asked), 0, "pass", [], "2 files")
        os.fchdir(bottom)
        put("last", "y")
        os.mkdir("new")
        os.chdir("/")
        os.close(bottom)
        os.chmod(f"{top}/other", 0o600)
        path = "folder/" * levels
        expect(group, f"{levels} levels, three differences", verify(bench, asked), 1, "fail",
               [("changed", f"{path}last"), ("extra", f"{path}new"), ("changed", "other")])


NAMES = [b"two\nlines", b"\x1b[31mred", b"\xff\xfe", b"\xc2\x85", b"back\\slash", b"a -> b", b" ",
         b"\r", b"initgate: pass: 1 check passed", b"-rf", b"'\"$(x)`", b"\xe2\x80\xae", b"n" * 255]


def test_names(bench, group):
    with volume(bench) as top:
        for name in NAMES:
            put(os.path.join(top.encode(), name))
            os.symlink(name, os.path.join(top.encode(), b"to-" + name[:200]))
        tree = measured(bench, top)
        asked = [{"mountPath": top, "tree": tree}]
        expect(group, "odd names", verify(bench, asked), 0, "pass", [], f"{len(NAMES)} files")
        for name in NAMES:
            put(os.path.join(top.encode(), name), "y")
        os.unlink(f"{top}/to--rf")
        run = verify(bench, asked)
        expect(group, "odd names, all changed", run, 1, "fail", some=[("missing", "to--rf")])
        group.add("odd names: each is told apart",
                  None if len(set(items(run))) == len(NAMES) + 1 else str(items(run)))
        for form in ("text", "junit", "sarif", "tap", "github"):
            policy = bench.policy("names.json", {"volumes": [{**asked[0], "mounted": False}]})
            why = defect(bench.run("verify", "--policy", policy, "--format", form))
            group.add(f"odd names as {form}", why)
        sums = bench.write("names.sums", subprocess.run(
            "sha256sum -- *", shell=True, cwd=top, check=True, stdout=subprocess.PIPE).stdout)
        with open(sums, "rb") as f:
            # Of symlinks it hashes what they lead to.
            lines = [x for x in f.read().split(b"\n") if b"  to-" not in x]
        data = b"\n".join(lines)
        put(sums, data)
        tree = {"sha256": sha256(data), "manifest": sums}
        expect(group, "odd names by sha256sum", verify(bench, [
            {"mountPath": top, "tree": {**tree, "extra": "allow"}}]), 0, "pass", [])
        run = verify(bench, [{"mountPath": top, "tree": tree}])
        expect(group, "odd names by sha256sum, of links none", run, 1, "fail")
        links = sum(name.startswith("to-") for name in os.listdir(top))
        group.add("odd names by sha256sum: each link is extra",
                  None if [kind for kind, _ in items(run)] == ["extra"] * links else f"{items(run)}")


def test_special(bench, group):
    with volume(bench) as top:
        os.mkfifo(f"{top}/fifo", 0o644)
        with socket.socket(socket.AF_UNIX) as s:
            s.bind(f"{top}/socket")
        os.mknod(f"{top}/zero", stat.S_IFCHR | 0o644, os.makedev(1, 5))
        os.mknod(f"{top}/block", stat.S_IFBLK | 0o644, os.makedev(7, 250))
        os.symlink("loop", f"{top}/loop")
        os.symlink(".", f"{top}/here")
        os.symlink("/etc/passwd", f"{top}/out")
        put(f"{top}/file")
        tree = measured(bench, top)
        asked = [{"mountPath": top, "tree": tree}]
        expect(group, "special files", verify(bench, asked), 0, "pass", [], "1 file,")
        for name in ("fifo", "zero", "loop"):
            os.unlink(f"{top}/{name}")
        os.mknod(f"{top}/zero", stat.S_IFCHR | 0o644, os.makedev(1, 3))
        os.symlink("fifo", f"{top}/loop")
        put(f"{top}/fifo")
        os.unlink(f"{top}/file")
        os.mkfifo(f"{top}/file", 0o644)
        expect(group, "special files, four others", verify(bench, asked), 1, "fail",
               [("changed", n) for n in ("fifo", "file", "loop", "zero")])


# ---- what may not, or cannot, be read ------------------------------------------------------------

def test_permission(bench, group):
    wrap = ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups")
    with volume(bench) as top:
        os.mkdir(f"{top}/dir")
        for name in ("dir/below", "private", "other"):
            put(f"{top}/{name}")
        os.chmod(f"{top}/private", 0)
        asked = [{"mountPath": top, "tree": measured(bench, top)}]
        expect(group, "one file may not be read", verify(bench, asked, wrap=wrap), 3, "error",
               [("error", "private")], "private (cannot be opened: EACCES")
        put(f"{top}/other", "y")
        expect(group, "one file may not be read, another differs", verify(bench, asked, wrap=wrap),
               1, "fail", [("error", "private"), ("changed", "other")])
        os.chmod(f"{top}/dir", 0o711)
        run = verify(bench, asked, wrap=wrap)
        expect(group, "nor one folder listed", run, 1, "fail",
               [("error", "private"), ("error", "dir"), ("changed", "dir"), ("changed", "other")])
        tree = {"sha256": asked[0]["tree"]["sha256"]}
        expect(group, "by digest", verify(bench, [{"mountPath": top, "tree": tree}], wrap=wrap), 3,
               "error", [("error", "private"), ("error", "dir")])
        group.expect("measured", bench.run("measure", "--volume", top, wrap=wrap), 3, err="EACCES")


FAULTS = [
    ("eio-lookup", "cannot be looked at: EIO"), ("eio-open", "cannot be opened: EIO"),
    ("eio-read", "cannot be read: EIO"), ("eio-half", "cannot be read: EIO"),
    ("eio-stat", "EIO"), ("eio-link", "cannot be read as a symbolic link: EIO"),
    ("eio-list", "cannot be listed: EIO"), ("eio-xattr", "does not tell its file capability: EIO"),
    ("size-less", "cannot be read: EIO"), ("size-more", "cannot be read: EIO"),
    ("grows", "changed while"), ("shrinks", "changed while"), ("rewritten", "changed while"),
    ("other-inode", "was replaced while"), ("touched", "changed while"),
]
# What the server does once only.
ONCE = ("shrinks", "rewritten")


def test_faults(bench, group):
    for name, message in FAULTS:
        top = bad_input.at(bench, f"with-{name}")
        lines = f"{bench.digest}  ./plain\n{bench.digest}  ./{name}\n"
        gone = f"{bench.digest}  ./gone\n"
        for more in ("", gone)[:1 if name in ONCE else 2]:
            sums = bench.write(f"{name}.sums", lines + more)
            tree = {"sha256": sha256((lines + more).encode()), "manifest": sums}
            run = verify(bench, [{"mountPath": top, "tree": tree}], "--stall", "5")
            # A link where the sums want a file, and a folder likewise, differs in any case.
            differs = more != "" or name in ("eio-link", "eio-list")
            expect(group, f"{name}{', another is missing' if more else ''}", run,
                   1 if differs else 3, "fail" if differs else "error",
                   some=[("error", name)] + ([("missing", "gone")] if more else []))
            details = [i["detail"] for r in run.results("volume.tree") for i in r.get("items", [])
                       if (i["kind"], i["path"]) == ("error", name)]
            group.add(f"{name}: named{' beside it' if more else ''}",
                      None if details and message in details[0] else f"{details}")
        if name in ONCE:
            continue
        run = verify(bench, [{"mountPath": top, "tree": {"sha256": bench.digest}}], "--stall", "5")
        expect(group, f"{name} by digest", run, 3, "error", message="could not be read whole")
        group.expect(f"{name} measured", bench.run("measure", "--volume", top), 3, within=SOON)


# ---- written while it is read --------------------------------------------------------------------

def race(bench, group, name, steps, asked, allowed=(1, 3), some=()):
    """Many runs while STEPS go on. SOME is in each of the results."""
    runs = 15 if bench.sanitized else 40
    codes, why = {}, None
    with Swapper(*steps) as swapper:
        for _ in range(runs):
            run = verify(bench, [asked])
            codes[run.code] = codes.get(run.code, 0) + 1
            why = why or defect(run)
            if why is None and run.code not in allowed:
                why = str(run)
            if why is None and not set(some) <= set(items(run)):
                why = f"{some} is not among {items(run)}"
    group.note(f"{name}: {swapper.count} steps, exit codes {dict(sorted(codes.items()))}")
    group.add(f"{name}, {runs} runs", why)


def filled(top):
    """Enough that something else is being read most of the time."""
    for d in range(8):
        os.mkdir(f"{top}/dir{d}")
        for i in range(64):
            put(f"{top}/dir{d}/file{i}", f"{d} {i}" * 100)


def test_races(bench, group):
    content = b"right" * 20000
    with volume(bench) as top, volume(bench) as outside:
        filled(top)
        path = f"{top}/dir4/the-file"
        put(path, content)
        put(f"{top}/other", "right")
        asked = {"mountPath": top, "tree": measured(bench, top)}
        put(f"{outside}/wrong", b"wrong" * 20000)
        put(f"{outside}/right", content)
        fd = os.open(path, os.O_WRONLY)

        def grow():
            os.pwrite(fd, b"x" * 4096, os.fstat(fd).st_size)

        def shrink():
            os.ftruncate(fd, len(content) + 1)

        def cut():
            os.ftruncate(fd, len(content) - 1)

        def overwrite():
            os.pwrite(fd, b"wrong", random.randrange(len(content) - 5))

        def restore():
            os.ftruncate(fd, len(content))
            os.pwrite(fd, content, 0)

        def vanish():
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)

        def appear():
            put(path, b"wrong")

        def link():
            with contextlib.suppress(FileExistsError):
                os.symlink(f"{outside}/right", path)

        def never_right(name, *steps, allowed=(1, 3)):
            put(f"{top}/other", "right")
            race(bench, group, name, steps, asked, allowed)
            put(f"{top}/other", "wrong")
            race(bench, group, f"{name}, another differs", steps, asked, (1,),
                 [("changed", "other")])

        never_right("a file grows and shrinks", grow, grow, shrink)
        cut()
        never_right("a file shrinks and grows", lambda: os.ftruncate(fd, 1), cut)
        restore()
        never_right("a file is overwritten", overwrite)
        never_right("a file vanishes and appears", vanish, appear)
        never_right("a file turns into a symlink", vanish, link, vanish, appear)
        vanish()
        put(path, content)
        os.mkdir(f"{outside}/dir")
        put(f"{outside}/dir/file0", "wrong")
        never_right("a folder is moved out and another in",
                    lambda: exchange(f"{top}/dir5", f"{outside}/dir"), allowed=(0, 1, 3))
        if not os.path.exists(f"{top}/dir5/file63"):
            exchange(f"{top}/dir5", f"{outside}/dir")

        def out():
            os.rename(f"{top}/dir6", f"{outside}/dir6")

        def back():
            os.rename(f"{outside}/dir6", f"{top}/dir6")

        # There are moments in which all is right: those may pass.
        never_right("a folder is moved out and back", out, back, allowed=(0, 1, 3))
        put(f"{top}/other", "right")
        fd = os.open(path, os.O_WRONLY)
        run = verify(bench, [asked])
        group.expect("all put right again", run, 0)
        race(bench, group, "right and wrong in turns", (overwrite, restore), asked, (0, 1, 3))
        os.close(fd)


# ---- changed when it has been read ---------------------------------------------------------------

SETTLE = 2


def after_read(bench, change, extra=None, ignore=()):
    """The first volume is read at once, the second waited for: CHANGE comes between."""
    with volume(bench) as top, volume(bench) as second:
        os.mkdir(f"{top}/dir")
        for name in ("file", "dir/file", "dir/gone"):
            put(f"{top}/{name}")
        os.symlink("file", f"{top}/link")
        os.mkfifo(f"{top}/fifo", 0o644)
        tree = measured(bench, top, *[x for name in ignore for x in ("--ignore", name)])
        if extra:
            tree["extra"] = extra
            put(f"{top}/log", "a line\n")
        timer = threading.Timer(SETTLE / 2, change, (top,))
        timer.start()
        run = verify(bench, [{"mountPath": top, "tree": tree, "writers": False},
                             {"mountPath": second}], "--settle", str(SETTLE))
        timer.join()
        return run


def relink(top):
    os.unlink(f"{top}/link")
    os.symlink("dir", f"{top}/link")


def rewrite(top):
    """The same bytes, and its time of modification put back."""
    before = os.stat(f"{top}/file")
    put(f"{top}/file")
    os.utime(f"{top}/file", ns=(before.st_atime_ns, before.st_mtime_ns))


def write_fifo(top):
    reader = os.open(f"{top}/fifo", os.O_RDONLY | os.O_NONBLOCK)
    with open(f"{top}/fifo", "wb") as f:
        f.write(b"x")
    os.close(reader)


def replace_folder(top):
    os.rename(f"{top}/dir", f"{top}/moved")
    shutil.copytree(f"{top}/moved", f"{top}/dir")
    shutil.rmtree(f"{top}/moved")


AFTER = [
    ("a file appears", lambda top: put(f"{top}/dir/new"), {}, [("appeared", "dir/new")]),
    ("a file vanishes", lambda top: os.unlink(f"{top}/dir/gone"), {}, [("vanished", "dir/gone")]),
    ("a file is written", lambda top: put(f"{top}/dir/file", "yy"), {}, [("changed", "dir/file")]),
    ("a file is rewritten alike", rewrite, {}, [("changed", "file")]),
    ("a mode", lambda top: os.chmod(f"{top}/dir", 0o700), {}, [("changed", "dir")]),
    ("an owner", lambda top: os.chown(f"{top}/file", 1, 1), {}, [("changed", "file")]),
    ("a link", relink, {}, [("changed", "link")]),
    ("a folder is replaced by a copy", replace_folder, {}, [("changed", "dir")]),
    ("a file vanishes where more is allowed", lambda top: os.unlink(f"{top}/dir/gone"),
     {"extra": "allow"}, [("vanished", "dir/gone")]),
    ("what is ignored", lambda top: put(f"{top}/dir/log"), {"ignore": ["dir/log"]}, []),
    ("more appears and grows, which is allowed",
     lambda top: (put(f"{top}/new"), put(f"{top}/log", "more")), {"extra": "allow"}, []),
    ("somebody writes to a FIFO", write_fifo, {}, []),
    ("the mode of the volume's own folder", lambda top: os.chmod(top, 0o700), {}, []),
    ("nothing", lambda top: None, {}, []),
]


def test_after(bench, group):
    with concurrent.futures.ThreadPoolExecutor(len(AFTER)) as pool:
        runs = pool.map(lambda case: after_read(bench, case[1], **case[2]), AFTER)
        for (name, _, _, found), run in zip(AFTER, runs):
            if found:
                expect(group, name, run, 3, "error", found, "but changed while it was checked: "
                       f"{found[0][0]} {found[0][1]}")
            else:
                expect(group, name, run, 0, "pass", [])


# ---- manifests -----------------------------------------------------------------------------------

LINE = "f 0644 0:0 1 2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881 -"
MANIFESTS = [
    ("outside", f"initgate-tree 1\n{LINE} ../file\n", "line 2"),
    ("outside within", f"initgate-tree 1\n{LINE} dir/../../file\n", "line 2"),
    ("absolute", f"initgate-tree 1\n{LINE} /etc/passwd\n", "line 2"),
    ("twice", f"initgate-tree 1\n{LINE} file\n{LINE} file\n", "line 3"),
    ("unsorted", f"initgate-tree 1\n{LINE} other\n{LINE} file\n", "line 3"),
    ("cut short", f"initgate-tree 1\n{LINE} file\n{LINE} oth", "line 3"),
    ("cut in the digest", f"initgate-tree 1\n{LINE[:40]}", "line 2"),
    ("no header", f"{LINE} file\n", "line 1"),
    ("another version", f"initgate-tree 2\n{LINE} file\n", "line 1"),
    ("the header twice", f"initgate-tree 1\ninitgate-tree 1\n{LINE} file\n", "line 2"),
    ("empty", "", ""),
    ("only newlines", "\n\n\n", ""),
    ("zeros", "\0" * 4096, "line 1"),
    ("a NUL in a path", f"initgate-tree 1\n{LINE} fi\0le\n", "line 2"),
    ("a line without end", "initgate-tree 1\n" + LINE + " " + "x" * (1 << 20), "line 2"),
    ("an escaped slash", f"initgate-tree 1\n{LINE} \\057etc\n", "line 2"),
    ("a number too large",
     f"initgate-tree 1\n{LINE.replace(' 1 ', ' 99999999999999999999 ')} file\n", "line 2"),
    ("sums outside", f"{LINE.split()[4]}  ../file\n", "line 1"),
    ("sums absolute", f"{LINE.split()[4]}  /etc/passwd\n", "line 1"),
    ("sums twice", f"{LINE.split()[4]}  file\n{LINE.split()[4]}  ./file\n", "line 2"),
    ("sums cut short", f"{LINE.split()[4]}  file\n{LINE[:30]}", "line 2"),
]


def test_manifests(bench, group):
    with volume(bench) as top:
        put(f"{top}/file")
        put(f"{top}/other")
        second = f"{top}-second"
        os.mkdir(second)
        for name, text, where in MANIFESTS:
            path = bench.write("bad.manifest", text)
            tree = {"sha256": sha256(text.encode()), "manifest": path}
            # Another volume that differs is named all the same.
            for more in ([], [{"mountPath": second, "tree": {"sha256": "0" * 64}}]):
                run = verify(bench, [{"mountPath": top, "tree": tree}, *more])
                expect(group, f"manifest: {name}{', another volume' if more else ''}", run,
                       1 if more else 3, "error",
                       message=f"The manifest {path} cannot be used: {where}")
                if more:
                    group.expect(f"manifest: {name}, the other one", run, 1,
                                 [("volume.tree", "fail", "Its digest is")])
        os.rmdir(second)
        os.mkfifo(bench.path("fifo.manifest"))
        os.symlink("loop.manifest", bench.path("loop.manifest"))
        for name, path in (("FIFO", bench.path("fifo.manifest")), ("a folder", top),
                           ("a symlink loop", bench.path("loop.manifest")),
                           ("missing", bench.path("none")), ("a device", "/dev/zero")):
            tree = {"sha256": "0" * 64, "manifest": path}
            run = verify(bench, [{"mountPath": top, "tree": tree}])
            group.add(f"manifest is {name}: {run.code}",
                      defect(run) or (None if run.code in (1, 3) and run.seconds < SOON and
                                      run.results("volume.tree")[0]["status"] in ("error", "fail")
                                      else str(run)))


# ---- limits --------------------------------------------------------------------------------------

def test_limits(bench, group):
    with volume(bench) as top:
        os.chdir(top)
        for _ in range(100):
            os.mkdir("left")
            put("left/file")
            os.mkdir("right")
            os.chdir("right")
        os.chdir("/")
        filled(top)
        tree = measured(bench, top)
        asked = [{"mountPath": top, "tree": tree}]
        put(f"{top}/dir1/file0", "wrong")
        for n in (16, 20, 24, 32, 64):
            run = verify(bench, asked, wrap=("prlimit", f"--nofile={n}"))
            expect(group, f"RLIMIT_NOFILE {n}, one differs", run, 1, "fail",
                   [("changed", "dir1/file0")])
        put(f"{top}/dir1/file0", "1 0" * 100)
        for n in (16, 20, 24, 32, 64):
            run = verify(bench, asked, wrap=("prlimit", f"--nofile={n}"))
            expect(group, f"RLIMIT_NOFILE {n}", run, 0, "pass", [])
        if bench.sanitized:
            return
        seen = set()
        least = bad_input.least_limit(bench, "as")
        for more in (0, 64, 256, 512, 768, 1024, 1280, 1536, 2048, 4096, 16384):
            run = verify(bench, asked, wrap=("prlimit", f"--as={least + more << 10}"))
            group.expect(f"RLIMIT_AS {least + more} KiB", run, (0, 3))
            seen.add(run.code)
            lines = run.err.splitlines()
            if run.code == 3 and run.report is None and (
                    len(lines) != 1 or "memory" not in lines[0] and "thread" not in lines[0]):
                group.add(f"RLIMIT_AS {least + more} KiB: one sentence", str(run))
        group.add("RLIMIT_AS led to 0 and to 3", None if seen == {0, 3} else str(seen))


# ---- volumes that hang ---------------------------------------------------------------------------

def test_hangs(bench, group):
    with volume(bench) as top:
        put(f"{top}/file")
        good = {"mountPath": top, "tree": measured(bench, top)}
        bounds = {"at_least": STALL, "within": STALL * 2 + SLACK}
        limits = ("--stall", str(STALL), "--timeout", "20")
        more = {"binaries": [{"path": bench.good, "sha256": bench.digest}]}
        others = [("proc.mounted", "pass", ""), ("binary.sha256", "pass", "")]
        trees = [("volume.tree", "pass", "1 file"), ("volume.tree", "error", "--stall")]
        cases = [("at opening", [{"mountPath": bad_input.fresh(bench, "hang-below/x"),
                                  "tree": {"sha256": bench.digest}}],
                  others + trees),
                 ("at opening, three of them",
                  [{"mountPath": bad_input.fresh(bench, name), "tree": {"sha256": bench.digest}}
                   for name in ("hang-below/x", "hang-lookup", "hang-link/x")],
                  others + trees),
                 # What lies below such a mountPath is not known, so that files cannot be judged.
                 ("where \"at\" says", [{"mountPath": "/nowhere", "at":
                                         bad_input.fresh(bench, "hang-below/x"),
                                         "tree": {"sha256": bench.digest}}],
                  others[:1] + [("binary.sha256", "error", "--stall")]),
                 ("at its listing", [{"mountPath": bad_input.fresh(bench, "hang-list"),
                                      "tree": {"sha256": bench.digest}}],
                  others[:1] + [("volume.tree", "error", "--stall")]),
                 ("in one of its files", [{"mountPath": bad_input.at(bench, "with-hang-read"),
                                           "tree": {"sha256": bench.digest}}],
                  others[:1] + [("volume.tree", "error", "--stall")])]
        with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
            runs = pool.map(lambda case: verify(bench, [*case[1], good], *limits, **more), cases)
            for (name, _, results), run in zip(cases, runs):
                group.expect(f"a volume hangs {name}", run, 3, results, **bounds)
        wrong = [{"mountPath": top, "tree": {"sha256": "0" * 64}}]
        run = verify(bench, [{"mountPath": bad_input.fresh(bench, "hang-below/x")}, *wrong],
                     *limits)
        group.expect("a volume hangs, another differs", run, 1,
                     [("volume.tree", "fail", "Its digest is"),
                      ("volume.mounted", "skip", "")], **bounds)


# ---- measure -------------------------------------------------------------------------------------

def killed(bench, top, manifest, seconds):
    process = subprocess.Popen([bench.binary, "measure", "--volume", top, "--manifest", manifest],
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, env=tap.environment())
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    process.send_signal(signal.SIGKILL)
    return process.wait()


def contents(folder):
    found = {}
    for name in os.listdir(folder):
        with open(f"{folder}/{name}", "rb") as f:
            found[name] = f.read()
    return found


def test_measure(bench, group):
    rng = random.Random(4)
    with volume(bench) as top, volume(bench) as folder:
        filled(top)
        manifest = f"{folder}/manifest"
        start = time.monotonic()
        for _ in range(5):
            bench.run("measure", "--volume", top, "--manifest", manifest)
        whole = (time.monotonic() - start) / 5
        old = contents(folder)["manifest"]
        put(f"{top}/new")
        bench.run("measure", "--volume", top, "--manifest", manifest)
        new = contents(folder)["manifest"]
        group.add("the manifest is another one now", None if old != new else "it is the same")
        seen, why = {"old": 0, "new": 0, "killed": 0}, None
        for _ in range(100):
            put(manifest, old)
            seen["killed"] += killed(bench, top, manifest, rng.uniform(0, whole * 1.2)) < 0
            has = contents(folder)
            # Between its two names a whole new one lies beside the old: rename(2) needs it there.
            for name in [n for n in has if n.startswith(".manifest.") and has[n] == new]:
                os.unlink(f"{folder}/{name}")
                del has[name]
            if set(has) != {"manifest"} or has["manifest"] not in (old, new):
                why = why or str({n: len(c) for n, c in has.items()})
            else:
                seen["old" if has["manifest"] == old else "new"] += 1
        group.note(f"measure --manifest, killed: {seen}")
        group.add("measure --manifest killed 100 times: the old manifest or the new one", why)
        group.add("some were killed in time, some not",
                  None if seen["old"] > 0 and seen["new"] > 0 else str(seen))
        inside = f"{top}/dir1/../manifest"
        for more in ((), ("--ignore", "dir1"), ("--ignore", "manifest2"), ("--ignore", "mani")):
            run = bench.run("measure", "--volume", top, "--manifest", inside, *more)
            group.expect(f"the manifest on the volume {more}", run, 2,
                         err=f"--manifest {inside} lies on the volume that it would describe: "
                         "write it elsewhere, or leave it out with --ignore manifest")
        run = bench.run("measure", "--root", top, "--volume", "/dir1", "--manifest",
                        f"{top}/dir1/x")
        group.expect("the same below --root", run, 2, err="--ignore x")
        group.add("nothing is written", None if "manifest" not in os.listdir(top) and
                  "x" not in os.listdir(f"{top}/dir1") else "it is")
        for name in ("manifest", "dir1/"):
            path = f"{top}/{name}" if name == "manifest" else f"{top}/dir1/manifest"
            run = bench.run("measure", "--volume", top, "--manifest", path, "--ignore", name)
            group.expect(f"the manifest on the volume, left out by {name}", run, 0)
            asked = json.loads(run.out)["volumes"][0]["tree"]
            expect(group, f"left out by {name}, verified",
                   verify(bench, [{"mountPath": top, "tree": asked}]), 0, "pass", [])
            os.unlink(path)
        group.expect("the folder beside it, whose name begins alike", bench.run(
            "measure", "--volume", f"{top}/dir1", "--manifest", f"{top}/dir1-manifest"), 0)
        os.unlink(f"{top}/dir1-manifest")
        os.unlink(manifest)
        put(f"{top}/dir1/file1")
        os.chmod(f"{top}/dir1/file1", 0)
        wrap = ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups")
        os.chmod(folder, 0o777)
        run = bench.run("measure", "--volume", top, "--manifest", manifest, wrap=wrap)
        group.expect("a file that may not be read", run, 3,
                     err="dir1/file1 cannot be opened: EACCES")
        group.add("no manifest then",
                  None if os.listdir(folder) == [] else str(os.listdir(folder)))


# ---- progress ------------------------------------------------------------------------------------

def test_progress(bench, group):
    """Of volume.shadows; volume.tree's is in usage.py."""
    root = bench.folder("image")
    os.mkdir(f"{root}/data")
    mounted = bench.folder("mounted")
    subprocess.run(["mount", "-t", "tmpfs", "volume", mounted], check=True)
    for folder in (f"{root}/data", mounted):
        for name in ("one", "two"):
            with open(f"{folder}/{name}", "wb") as f:
                f.truncate(1 << 40)
    put(f"{root}/data/other", "image's")
    put(f"{mounted}/other", "another size")
    policy = bench.policy("shadows.json", {"volumes": [
        {"mountPath": "/data", "at": mounted, "shadows": "deny"}]})
    inner, outer = pty.openpty()
    process = subprocess.Popen(
        [bench.binary, "verify", "--root", root, "--policy", policy, "--timeout", "3"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=outer, env=tap.environment())
    code = process.wait()
    shown = os.read(inner, 65536).decode()
    os.close(inner)
    os.close(outer)
    subprocess.run(["umount", mounted], check=True)
    found = re.search(r"\d+ of \d+ checks, [01] of 3 files, \d+\.\d [MG]iB of 4\.0 TiB, "
                      r"\d+\.\d [MG]iB/s, \d+ min left", shown)
    group.add("volume.shadows", None if found and code == 3 else f"{code} {shown!r}")


GROUPS = {"wide": test_wide, "deep": test_deep, "names": test_names, "special": test_special,
          "permission": test_permission, "faults": test_faults, "races": test_races,
          "after": test_after, "manifests": test_manifests, "limits": test_limits,
          "hangs": test_hangs, "measure": test_measure, "progress": test_progress}
# Those that change their working folder, or wait for nothing.
BESIDE = ["after", "hangs"]


def main():
    if len(sys.argv) < 2 or any(name not in GROUPS for name in sys.argv[2:]):
        print(f"usage: {sys.argv[0]} BINARY [GROUP...]\ngroups: {', '.join(GROUPS)}",
              file=sys.stderr)
        return 2
    bad_input.GROUPS.update(GROUPS)
    bad_input.enter_namespace()
    os.umask(0o022)
    work = tempfile.mkdtemp(prefix="initgate-volumes-")
    os.chmod(work, 0o755)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0755,size=2g", "volumes", work], check=True)
    bench = bad_input.Bench(os.path.abspath(sys.argv[1]), work)
    wanted = sys.argv[2:] or list(GROUPS)
    tally = tap.Tally()

    def show(group):
        for line in group.notes:
            print(line)
        for name, why in group.lines:
            tally.add(name, why)

    try:
        bad_input.start_faultfs(bench)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            waiting = [pool.submit(bad_input.play_group, bench, n) for n in wanted if n in BESIDE]
            for name in wanted:
                if name not in BESIDE:
                    show(bad_input.play_group(bench, name))
            for future in waiting:
                show(future.result())
    finally:
        bad_input.stop_faultfs(bench)
        subprocess.run(["umount", "-R", "-l", work], check=False)
        os.rmdir(work)
    return tally.finish()


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.exit(main())
