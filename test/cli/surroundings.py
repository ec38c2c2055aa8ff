#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a container inherits decides nothing: working directory, descriptors, umask, limits, signals,
argv[0], variables of libraries and locales. Each is set, and exit code and report stay the same.

usage: surroundings.py BINARY

Needs root. The last line is "N passed, N failed".
"""
import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import tap  # noqa: E402

libc = ctypes.CDLL(None, use_errno=True)
SIGNALS = sorted(set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP, 32, 33})
ALL_BITS = ":".join(["0x" + "f" * 16] * 4)
ZERO = "0" * 64
PERSONALITY = {"addresses that are not random": 0x0040000, "data that can be executed": 0x0400000}


class Gate:
    """The binary, and what it is asked: a policy that passes, one that fails, one that is none."""

    def __init__(self, binary, work):
        self.binary, self.work = os.path.realpath(binary), work
        with open(binary, "rb") as f:
            self.sanitized = b"__asan_init" in f.read()
        os.chmod(work, 0o755)
        data = self.path("data")
        os.mkdir(data)
        for n in range(20):
            self.write(f"data/{n}", "x" * 1000 * n)
        measured = subprocess.run([self.binary, "measure", "/bin/true", "--volume", data],
                                  capture_output=True, check=True).stdout
        self.policies = {
            "passes": (0, self.write("good.json", measured)),
            "fails": (1, self.changed(measured, "bad.json")),
            "is refused": (2, self.path("missing.json")),
        }
        self.plain = {name: self.ask(policy) for name, (_, policy) in self.policies.items()}

    def path(self, name):
        return os.path.join(self.work, name)

    def write(self, name, content):
        with open(self.path(name), "wb") as f:
            f.write(content if isinstance(content, bytes) else content.encode())
        return self.path(name)

    def changed(self, measured, name):
        policy = json.loads(measured)
        policy["binaries"][0]["sha256"] = ZERO
        return self.write(name, json.dumps(policy))

    def ask(self, policy, env=None, before=None, **more):
        done = subprocess.run([self.binary, "verify", "--format", "json", "--policy", policy],
                              stdin=subprocess.DEVNULL, capture_output=True, check=False,
                              env=tap.environment(**(env or {})), preexec_fn=before,
                              timeout=tap.TIMEOUT, **more)
        return done.returncode, done.stdout.decode(), done.stderr.decode()


def limit(name, soft, hard=None):
    which = getattr(resource, f"RLIMIT_{name}")

    def apply():
        most = resource.getrlimit(which)[1] if hard is None else hard
        resource.setrlimit(which, (soft, most))
    return apply


def all_signals(how):
    def apply():
        if how == "ignored":
            for one in SIGNALS:
                signal.signal(one, signal.SIG_IGN)
        else:
            signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    return apply


def many_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    for fd in range(3, 1000):
        os.dup2(0, fd, inheritable=True)


def removed_folder(gate):
    def apply():
        folder = tempfile.mkdtemp(dir=gate.work)
        os.chdir(folder)
        os.rmdir(folder)
    return apply


def outside_of_root(gate):
    """The kernel calls it "(unreachable)"."""
    def apply():
        if libc.unshare(0x20000) != 0 or libc.mount(None, b"/", None, 0x44000, None) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        folder = gate.path("detached").encode()
        os.makedirs(folder, exist_ok=True)
        if libc.mount(b"none", folder, b"tmpfs", 0, None) != 0:
            raise OSError(ctypes.get_errno(), "mount")
        os.chdir(folder)
        if libc.umount2(folder, 2) != 0:
            raise OSError(ctypes.get_errno(), "umount")
    return apply


def processes(gate):
    """(name, what is done before the gate starts)."""
    yield "working directory /proc", lambda: os.chdir("/proc")
    yield "working directory removed", removed_folder(gate)
    yield "working directory outside of the root", outside_of_root(gate)
    yield "997 descriptors", many_descriptors
    yield "standard input closed", lambda: os.close(0)
    for mask in (0, 0o777):
        yield f"umask {mask:03o}", lambda mask=mask: os.umask(mask)
    yield "RLIMIT_FSIZE 0", limit("FSIZE", 0)
    yield "RLIMIT_FSIZE 0, hard too", limit("FSIZE", 0, 0)
    yield "RLIMIT_NOFILE 64, hard too", limit("NOFILE", 64, 64)
    yield "RLIMIT_NPROC 0", limit("NPROC", 0)
    yield "RLIMIT_DATA 0", limit("DATA", 0)
    yield "RLIMIT_STACK 128 KiB", limit("STACK", 128 << 10)
    yield "RLIMIT_MEMLOCK 0", limit("MEMLOCK", 0, 0)
    yield "RLIMIT_SIGPENDING 0", limit("SIGPENDING", 0, 0)
    if not gate.sanitized:
        # Of the sanitized build the loader ends before main() could lift them.
        yield "RLIMIT_NOFILE 3", limit("NOFILE", 3)
        yield "RLIMIT_AS 1 MiB", limit("AS", 1 << 20)
        yield "RLIMIT_AS 64 MiB, hard too", limit("AS", 64 << 20, 64 << 20)
    for how in ("ignored", "blocked"):
        yield f"all signals {how}", all_signals(how)
    yield "no priority", lambda: os.nice(19)
    for name, flag in PERSONALITY.items():
        yield name, lambda flag=flag: libc.personality(flag)
    yield "no new privileges", lambda: libc.prctl(38, 1, 0, 0, 0)


def variables(gate):
    """(name, environment)."""
    conf = gate.write("openssl.cnf", "openssl_conf = x\n[x]\nalg_section = y\n[y]\n"
                      "default_properties = fips=yes\n")
    many = {f"X{n}": "y" * 1000 for n in range(1000)}
    rows = [{"OPENSSL_CONF": conf}, {"OPENSSL_CONF": "/dev/zero"}, {"OPENSSL_MODULES": "/tmp"},
            {"OPENSSL_ENGINES": "/tmp"}, {"OPENSSL_ia32cap": "0:0"}, {"OPENSSL_ia32cap": "~0x0"},
            {"OPENSSL_armcap": "0"}, {"OPENSSL_TRACE": "all"}, {"RANDFILE": "/dev/zero"},
            {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "LANGUAGE": "tr"},
            {"LC_ALL": "x" * 5000}, {"TZ": ":/dev/zero"}, {"MUSL_LOCPATH": "/tmp"},
            {"GLIBC_TUNABLES": "glibc.malloc.check=3"}, {"MALLOC_PERTURB_": "1"},
            {"NLSPATH": "/dev/zero"}, {"PATH": ""}, {"HOME": "/nowhere"}, {"TMPDIR": "/nowhere"},
            {"NO_COLOR": "1", "CLICOLOR_FORCE": "1", "TERM": "x"}, many]
    if not gate.sanitized:
        # What Debian's shared libcrypto and ld.so make of them is theirs; the release has neither.
        rows += [{"OPENSSL_ia32cap": ALL_BITS}, {"OPENSSL_armcap": "0xffffffff"},
                 {"LD_PRELOAD": "/nowhere.so", "LD_LIBRARY_PATH": "/nowhere"},
                 {"LD_AUDIT": "/nowhere.so"}, {"LD_DEBUG": "all"}, {"LD_BIND_NOW": "1"},
                 {"LD_TRACE_LOADED_OBJECTS": "1"}, {"LD_SHOW_AUXV": "1"}]
    for row in rows:
        yield ", ".join(f"{k}={v[:40]}" for k, v in list(row.items())[:3]), row


def difference(gate, **surroundings):
    for name, (_, policy) in gate.policies.items():
        found = gate.ask(policy, **surroundings)
        if found != gate.plain[name]:
            return f"the policy that {name}: {found}\ninstead of {gate.plain[name]}"
    return None


def relative_path(gate):
    """Below a working directory that was removed nothing is found."""
    policy = json.loads(open(gate.policies["passes"][1], encoding="utf-8").read())
    policy["binaries"][0]["path"] = "true"
    code, out, err = gate.ask(gate.write("relative.json", json.dumps(policy)),
                              before=removed_folder(gate))
    return None if code in (1, 3) and "crash" not in err else f"{code} {out} {err}"


def cpu_limit(gate):
    """A limit that the gate reaches would end it by a signal: so it is lifted. Not reached here, since
    that could be before main(): looked at, while the gate waits for its policy."""
    process = subprocess.Popen([gate.binary, "verify", "--policy", "-"], stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env=tap.environment(), preexec_fn=limit("CPU", 1000, 2000))
    end, found = time.monotonic() + tap.TIMEOUT, None
    while found != ["2000", "2000"] and time.monotonic() < end:
        with open(f"/proc/{process.pid}/limits", encoding="ascii") as f:
            found = next(line for line in f if line.startswith("Max cpu time")).split()[3:5]
        time.sleep(0.01)
    process.communicate(b"")
    return None if found == ["2000", "2000"] else f"soft and hard limit of seconds: {found}"


def other_cpu(gate):
    """OPENSSL_ia32cap claims all that a CPU may have; this one is of 2008, and would not run it."""
    answers = []
    for env in ({}, {"OPENSSL_ia32cap": ALL_BITS}):
        done = subprocess.run(["qemu-x86_64-static", "-cpu", "Nehalem", gate.binary, "verify", "--policy",
                               gate.policies["passes"][1], "--format", "json"], check=False,
                              capture_output=True, env=tap.environment(**env), timeout=tap.TIMEOUT)
        answers.append((done.returncode, done.stdout))
    good = answers[0] == answers[1] and b'"The program\'s SHA256 is the expected one."' in answers[1][1]
    return None if good else answers


def exec_with(gate, argv):
    """The gate, started with exactly these words, argv[0] included."""
    words = (ctypes.c_char_p * (len(argv) + 1))(*argv, None)

    def start():
        libc.execve(gate.binary.encode(), words, (ctypes.c_char_p * 1)(None))
        os._exit(99)
    done = subprocess.run(["/bin/false"], capture_output=True, check=False, preexec_fn=start,
                          stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_words(tally, gate):
    alone = exec_with(gate, [b"initgate"])
    tally.add("without a command", None if alone[0] == 2 else alone)
    tally.add("argc 0", None if exec_with(gate, []) == alone else exec_with(gate, []))
    for name, (_, policy) in gate.policies.items():
        words = [b"verify", b"--format", b"json", b"--policy", policy.encode()]
        for first in (b"", b"--help", b"verify", b"/nowhere/x", b"\xff\n", b"x" * 100000):
            found = exec_with(gate, [first, *words])
            tally.add(f"argv[0] {first[:20]}, a policy that {name}",
                      None if found == gate.plain[name] else f"{found}, not {gate.plain[name]}")


def main():
    tally = tap.Tally()
    with tempfile.TemporaryDirectory() as work:
        gate = Gate(sys.argv[1], work)
        for name, (code, _) in gate.policies.items():
            found = gate.plain[name]
            tally.add(f"the policy that {name}", None if found[0] == code else found)
        for name, before in processes(gate):
            tally.add(name, difference(gate, before=before))
        for name, env in variables(gate):
            tally.add(name, difference(gate, env=env))
        tally.add("a relative path, the working directory removed", relative_path(gate))
        tally.add("RLIMIT_CPU", cpu_limit(gate))
        test_words(tally, gate)
        if os.uname().machine == "x86_64" and not gate.sanitized:
            tally.add("OPENSSL_ia32cap on a CPU that has less", other_cpu(gate))
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
