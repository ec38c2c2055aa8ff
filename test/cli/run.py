#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every check against its fixtures: run.py [-j JOBS] [--except CASE]... BINARY [CASE...]

A case is a folder test/data/checks/CHECK/STATUS[-NAME], STATUS one of pass, fail, warn, skip and
error: what CHECK must say there. In it:

  setup.sh     makes the state to judge below $1; runs as root, sourced by bash behind
               support/fixture.sh, in a mount namespace of its own with an empty tmpfs there
  policy.json  and
  args         what `verify` is given (one of the two, or both; args is split as a shell does)
  run.sh       (optional) runs the gate, "$@", in another way: another user, a chroot, ...
  late.sh      (optional) runs when the gate, pid $2, waits for its policy on standard input: for
               states in which a sanitized program could not start
  expect       "message = TEXT" or "message ~ PART OF IT"; likewise expected, observed, fix;
               "varies" where the message differs from run to run, so that the text report need
               only hold that part.
               "exit CODE" where it is not the one that STATUS alone leads to;
               "subject TEXT" where CHECK has several results;
               "other CHECK STATUS" for a result beside it

@ROOT@, @SHA256(FILE)@ and @SIZE(FILE)@, of a file below the root, stand for their values in
policy.json, args and expect. Each case is played twice, for the JSON and the text report, each time
from setup.sh on. A check of `initgate list` that lacks a pass, a fail or an error case is a
failure.

Needs root. The last line is "N passed, N failed".
"""
import argparse
import concurrent.futures
import ctypes
import fcntl
import hashlib
import json
import os
import re
import select
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import tap  # noqa: E402

CASES = os.path.join(tap.TOP, "test", "data", "checks")
ROOT = "/srv"  # in every Debian, and empty
EXITS = {"pass": 0, "fail": 1, "warn": 0, "skip": 0, "error": 3}
REQUIRED = ("pass", "fail", "error")
VERDICTS = {0: "pass", 1: "fail", 2: "error", 3: "error"}
KEYS = ["check", "subject", "status", "message", "expected", "observed", "fix", "items"]
FILES = {"setup.sh", "policy.json", "args", "run.sh", "late.sh", "expect"}
SECONDS = 60

CLONE_NEWNS = 0x20000
MS_REC, MS_PRIVATE = 0x4000, 0x40000
libc = ctypes.CDLL(None, use_errno=True)


# Of programs that the fixtures make, where the gate itself is another machine's (test/arm64.sh).
PLATFORM = os.environ.get("IG_TEST_PLATFORM")


class Fault(Exception):
    """What is wrong with a case or with the gate's answer."""


def checked(result, what):
    if result != 0:
        number = ctypes.get_errno()
        raise Fault(f"{what}: {os.strerror(number)}")


def enter_namespace():
    checked(libc.unshare(CLONE_NEWNS), "unshare")
    checked(libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None), "mount --make-rprivate /")
    checked(libc.mount(b"fixture", ROOT.encode(), b"tmpfs", 0, b"mode=0755"), f"tmpfs on {ROOT}")


class Case:
    def __init__(self, folder):
        self.folder = folder
        self.check, self.name = folder.split(os.sep)[-2:]
        self.status = self.name.split("-")[0]

    def __str__(self):
        return f"{self.check}/{self.name}"

    def path(self, name):
        return os.path.join(self.folder, name)

    def has(self, name):
        return os.path.exists(self.path(name))

    def text(self, name):
        with open(self.path(name), encoding="utf-8") as f:
            return substitute(f.read())

    def fault(self):
        if self.status not in EXITS:
            return "its name begins with no status"
        strangers = set(os.listdir(self.folder)) - FILES
        if strangers:
            return f"unknown file {strangers.pop()}"
        for name in ("setup.sh", "expect"):
            if not self.has(name):
                return f"lacks {name}"
        if not self.has("policy.json") and not self.has("args"):
            return "lacks policy.json or args"
        return None


def substitute(text):
    def digest(match):
        with open(os.path.join(ROOT, match.group(1)), "rb") as f:
            return hashlib.file_digest(f, "sha256").hexdigest()

    text = re.sub(r"@SHA256\(([^)]*)\)@", digest, text)
    text = re.sub(r"@SIZE\(([^)]*)\)@",
                  lambda m: str(os.path.getsize(os.path.join(ROOT, m.group(1)))), text)
    return text.replace("@ROOT@", ROOT)


class Expectation:
    def __init__(self, case):
        self.code, self.subject, self.varies = EXITS[case.status], None, False
        self.texts, self.others = [], []
        for line in case.text("expect").splitlines():
            word, _, rest = line.partition(" ")
            if word == "exit":
                self.code = int(rest)
            elif line == "varies":
                self.varies = True
            elif word == "subject":
                self.subject = rest
            elif word == "other":
                self.others.append(rest.split())
            elif word in KEYS[3:] and rest[:2] in ("= ", "~ "):
                self.texts.append((word, rest[0], rest[2:]))
            else:
                raise Fault(f"expect: what is \"{line}\"?")
        if not any(field == "message" for field, _, _ in self.texts):
            raise Fault("expect: asks for no message")


