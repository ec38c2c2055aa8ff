# SPDX-License-Identifier: Apache-2.0
"""What run.py and usage.py share: counting, and running the gate so that a crash is no result."""
import os
import signal
import subprocess
import sys

SUPPORT = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(os.path.dirname(SUPPORT)))
# Not one of the gate's exit codes, so that a sanitizer's report is not taken for a verdict.
SANITIZER = 99
TIMEOUT = 60
# AddressSanitizer maps 15 TiB, which the kernel promises to nobody where vm.overcommit_memory is 2.
with open("/proc/sys/vm/overcommit_memory", encoding="ascii") as _f:
    SANITIZERS = "undefined" if _f.read().strip() == "2" else "address,undefined"
WHY_MAX = 6000  # a compiler's errors in a fixture can be long


class Tally:
    def __init__(self):
        self.passed = self.failed = 0

    def add(self, name, why=None):
        if why is None:
            self.passed += 1
            print(f"ok {name}")
        else:
            self.failed += 1
            why = str(why) if len(str(why)) <= WHY_MAX else str(why)[:WHY_MAX] + " ..."
            print(f"not ok {name}: " + why.replace("\n", "\n    "))
        sys.stdout.flush()

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return 0 if self.failed == 0 and self.passed > 0 else 1


def environment(**more):
    """The gate's: nothing of this process's INITGATE_ variables."""
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
           "ASAN_OPTIONS": f"exitcode={SANITIZER}", "LSAN_OPTIONS": f"exitcode={SANITIZER}",
           "UBSAN_OPTIONS": f"halt_on_error=1:exitcode={SANITIZER}:print_stacktrace=1"}
    env.update(more)
    return env


class Outcome:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    def defect(self):
        """Why this is no answer at all, or None."""
        if "Sanitizer" in self.err or "runtime error:" in self.err:
            return f"sanitizer report:\n{self.err}"
        if self.code not in (0, 1, 2, 3):
            return f"exit code {self.code}\n{self.err}"
        return None

    def __str__(self):
        return f"exit code {self.code}, output {self.out!r}, errors {self.err!r}"


def run(command, env=None, stdin=subprocess.DEVNULL, **more):
    """COMMAND to its end; text is decoded leniently, since the gate may print any byte."""
    data = more.pop("input", None)
    if data is not None:
        stdin = subprocess.PIPE
    process = subprocess.Popen(command, env=environment() if env is None else env, stdin=stdin,
                               stdout=more.pop("stdout", subprocess.PIPE),
                               stderr=more.pop("stderr", subprocess.PIPE),
                               start_new_session=True, **more)
    try:
        out, err = process.communicate(data, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return Outcome(-1, "", f"did not end within {TIMEOUT} seconds")
    return Outcome(process.returncode, (out or b"").decode(errors="surrogateescape"),
                   (err or b"").decode(errors="surrogateescape"))