def shell(case, name, *arguments):
    return ["bash", "-euo", "pipefail", "-c", '. "$1"; . "$2" "${@:3}"', name,
            os.path.join(tap.SUPPORT, "fixture.sh"), case.path(name), *arguments]


def script(case, name, env, *arguments):
    """Its output goes to a file, since what it leaves behind may hold the descriptor."""
    with tempfile.TemporaryFile() as log:
        done = subprocess.run(shell(case, name, *arguments), env=env, stdout=log, stderr=log,
                              stdin=subprocess.DEVNULL, cwd=ROOT, check=False)
        log.seek(0)
        if done.returncode != 0:
            raise Fault(f"{name} failed ({done.returncode}): {log.read().decode(errors='replace')}")


def wait_until_read(pipe, process):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        unread, = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))
        if unread == 0:
            return
        time.sleep(0.002)
    process.kill()
    raise Fault(f"the gate did not read its policy: {process.communicate()[1].decode()}")


def run_late(case, command, policy, env):
    """The gate is past its start when it has read the blank before the policy."""
    inner, outer = os.pipe()
    process = subprocess.Popen(command, stdin=inner, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=env, cwd=ROOT)
    os.write(outer, b" ")
    wait_until_read(inner, process)
    script(case, "late.sh", env, ROOT, str(process.pid))
    os.close(inner)
    os.write(outer, policy)
    os.close(outer)
    out, err = process.communicate()
    return tap.Outcome(process.returncode, out.decode(), err.decode())


def play(case, form, gate):
    """In a process of its own: set the case up, run the gate, and tell what it said."""
    enter_namespace()
    env = tap.environment(ROOT=ROOT, SUPPORT=tap.SUPPORT, GATE_DIR=os.path.dirname(gate))
    if case.has("late.sh"):
        env["ASAN_OPTIONS"] += ":detect_leaks=0"  # it looks for threads in /proc
    script(case, "setup.sh", env, ROOT)
    expectation = Expectation(case)
    arguments = shlex.split(case.text("args"), comments=True) if case.has("args") else []
    policy = case.text("policy.json").encode() if case.has("policy.json") else None
    if policy is not None:
        arguments += ["--policy", "-"]
    if PLATFORM is not None and "--platform" not in arguments:
        arguments = [*arguments, "--platform", PLATFORM]
    command = [gate, "verify", *arguments, "--format", form]
    if case.has("run.sh"):
        command = shell(case, "run.sh", *command)
    if case.has("late.sh"):
        outcome = run_late(case, command, policy, env)
    else:
        outcome = tap.run(command, env, input=policy or b"", cwd=ROOT)
    return outcome, expectation


def in_child(function, *arguments):
    """FUNCTION's result (of plain data) from a child whose mounts and processes end with it."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        os.close(reader)
        try:
            answer = {"result": function(*arguments)}
        except Fault as fault:
            answer = {"fault": str(fault)}
        except BaseException:
            answer = {"fault": traceback.format_exc()}
        with open(writer, "w", encoding="utf-8") as f:
            json.dump(answer, f)
        os._exit(0)
    os.close(writer)
    data, deadline = b"", time.monotonic() + SECONDS
    while True:
        ready, _, _ = select.select([reader], [], [], max(0, deadline - time.monotonic()))
        piece = os.read(reader, 65536) if ready else b""
        if not piece:
            break
        data += piece
    os.close(reader)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    answer = json.loads(data) if data else {"fault": f"no answer within {SECONDS} seconds"}
    if "fault" in answer:
        raise Fault(answer["fault"])
    return answer["result"]


def summary(outcome):
    """A JSON report in few lines; anything else as it is."""
    try:
        results = json.loads(outcome.out)["results"]
    except (ValueError, KeyError):
        return outcome.out + outcome.err
    return "\n".join(f"| {r['status']} {r['check']} {r['subject']}: {r['message']}" for r in results
                     if not r["message"].startswith("Not asked")) + outcome.err


def demand(condition, what, outcome):
    if not condition:
        raise Fault(f"{what}\n{summary(outcome)}")


def judge_shape(report, outcome):
    """What holds of every JSON report."""
    demand(report["apiVersion"] == "initgate.dev/v1" and report["kind"] == "Report",
           "no report of this version", outcome)
    demand(report["verdict"] == VERDICTS[outcome.code],
           f"verdict {report['verdict']} with exit code {outcome.code}", outcome)
    for status, count in report["summary"].items():
        demand(count == sum(r["status"] == status for r in report["results"]),
               f"the summary miscounts {status}", outcome)
    for r in report["results"]:
        demand(list(r) == KEYS, f"a result has the keys {list(r)}", outcome)
        demand(r["status"] in EXITS and r["message"].endswith("."),
               f"{r['check']}: its message is no sentence: {r['message']}", outcome)
        demand(r["fix"] != "" or r["status"] in ("pass", "skip"),
               f"{r['check']}: {r['status']} without a fix: {r['message']}", outcome)
        demand(r["fix"] == "" or r["status"] != "pass",
               f"{r['check']}: passes, and says to do: {r['fix']}", outcome)


def judge_json(case, outcome, expectation):
    try:
        report = json.loads(outcome.out)
    except ValueError:
        raise Fault(f"no JSON: {outcome}") from None
    demand(outcome.code == expectation.code,
           f"exit code {outcome.code}, expected {expectation.code}", outcome)
    judge_shape(report, outcome)
    mine = [r for r in report["results"] if r["check"] == case.check and
            expectation.subject in (None, r["subject"])]
    demand(len(mine) == 1, f"{len(mine)} results where one was expected", outcome)
    result = mine[0]
    demand(result["status"] == case.status, f"status {result['status']}", outcome)
    for field, operator, text in expectation.texts:
        good = result[field] == text if operator == "=" else text in result[field]
        demand(good, f"{field} is\n{result[field]}\nexpected {operator}\n{text}", outcome)
    for check, status in expectation.others:
        demand([status] == [r["status"] for r in report["results"] if r["check"] == check],
               f"{check} is not {status}", outcome)
    return result


def judge_text(case, outcome, result, expectation):
    message = result["message"]
    if expectation.varies:
        message = next(text for field, _, text in expectation.texts if field == "message")
    demand(message in outcome.out, f"text lacks the message: {message}", outcome)
    verdict = VERDICTS[outcome.code]
    demand(f"initgate: {verdict}: " in outcome.out, "text lacks the verdict", outcome)
    if case.status in ("fail", "error", "warn"):
        end = "" if expectation.varies else message + "\n"
        demand(f"{end}       To do: {result['fix']}\n" in outcome.out, "text lacks what to do",
               outcome)


def play_plain(case, form, gate):
    outcome, expectation = play(case, form, gate)
    return vars(outcome), vars(expectation)


def run_case(case, gate):
    """None, or what is wrong."""
    fault = case.fault()
    if fault:
        return fault
    try:
        answers = {}
        for form in ("json", "text"):
            plain, wanted = in_child(play_plain, case, form, gate)
            outcome = tap.Outcome(plain["code"], plain["out"], plain["err"])
            demand(outcome.defect() is None, outcome.defect(), outcome)
            demand(outcome.err == "", "says something on standard error", outcome)
            expectation = Expectation.__new__(Expectation)
            vars(expectation).update(wanted)
            answers[form] = outcome
        demand(answers["json"].code == answers["text"].code, "exit codes differ by format",
               answers["text"])
        result = judge_json(case, answers["json"], expectation)
        judge_text(case, answers["text"], result, expectation)
    except Fault as fault:
        return str(fault)
    return None


def find_cases(selected):
    for check in sorted(os.listdir(CASES)):
        for name in sorted(os.listdir(os.path.join(CASES, check))):
            case = Case(os.path.join(CASES, check, name))
            if not selected or any(word in str(case) for word in selected):
                yield case


def judge_coverage(tally, gate, cases):
    outcome = tap.run([gate, "list", "--format", "json"])
    checks = [row["id"] for row in json.loads(outcome.out)] if outcome.code == 0 else []
    if not checks:
        tally.add("list", str(outcome))
    for check in checks:
        kinds = {case.status for case in cases if case.check == check}
        lacking = [kind for kind in REQUIRED if kind not in kinds]
        tally.add(f"{check} has fixtures", f"lacks {', '.join(lacking)}" if lacking else None)
    for check in sorted({case.check for case in cases} - set(checks)):
        tally.add(f"{check} has fixtures", "is no check of `initgate list`")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--except", dest="without", action="append", default=[],
                        help="all but this one, by its whole name")
    parser.add_argument("binary")
    parser.add_argument("case", nargs="*", help="only those whose name contains this")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("run.py: needs root: it mounts, and gives files to other users")
    tally = tap.Tally()
    cases = list(find_cases(options.case))
    for name in options.without:
        if name not in map(str, cases):
            tally.add(f"--except {name}", "there is no such case")
    played = [case for case in cases if str(case) not in options.without]
    scratch = tempfile.mkdtemp(prefix="initgate-cases.")
    try:
        # The gate is run as other users too, who may not reach the build folder.
        os.chmod(scratch, 0o755)
        gate = shutil.copy(options.binary, os.path.join(scratch, "initgate"))
        os.chmod(gate, 0o755)
        if not options.case:
            judge_coverage(tally, gate, cases)
        with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
            for case, why in zip(played, pool.map(run_case, played, [gate] * len(played))):
                tally.add(str(case), why)
    finally:
        shutil.rmtree(scratch)
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
