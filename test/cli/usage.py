#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Commands, flags, variables and exit codes: usage.py BINARY [GROUP...]

Each sentence of the contract on how the command is called and what it answers, with its exact
message. Prints "ok NAME" or "not ok NAME: why"; the last line is "N passed, N failed". Runs in a
mount namespace of its own, in which /dev is a tmpfs, so that a termination log can be put there:
needs root.
"""
import argparse
import contextlib
import ctypes
import functools
import hashlib
import json
import os
import pty
import random
import re
import select
import shutil
import stat
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import tap  # noqa: E402

COMMANDS = ["verify", "measure", "inspect", "install", "list", "explain", "schema", "version"]
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
ZERO, ONE = "0" * 64, "1" * 64
HEAD = '"apiVersion": "initgate.dev/v1", "kind": "Policy"'
LOG = "/dev/termination-log"
USER = 1001
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 0x40000
GROUPS = []


def group(function):
    GROUPS.append(function)
    return function


class Bench:
    """The gate, an empty folder to work in, and the results."""

    def __init__(self, gate, tally, folder):
        self.gate, self.tally, self.folder, self.name = gate, tally, folder, ""
        self.flags, self.variables = set(), set()

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text, mode=0o644):
        path = self.path(name)
        with open(path, "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        os.chmod(path, mode)
        return path

    def elf(self, name, *options):
        subprocess.run([sys.executable, os.path.join(tap.SUPPORT, "mkelf.py"), self.path(name),
                        *options], check=True)
        return self.path(name)

    def run(self, *arguments, env=None, user=None, **more):
        """The gate with ARGUMENTS; remembers which flags and variables were tried."""
        env = env or {}
        self.flags.update(a.split("=")[0] for a in arguments
                          if isinstance(a, str) and a.startswith("--"))
        self.variables.update(env)
        command = [self.gate, *arguments]
        if user is not None:
            command = ["setpriv", "--reuid", str(user), "--regid", str(user), "--clear-groups",
                       *command]
        more.setdefault("cwd", self.folder)
        return tap.run(command, tap.environment(**env), **more)

    def case(self, name, outcome, code, err=None, out=None, **checks):
        """ERR and OUT: the exact text; err_has, out_has: a part of it."""
        why = outcome.defect()
        if why is None and outcome.code != code:
            why = f"exit code {outcome.code}, expected {code}"
        for what, text, wanted in (("errors", outcome.err, err), ("output", outcome.out, out)):
            if why is None and wanted is not None and text != wanted:
                why = f"{what} are\n{text}\nexpected\n{wanted}"
        for what, text, wanted in (("errors", outcome.err, checks.get("err_has")),
                                   ("output", outcome.out, checks.get("out_has"))):
            if why is None and wanted is not None and wanted not in text:
                why = f"{what} lack\n{wanted}"
        self.add(name, None if why is None else f"{why}\n{outcome}")

    def usage(self, name, arguments, message, **more):
        """Exit code 2 with this message and nothing else."""
        self.case(name, self.run(*arguments, **more), 2, err=f"initgate: error: {message}\n",
                  out="")

    def true(self, name, condition, why="is not so"):
        self.add(name, None if condition else why)

    def add(self, name, why):
        self.tally.add(f"{self.name}: {name}", why)


def sha256(path):
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def report(outcome):
    """The JSON report, or {} where there is none."""
    try:
        return json.loads(outcome.out)
    except ValueError:
        return {}


def statuses(outcome, *checks):
    return [r["status"] for r in report(outcome).get("results", []) if r["check"] in checks]


@group
def commands(b):
    """The command line's first word."""
    b.usage("no command", [], "which command? `initgate --help` lists them")
    b.usage("unknown", ["frobnicate"], 'unknown command "frobnicate"')
    b.usage("did you mean", ["verfy"], 'unknown command "verfy"; did you mean verify?')
    b.usage("case", ["Verify"], 'unknown command "Verify"; did you mean verify?')
    b.usage("empty", [""], 'unknown command ""')
    b.usage("a flag first", ["--policy", "x"], 'unknown command "--policy"')
    b.usage("escaped", ["\033[2J\nok"], 'unknown command "\\x1b[2J\\nok"')
    for words in (["--help"], ["-h"], ["help"]):
        outcome = b.run(*words)
        b.case(words[0], outcome, 0, err="", out_has="usage: initgate COMMAND [flags]")
        b.true(f"{words[0]} names all commands",
               all(f"\n  {c} " in outcome.out for c in COMMANDS), outcome.out)
    b.usage("verify operand", ["verify", "/app/server"],
            'unexpected argument "/app/server"; programs are named with --binary or in the policy')
    b.usage("verify nothing", ["verify"],
            'nothing to check: name at least one binary, file or volume, or "proc"')
    b.usage("measure nothing", ["measure"], "measure what? name programs, files or a --volume")
    b.usage("inspect nothing", ["inspect"], "inspect takes one program, file or folder")
    b.usage("inspect two", ["inspect", "a", "b"], "inspect takes one program, file or folder")
    b.usage("install nothing", ["install"],
            "install takes one destination, a file or a directory")
    b.usage("install empty", ["install", ""],
            "install takes one destination, a file or a directory")
    b.usage("install two", ["install", "a", "b"],
            "install takes one destination, a file or a directory")
    b.usage("explain nothing", ["explain"], "explain takes one check; `initgate list` names them")
    b.usage("explain two", ["explain", "a", "b"],
            "explain takes one check; `initgate list` names them")
    b.usage("explain unknown", ["explain", "frobnicate"],
            'unknown check "frobnicate"; `initgate list` names them')
    b.usage("explain did you mean", ["explain", "binary.sha265"],
            'unknown check "binary.sha265"; did you mean binary.sha256?')
    for command in ("list", "schema", "version"):
        b.usage(f"{command} operand", [command, "x"], 'unexpected argument "x"')


@group
def help_pages(b):
    """--help is made from the table that parses: what it lists is taken, nothing else is."""
    every = {flag: takes for command in COMMANDS for flag, takes in listed(b, command).items()}
    b.true("some flags", len(every) > 10, str(every))
    for command in COMMANDS:
        outcome = b.run(command, "--help")
        b.case(f"{command} --help", outcome, 0, err="", out_has=f"usage: initgate {command}")
        b.case(f"{command} -h", b.run(command, "-h"), 0, err="", out=outcome.out)
        mine = listed(b, command)
        for flag, takes in sorted(every.items()):
            if flag not in mine:
                got = b.run(command, flag)
                b.case(f"{command} {flag} is refused", got, 2, err_has=f"unknown flag {flag}")
            elif takes is not None:
                b.usage(f"{command} {flag} is taken", [command, flag], f"{flag}: lacks its {takes}")
    outcome = b.run("verify", "--help", env={"INITGATE_NONSENSE": "1"})
    b.case("help in a wrong environment", outcome, 0)


def listed(b, command):
    """Flags of COMMAND --help: what each takes, or None."""
    text = b.run(command, "--help").out
    return {m[1]: m[2] or None for m in re.finditer(r"^  (--[a-z0-9-]+)(?: (\S+))?  ", text, re.M)}


@group
def flags(b):
    """Wrong flags, and values out of range."""
    b.usage("did you mean", ["verify", "--polcy", "x"],
            "unknown flag --polcy; did you mean --policy?")
    b.usage("did you mean, with a value", ["verify", "--sha265=" + ZERO],
            f"unknown flag --sha265={ZERO}; did you mean --sha256?")
    b.usage("unknown", ["verify", "--frobnicate"], "unknown flag --frobnicate")
    b.usage("one letter", ["verify", "-p", "x"], "unknown flag -p")
    b.usage("one hyphen", ["verify", "-policy", "x"],
            "unknown flag -policy; did you mean --policy?")
    b.usage("of another command", ["list", "--policy", "x"], "unknown flag --policy")
    b.usage("a switch with a value", ["verify", "--quiet=1"], "--quiet: takes no value")
    b.usage("--warn-only with a value", ["verify", "--warn-only=false"],
            "--warn-only: takes no value")
    b.usage("behind --", ["verify", "--", "--policy"],
            'unexpected argument "--policy"; programs are named with --binary or in the policy')
    for flag in ("policy", "binary", "sha256sums", "scan", "run-as", "root", "platform",
                 "container-mount", "format", "output", "stall", "timeout", "settle", "termination-log"):
        b.usage(f"--{flag} empty", ["verify", f"--{flag}", ""], f"--{flag}: is empty")
        b.usage(f"--{flag} blank", ["verify", f"--{flag}= \t"], f"--{flag}: is empty")
    for flag in ("policy", "sha256sums", "scan", "run-as", "root", "platform", "format", "output",
                 "termination-log", "stall", "timeout", "settle"):
        values = ("1", "2") if flag in ("stall", "timeout", "settle") else ("a", "b")
        b.usage(f"--{flag} twice",
                ["verify", f"--{flag}", values[0], f"--{flag}", values[1]],
                f"--{flag}: given twice")
    for text in ("0", "-1", "86401", "1.5", "1s", "x", "0x10", "18446744073709551617", " 5"):
        for flag in ("stall", "timeout", "settle"):
            b.usage(f"--{flag} {text}", ["verify", f"--{flag}", text],
                    f'--{flag}: "{text}" is not a number of seconds from 1 to 86400')
    b.usage("--settle without a volume", ["verify", "--binary", "/x", "--settle", "5"],
            "--settle: the policy names no volume")
    b.usage("--settle as long as --timeout", ["verify", "--settle", "5", "--timeout", "5"],
            "--settle: must be less than --timeout")
    formats = {"verify": "text, json, junit, sarif, tap, github", "inspect": "text, json, dot",
               "list": "text, json", "version": "text, json"}
    for command, known in formats.items():
        b.usage(f"{command} --format xml", [command, "--format", "xml"],
                f'unknown format "xml"; known: {known}')
        b.case(f"{command} --help names its formats", b.run(command, "--help"), 0,
               out_has=f"how to print it: {known}; default text\n")
    known = ("linux/amd64 linux/arm64 linux/386 linux/arm linux/ppc64le linux/s390x linux/riscv64 "
             "linux/loong64 linux/mips64le")
    for text in ("linux/pdp11", "windows/amd64", "linux/", "linux", "linux/amd64/x", "Linux/amd64"):
        b.usage(f"--platform {text}", ["verify", "--binary", "/x", "--platform", text],
                f'platform "{text}" is unknown; known: {known}')
    for text, fault in (("app", "is no absolute path"), ("./app", "is no absolute path"),
                        ("/", "is the whole root"), ("//.//", "is the whole root"),
                        ("/app/..", 'has a ".." in it'), ("/../app", 'has a ".." in it'),
                        ("/a\n/../b\\", 'has a ".." in it'), ("/a" * 2048, "is too long for a path")):
        shown = text.replace("\\", "\\\\").replace("\n", "\\n")
        why = (f'--container-mount: "{shown}" {fault}; give the mountPath of one of the container\'s '
               "volumeMounts")
        if len(text) < 1000:
            b.usage(f"--container-mount {text!r}",
                    ["verify", "--binary", "/x", "--container-mount", text], why)
        b.case(f"--container-mount {text[:20]!r} with --scan",
               b.run("verify", "--scan", b.folder, f"--container-mount={text}"), 2)
    for text in ("app", "1001", "1001:", ":1001", "1001:1001,", "1001:1001,x", "-1:1", "1:-1",
                 "4294967295:1", "1:4294967295", "1:2:3", "1 :2", "0x1:1", "1.0:1"):
        b.usage(f"--run-as {text}", ["verify", "--binary", "/x", "--run-as", text],
                f'"{text}" is not UID:GID[,GID...] with ids from 0 to 4294967294')


@group
def digests(b):
    """An expected digest is never taken for none."""
    program = b.elf("server")
    digest = sha256(program)
    verify = ["verify", "--binary", program]
    b.usage("empty", verify + ["--sha256", ""], "--sha256: is empty")
    b.usage("blank", verify + ["--sha256", " \t\n"], "--sha256: is empty")
    b.usage("= and nothing", verify + ["--sha256="], "--sha256: is empty")
    b.usage("short", verify + ["--sha256", "abc"],
            f'SHA256 of "{program}": must be 64 hex digits, not "abc"')
    b.usage("one digit more", verify + ["--sha256", digest + "0"],
            f'SHA256 of "{program}": must be 64 hex digits, not "{digest}0"')
    b.usage("a letter", verify + ["--sha256", "g" + digest[1:]],
            f'SHA256 of "{program}": must be 64 hex digits, not "g{digest[1:]}"')
    b.usage("a blank behind", verify + ["--sha256", digest + " "],
            f'SHA256 of "{program}": must be 64 hex digits, not "{digest} "')
    b.usage("a prefix", verify + ["--sha256", "sha256:" + digest],
            f'SHA256 of "{program}": must be 64 hex digits, not "sha256:{digest}"')
    b.usage("no binary before it", ["verify", "--sha256", digest, "--binary", program],
            "--sha256: names no --binary before it")
    b.usage("twice", verify + ["--sha256", digest, "--sha256", digest],
            f"--sha256: given twice for {program}")
    b.case("right", b.run(*verify, "--sha256", digest), 0, err="")
    b.case("right, upper case", b.run(*verify, f"--sha256={digest.upper()}"), 0, err="")
    b.case("wrong", b.run(*verify, "--sha256", ZERO), 1, err="",
           out_has=f"The program's SHA256 is {digest}, expected {ZERO}.")
    other = b.elf("other", "--tag", "other")
    outcome = b.run("verify", "--binary", program, "--binary", other, "--sha256", sha256(other),
                    "--format", "json")
    b.case("belongs to the binary before it", outcome, 0)
    b.true("and to no other", statuses(outcome, "binary.sha256") == ["skip", "pass"], str(outcome))
    b.case("same binary and digest twice",
           b.run(*verify, "--sha256", digest, *verify[1:], "--sha256", digest.upper()), 0)


@group
def contradictions(b):
    """Flags and variables add; one path with two digests is wrong usage."""
    program = b.elf("server")
    digest = sha256(program)
    twice = f'two digests are asked of "{program}": {digest} and {ZERO}'
    policy = b.write("policy.json", '{%s, "runAs": {"uid": 1001, "gid": 1001, "groups": [5, 6]}, '
                     '"binaries": [{"path": "%s", "sha256": "%s"}]}' % (HEAD, program, digest))
    b.usage("flag and flag", ["verify", "--binary", program, "--sha256", digest, "--binary",
                              program, "--sha256", ZERO], twice)
    b.usage("policy and flag", ["verify", "--policy", policy, "--binary", program, "--sha256",
                                ZERO], twice)
    b.usage("variables and variables", ["verify"], twice, env={
        "INITGATE_POLICY": policy, "INITGATE_BINARY": program, "INITGATE_SHA256": ZERO})
    odd = self_spelled(program)
    b.usage("the path spelled otherwise", ["verify", "--policy", policy, "--binary", odd,
                                           "--sha256", ZERO], twice.replace(program, odd))
    sums = b.write("SHA256SUMS", f"{ZERO}  {program}\n")
    outcome = b.run("verify", "--policy", policy, "--sha256sums", sums)
    b.case("policy's binary and checksum file", outcome, 2, out="",
           err_has="two digests are asked of")
    files = b.write("files.json", '{%s, "files": [{"path": "%s", "sha256": "%s"}]}'
                    % (HEAD, program, digest))
    b.usage("policy's file and checksum file",
            ["verify", "--policy", files, "--sha256sums", sums],
            f'checksum file {sums}: line 1: two digests are asked of "{program}": {digest} and '
            f'{ZERO}')
    both = b.write("both.json", '{%s, "binaries": [{"path": "/a", "sha256": "%s"}], '
                   '"files": [{"path": "/a", "sha256": "%s"}]}' % (HEAD, ZERO, ONE))
    b.usage("binary and file", ["verify", "--policy", both],
            f'two digests are asked of "/a": {ZERO} in binaries and {ONE} in files')
    b.case("the same digest again",
           b.run("verify", "--policy", policy, "--binary", program, "--sha256", digest), 0)
    bare = b.write("bare.json", '{%s, "binaries": [{"path": "%s"}]}' % (HEAD, program))
    b.case("a digest where the policy has none",
           b.run("verify", "--policy", bare, "--binary", program, "--sha256", ZERO), 1)
    off = b.write("off.json", '{%s, "binaries": [{"path": "%s", "sha256": false}]}'
                  % (HEAD, program))
    b.case("a digest where the policy switched it off",
           b.run("verify", "--policy", off, "--binary", program, "--sha256", ZERO), 1)
    b.usage("other user", ["verify", "--policy", policy, "--run-as", "1002:1001"],
            '"1002:1001" contradicts the policy\'s runAs, which is 1001:1001')
    b.usage("other groups", ["verify", "--policy", policy, "--run-as", "1001:1001,5"],
            '"1001:1001,5" contradicts the groups of the policy\'s runAs')
    b.case("same user", b.run("verify", "--policy", policy, "--run-as", "1001:1001,6,5"), 0)
    for flag, variable, one, two in (("policy", "INITGATE_POLICY", policy, files),
                                     ("sha256sums", "INITGATE_SHA256SUMS", sums, "other"),
                                     ("run-as", "INITGATE_RUN_AS", "1:1", "2:2")):
        b.usage(f"--{flag} and {variable}", ["verify", f"--{flag}", one],
                f"--{flag} and {variable} contradict each other", env={variable: two})
        again = b.run("verify", "--binary", program, f"--{flag}", one, env={variable: one})
        b.true(f"--{flag} and {variable} alike", "contradict each other" not in again.err and
               variable not in again.err, str(again))
    variables_beside_flags(b, program, policy, sums)


def variables_beside_flags(b, program, policy, sums):
    """An image can set variables: none adds to what the command line says is to be checked."""
    variables = {"INITGATE_POLICY": policy, "INITGATE_BINARY": program, "INITGATE_SHA256SUMS": sums}
    flags = {"policy": ["--policy", b.write("other.json", '{%s, "binaries": [{"path": "%s"}]}'
                                            % (HEAD, program))],
             "binary": ["--binary", program], "scan": ["--scan", b.folder],
             "sha256sums": ["--sha256sums", b.write("OTHER", f"{sha256(program)}  {program}\n")]}
    for name, value in variables.items():
        own = name.removeprefix("INITGATE_").lower()
        for flag, words in flags.items():
            b.usage(f"--{flag} and {name}", ["verify", *words],
                    f"--{flag} and {name} contradict each other"
                    if own == flag and flag != "binary" else
                    f"{name}: the command line says what to check, and no variable may add to it; "
                    f"remove the variable, or give it as --{own}", env={name: value})
    b.usage("--policy and INITGATE_RUN_AS", ["verify", *flags["policy"]],
            "INITGATE_RUN_AS: the command line says what to check, and no variable may add to it; "
            "remove the variable, or give it as --run-as", env={"INITGATE_RUN_AS": "0:0"})
    for command, words in (("measure", [program]), ("measure", ["--volume", b.folder])):
        b.usage(f"{command} {words[0]} and INITGATE_VOLUME", [command, *words],
                "INITGATE_VOLUME: the command line says what to check, and no variable may add to "
                "it; remove the variable, or give it as --volume", env={"INITGATE_VOLUME": "/usr"})


def self_spelled(path):
    return path.replace("/server", "/.//server")


@group
def checksum_files(b):
    """--sha256sums: the forms of sha256sum, and no garbage."""
    b.write("a", "A")
    b.write("b c", "B")
    odd = "x\ny\\z"
    b.write(odd, "C")
    made = {"text": [], "binary": ["--binary"], "tag": ["--tag"]}
    for name, options in made.items():
        text = subprocess.run(["sha256sum", *options, "a", "b c", odd], cwd=b.folder, check=True,
                              stdout=subprocess.PIPE).stdout
        sums = b.write("SUMS", text)
        outcome = b.run("verify", "--sha256sums", sums, "--format", "json")
        b.case(f"{name} form", outcome, 0, err="")
        b.true(f"{name} form: three files", statuses(outcome, "file.content") == ["pass"] * 3,
               str(outcome))
    b.case("standard input", b.run("verify", "--sha256sums", "-", input=text), 0)
    b.case("with the variable", b.run("verify", env={"INITGATE_SHA256SUMS": "SUMS"}), 0)
    windows = b.write("windows", f"# made\r\n\r\n{sha256(b.path('a'))}  a\r\n")
    b.case("Windows line ends and comments", b.run("verify", "--sha256sums", windows), 0)
    b.case("changed", b.run("verify", "--sha256sums", b.write("wrong", f"{ZERO}  a\n")), 1,
           out_has="The file's SHA256 is ")
    for name, text, message in (
            ("garbage", "hello\n", 'line 1 is no line of sha256sum: "hello"'),
            ("garbage behind", f"{ZERO}  a\nx\n", 'line 2 is no line of sha256sum: "x"'),
            ("short digest", "abc  a\n", 'line 1 is no line of sha256sum: "abc  a"'),
            ("no name", f"{ZERO}  \n", f'line 1 is no line of sha256sum: "{ZERO}  "'),
            ("one blank", f"{ZERO} a\n", f'line 1 is no line of sha256sum: "{ZERO} a"'),
            ("other digest", f"SHA512 (a) = {ZERO}\n",
             f'line 1 is no line of sha256sum: "SHA512 (a) = {ZERO}"'),
            ("none", "", "the checksum file has no entry"),
            ("only comments", "# x\n\n", "the checksum file has no entry"),
            ("NUL", f"{ZERO}  a\0b\n", "line 1 has a NUL byte"),
            ("standard input's name", f"{ZERO}  -\n",
             'line 1: "-" is standard input, not a file; a file of that name is "./-"'),
            ("two digests", f"{ZERO}  a\n{ONE}  ./a\n",
             f'line 2: two digests are asked of "./a": {ZERO} and {ONE}')):
        path = b.write("bad", text)
        b.usage(name, ["verify", "--sha256sums", path], f"checksum file {path}: {message}")
    b.usage("missing", ["verify", "--sha256sums", "nowhere"],
            "checksum file nowhere: cannot be opened: ENOENT (No such file or directory)")
    none = b.write("none", "")
    b.usage("empty, beside a binary", ["verify", "--binary", "a", "--sha256sums", none],
            f"checksum file {none}: the checksum file has no entry")


@group
def policies(b):
    """A policy that cannot be had, or cannot be understood."""
    program = b.elf("server")
    good = '{%s, "binaries": [{"path": "%s"}]}' % (HEAD, program)
    policy = b.write("policy.json", good)
    b.case("file", b.run("verify", "--policy", policy), 0, err="")
    b.case("standard input", b.run("verify", "--policy", "-", input=good.encode()), 0, err="")
    b.case("standard input by variable",
           b.run("verify", env={"INITGATE_POLICY": "-"}, input=good.encode()), 0, err="")
    b.case("relative", b.run("verify", "--policy", "policy.json"), 0, err="")
    b.usage("missing", ["verify", "--policy", "/nowhere/p.json"],
            "policy /nowhere/p.json: cannot be opened: ENOENT (No such file or directory)")
    b.usage("missing, beside a binary", ["verify", "--policy", "/nowhere", "--binary", program],
            "policy /nowhere: cannot be opened: ENOENT (No such file or directory)")
    b.usage("a directory", ["verify", "--policy", b.folder],
            f"policy {b.folder}: cannot be read: EISDIR (Is a directory)")
    secret = b.write("secret.json", good, 0o600)
    b.usage("unreadable", ["verify", "--policy", secret],
            f"policy {secret}: cannot be opened: EACCES (Permission denied)", user=USER)
    b.usage("standard input closed", ["verify", "--policy", "-"],
            "policy (standard input): the policy is empty")
    fifo = b.path("fifo")
    os.mkfifo(fifo)
    start = time.monotonic()
    outcome = b.run("verify", "--policy", fifo, "--timeout", "1")
    b.case("FIFO without a writer", outcome, 2, out="",
           err_has=f"initgate: error: policy {fifo}: nothing more came: ETIMEDOUT (")
    b.true("FIFO: ended in time", time.monotonic() - start < tap.TIMEOUT)
    reader, writer = os.pipe()
    os.write(writer, good[:20].encode())
    outcome = b.run("verify", "--policy", "-", "--timeout", "1", stdin=reader)
    os.close(reader)
    os.close(writer)
    b.case("pipe that stays open", outcome, 2, err_has="ETIMEDOUT", out="")
    big = b.write("big.json", good + " " * ((16 << 20) - len(good)))
    b.case("16 MiB", b.run("verify", "--policy", big), 0)
    with open(big, "a", encoding="ascii") as f:
        f.write(" ")
    b.usage("over 16 MiB", ["verify", "--policy", big], f"policy {big}: is larger than 16 MiB")
    b.usage("/dev/zero", ["verify", "--policy", "/dev/zero"],
            "policy /dev/zero: is larger than 16 MiB")
    for name, text, message in (
            ("empty", "", "the policy is empty"),
            ("blank", " \n\t", "the policy is empty"),
            ("not JSON", "policy: x",
             "line 1, column 1: JSON (YAML must be rendered first, as Helm's toJson does) is "
             "expected, not 'p'"),
            ("text behind", good + "x",
             f"line 1, column {len(good) + 1}: text after the end of the JSON value"),
            ("a second value", good + good,
             f"line 1, column {len(good) + 1}: text after the end of the JSON value"),
            ("NUL", good + "\0", f"line 1, column {len(good) + 1}: a NUL byte"),
            ("not UTF-8", b'{"a\xff": 1}',
             "line 1, column 4: a byte that is not UTF-8 in a string"),
            ("unknown key", '{%s, "binaries": [{"path": "/x", "sha25": "%s"}]}' % (HEAD, ZERO),
             'binaries[0].sha25: unknown key; did you mean "sha256"?'),
            ("key in another case", '{%s, "Binaries": []}' % HEAD,
             'Binaries: unknown key; did you mean "binaries"?'),
            ("duplicate key", '{%s, "files": [], "files": []}' % HEAD,
             "files: the key is there twice"),
            ("wrong type", '{%s, "binaries": {"path": "/x"}}' % HEAD,
             "binaries: must be an array, not an object"),
            ("bad hex", '{%s, "binaries": [{"path": "/x", "sha256": "xyz"}]}' % HEAD,
             'binaries[0].sha256: must be 64 hex digits, not "xyz"'),
            ("empty digest", '{%s, "binaries": [{"path": "/x", "sha256": ""}]}' % HEAD,
             "binaries[0].sha256: is empty; give 64 hex digits, or leave it out where no digest is "
             "asked"),
            ("blank digest", '{%s, "files": [{"path": "/x", "sha256": "  "}]}' % HEAD,
             "files[0].sha256: is blank; give 64 hex digits, or leave it out where no digest is "
             "asked"),
            ("number out of range", '{%s, "runAs": {"uid": 4294967295, "gid": 0}}' % HEAD,
             "runAs.uid: must be a whole number from 0 to 4294967294"),
            ("other version", '{"apiVersion": "initgate.dev/v2", "kind": "Policy"}',
             'apiVersion: "initgate.dev/v2" is not supported; this version of initgate reads '
             '"initgate.dev/v1"'),
            ("deep", "[" * 10_000_000, "line 1, column 33: more than 32 levels of nesting")):
        path = b.write("bad.json", text)
        b.usage(name, ["verify", "--policy", path], f"policy {path}: {message}")
    b.usage("no subjects", ["verify", "--policy", b.write("bad.json", "{%s}" % HEAD)],
            'nothing to check: name at least one binary, file or volume, or "proc"')
    twice = '{%s, "binaries": [{"path": "/x"}, {"path": "/./x"}]}' % HEAD
    b.usage("the same path twice", ["verify", "--policy", b.write("bad.json", twice)],
            'binaries: "/./x" is there twice')


@group
def variables(b):
    """INITGATE_* one by one: unknown, empty, and each doing what its flag does."""
    program = b.elf("server")
    digest = sha256(program)
    b.usage("mistyped", ["verify", "--binary", program],
            "unknown variable INITGATE_SHA265; did you mean INITGATE_SHA256?",
            env={"INITGATE_SHA265": ZERO})
    b.usage("mistyped and empty", ["verify", "--binary", program],
            "unknown variable INITGATE_SHA265; did you mean INITGATE_SHA256?",
            env={"INITGATE_SHA265": ""})
    b.usage("in lower case", ["verify", "--binary", program],
            "unknown variable INITGATE_sha256; did you mean INITGATE_SHA256?",
            env={"INITGATE_sha256": ZERO})
    for name in ("INITGATE_FROBNICATE", "INITGATE_", "INITGATE_FOO_HOST", "INITGATE_SERVICE_NAME"):
        b.usage(f"unknown {name}", ["version"], f"unknown variable {name}", env={name: "x"})
    for command in COMMANDS:
        b.case(f"{command}: empty", b.run(command, env={"INITGATE_POLICY": ""}), 2, out="",
               err_has="initgate: error: ")
    b.usage("empty, for a flag of another command", ["list"],
            "INITGATE_POLICY: is empty; set it or remove it", env={"INITGATE_POLICY": ""})
    for flag in ("WARN_ONLY", "HELP", "ROOT", "SCAN", "PLATFORM"):
        for command in COMMANDS:
            b.usage(f"{command}: INITGATE_{flag} does not exist", [command],
                    f"unknown variable INITGATE_{flag}; only the flag "
                    f"--{flag.lower().replace('_', '-')} does that", env={f"INITGATE_{flag}": "/"})
    b.usage("INITGATE_IMAGE does not exist", ["verify"], "unknown variable INITGATE_IMAGE",
            env={"INITGATE_IMAGE": "x"})
    known = {
        "INITGATE_POLICY": b.write("p.json", '{%s, "files": [{"path": "server"}]}' % HEAD),
        "INITGATE_BINARY": program, "INITGATE_SHA256SUMS": b.write("SUMS", f"{digest}  server\n"),
        "INITGATE_RUN_AS": "1001:1001",
        "INITGATE_FORMAT": "json", "INITGATE_OUTPUT": b.path("out"), "INITGATE_QUIET": "true",
        "INITGATE_STALL": "5", "INITGATE_TIMEOUT": "5", "INITGATE_TERMINATION_LOG": b.path("log"),
        "INITGATE_SHA256": digest, "INITGATE_SETTLE": "5",
    }
    for name in sorted(known):
        for value, what in (("", "empty"), (" \t\n", "blank")):
            env = {name: value}
            if name == "INITGATE_SHA256":
                env["INITGATE_BINARY"] = program
            outcome = b.run("verify", "--binary", program, env=env)
            b.case(f"{name} {what}", outcome, 2, err_has=f"initgate: error: {name}: ", out="")
    helped = set(re.findall(r"variable: (\S+)", b.run("verify", "--help").out))
    b.true("--help lists these and no others", helped == set(known), str(helped ^ set(known)))

    def verify(*arguments, **env):
        return b.run("verify", *arguments, env=env)

    outcome = verify("--format", "json", INITGATE_POLICY=known["INITGATE_POLICY"])
    b.case("INITGATE_POLICY", outcome, 0, out_has='"check": "file.content"')
    b.case("INITGATE_BINARY", verify(INITGATE_BINARY=program), 0, out_has="binary.file")
    outcome = verify("--format", "json", INITGATE_BINARY=b.elf("second"),
                     INITGATE_POLICY=known["INITGATE_POLICY"])
    b.true("INITGATE_BINARY adds to INITGATE_POLICY", statuses(outcome, "binary.file") == ["pass"],
           str(outcome))
    b.case("INITGATE_SHA256", verify(INITGATE_BINARY=program, INITGATE_SHA256=digest), 0,
           out_has="The program's SHA256 is the expected one.")
    b.case("INITGATE_SHA256 wrong", verify(INITGATE_BINARY=program, INITGATE_SHA256=ZERO), 1)
    b.usage("INITGATE_SHA256 short", ["verify"],
            f'SHA256 of "{program}": must be 64 hex digits, not "ab"',
            env={"INITGATE_BINARY": program, "INITGATE_SHA256": "ab"})
    b.usage("INITGATE_SETTLE", ["verify", "--binary", program],
            "--settle: the policy names no volume", env={"INITGATE_SETTLE": "5"})
    b.usage("INITGATE_SHA256 alone", ["verify", "--binary", program],
            "INITGATE_SHA256: is set without INITGATE_BINARY", env={"INITGATE_SHA256": digest})
    b.case("INITGATE_SHA256SUMS", verify(INITGATE_SHA256SUMS=known["INITGATE_SHA256SUMS"]), 0,
           out_has="The file's SHA256 is the expected one.")
    b.case("INITGATE_RUN_AS", verify("--binary", program, INITGATE_RUN_AS="7:8,9"), 0,
           out_has="uid 7 gid 8 groups 9 may reach and execute it.")
    b.true("INITGATE_FORMAT", report(verify("--binary", program, INITGATE_FORMAT="json")) != {})
    b.case("INITGATE_FORMAT unknown", verify("--binary", program, INITGATE_FORMAT="xml"), 2,
           err_has='unknown format "xml"; known: text, json')
    b.case("a display flag wins over its variable",
           verify("--binary", program, "--format", "text", INITGATE_FORMAT="json"), 0,
           out_has="initgate: pass: ")
    b.case("INITGATE_OUTPUT", verify("--binary", program, INITGATE_OUTPUT=b.path("out")), 0, out="")
    with open(b.path("out"), encoding="utf-8") as f:
        b.true("INITGATE_OUTPUT written", "initgate: pass: " in f.read())
    for value, out in (("true", ""), ("1", ""), ("false", None), ("0", None)):
        outcome = verify("--binary", program, INITGATE_QUIET=value)
        b.case(f"INITGATE_QUIET={value}", outcome, 0, out=out)
        b.true(f"INITGATE_QUIET={value}: output", (outcome.out == "") == (out == ""))
    b.usage("INITGATE_QUIET=maybe", ["verify", "--binary", program],
            'INITGATE_QUIET: "maybe" is neither true nor false', env={"INITGATE_QUIET": "maybe"})
    for name in ("STALL", "TIMEOUT"):
        b.case(f"INITGATE_{name}", verify("--binary", program, **{f"INITGATE_{name}": "5"}), 0)
        b.usage(f"INITGATE_{name} out of range", ["verify", "--binary", program],
                f'INITGATE_{name}: "0" is not a number of seconds from 1 to 86400',
                env={f"INITGATE_{name}": "0"})
    b.case("INITGATE_TERMINATION_LOG",
           verify("--binary", program, INITGATE_TERMINATION_LOG=b.path("log")), 0)
    with open(b.path("log"), encoding="utf-8") as f:
        b.true("INITGATE_TERMINATION_LOG written", f.read().startswith("initgate: pass: "))


@group
def services(b):
    """What Kubernetes injects for Services named initgate or initgate-..."""
    program = b.elf("server")
    injected = ["SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTPS", "PORT", "PORT_443_TCP",
                "PORT_443_TCP_PROTO", "PORT_443_TCP_PORT", "PORT_443_TCP_ADDR", "PORT_53_UDP"]
    env = {f"INITGATE_{middle}{name}": "tcp://10.0.0.1:443"
           for name in injected for middle in ("", "WEBHOOK_", "SHA256_", "METRICS_V2_")}
    b.case("all of them", b.run("verify", "--binary", program, env=env), 0, err="")
    for command in ("list", "schema", "version"):
        b.case(f"{command} with them", b.run(command, env=env), 0, err="")
    b.case("not told from a digest",
           b.run("verify", "--binary", program, env={**env, "INITGATE_SHA265": ZERO}), 2)
    for name in ("INITGATE_REPORT", "INITGATE_SUPPORT_X", "INITGATE_SERVICE",
                 "INITGATE_TRANSPORT_1", "INITGATE_SERVICE_HOSTS"):
        b.case(f"{name} is none", b.run("version", env={name: "x"}), 2,
               err_has=f"unknown variable {name}")


@group
def exit_codes(b):
    """0, 1, 2, 3; what wins; what --warn-only forgives."""
    good, bad = b.elf("good"), b.elf("bad", "--mode", "0777")
    hidden = b.elf("hidden", "--mode", "0711")

    def verify(*arguments, **more):
        return b.run("verify", *arguments, **more)

    unreadable = ["--binary", hidden, "--sha256", ZERO]
    b.case("0", verify("--binary", good), 0, out_has="initgate: pass: ")
    b.case("1", verify("--binary", bad), 1, out_has="initgate: fail: ")
    b.case("2", verify("--binary", good, "--format", "x"), 2, out="")
    b.case("3", verify(*unreadable, user=USER), 3, out_has="initgate: error: ")
    outcome = verify(*unreadable, "--binary", bad, "--format", "json", user=USER)
    b.case("1 wins over 3", outcome, 1)
    b.true("verdict fail", report(outcome).get("verdict") == "fail", str(outcome))
    b.case("--warn-only: 0 stays", verify("--binary", good, "--warn-only"), 0)
    outcome = verify("--binary", bad, "--warn-only", "--format", "json")
    b.case("--warn-only: 1 becomes 0", outcome, 0)
    b.true("--warn-only: the verdict stays", report(outcome).get("verdict") == "fail", str(outcome))
    b.case("--warn-only: 2 stays", verify("--binary", good, "--warn-only", "--format", "x"), 2)
    b.case("--warn-only: 3 stays", verify(*unreadable, "--warn-only", user=USER), 3)
    b.case("--warn-only: 3 behind 1 shows",
           verify(*unreadable, "--binary", bad, "--warn-only", user=USER), 3)
    b.case("--warn-only: missing root", verify("--binary", "/x", "--root", "/nowhere",
                                               "--warn-only"), 0)
    b.case("--warn-only: report not written",
           verify("--binary", bad, "--warn-only", "--output", "/dev/full"), 3)
    off = ", ".join(f'"{key}": false' for key in ("file", "sha256", "access", "machine",
                                                  "interpreter", "mount"))
    proc = '"proc": {"mounted": false, "selfExe": false, "overmounts": false}'
    nothing = b.write("nothing.json", '{%s, "binaries": [{"path": "%s", %s}], %s}'
                      % (HEAD, good, all_off(b, "binaries", off), proc))
    outcome = verify("--policy", nothing)
    b.case("nothing passed or failed", outcome, 2, out_has="no check passed or failed")
    b.case("nothing passed or failed, --warn-only", verify("--policy", nothing, "--warn-only"), 2)
    warn = b.write("warn.json", '{%s, "binaries": [{"path": "%s", "file": {"severity": "warn"}}]}'
                   % (HEAD, bad))
    b.case("a warning is no failure", verify("--policy", warn), 0, out_has="1 warning: binary.file")
    b.case("proc alone", verify("--policy", b.write("proc.json", '{%s, "proc": {}}' % HEAD)), 0)


def all_off(b, family, known):
    """Every check of FAMILY switched off, those added later too."""
    rows = json.loads(b.run("list", "--format", "json").out)
    keys = [row["key"] for row in rows if row["family"] == family]
    return ", ".join(f'"{key}": false' for key in keys) or known


@group
def paths(b):
    """Where relative paths start, and what --root confines."""
    program = b.elf("server")
    digest = sha256(program)
    os.makedirs(b.path("image/app"))
    shutil.copy(program, b.path("image/app/server"))
    os.mkdir(b.path("empty"))
    b.case("from the working directory",
           b.run("verify", "--binary", "server", "--sha256", digest), 0)
    b.case("with dots", b.run("verify", "--binary", "./image/../server"), 0)
    b.case("from elsewhere", b.run("verify", "--binary", "server", cwd="/usr"), 1,
           out_has="ENOENT (No such file or directory) at /usr/server.")
    b.case("from --root", b.run("verify", "--root", "image", "--binary", "app/server"), 0)
    b.case("from --root, not the working directory",
           b.run("verify", "--root", "image", "--binary", "server"), 1, out_has="at /server.")
    b.case("--root /", b.run("verify", "--root", "/", "--binary", program), 0)
    b.case("never outside --root",
           b.run("verify", "--root", "image", "--binary", "../../../server"), 1,
           out_has="at /server.")
    for root, words in (("nowhere", "does not exist"), ("empty", "is empty"),
                        ("server", "is not a directory")):
        for form in ("text", "json"):
            outcome = b.run("verify", "--root", root, "--binary", "/server", "--format", form)
            b.case(f"--root that {words}, {form}", outcome, 1, err="",
                   out_has=f"--root {root} {words}: nothing below it can be judged.")
    volumes = b.write("volumes.json", '{%s, "volumes": [{"mountPath": "/x"}]}' % HEAD)
    b.case("--root empty and no program",
           b.run("verify", "--root", "empty", "--policy", volumes), 1)
    proc = b.write("proc.json", '{%s, "proc": {}}' % HEAD)
    b.case("--root empty and only /proc", b.run("verify", "--root", "empty", "--policy", proc), 1,
           out_has="--root empty is empty")
    private = b.path("private")
    os.makedirs(private + "/image/app", 0o755)
    os.chmod(private, 0o700)
    b.case("--root that may not be reached",
           b.run("verify", "--root", private + "/image", "--binary", "/x", user=USER), 3,
           err_has="EACCES (Permission denied)")
    for command in ("measure", "inspect"):
        outcome = b.run(command, "--root", "empty", "server")
        b.case(f"{command} --root empty", outcome, 3, out="",
               err_has="--root empty is empty: nothing below it can be judged.")
    b.case("--platform", b.run("verify", "--platform", "linux/amd64", "--binary",
                               b.elf("amd", "--machine", "62")), 0)
    b.case("--platform of another machine",
           b.run("verify", "--platform", "linux/arm64", "--binary",
                 b.elf("amd", "--machine", "62")), 1,
           out_has="which linux/arm64 does not run")


@group
def outputs(b):
    """Where the report goes; a report that is not written is no pass."""
    good, bad = b.elf("good"), b.elf("bad", "--mode", "0777")
    named = b.write("named.json", '{%s, "metadata": {"name": "the server"}, "files": [{"path": '
                    '"good"}]}' % HEAD)
    outcome = b.run("verify", "--policy", named, "--format", "json")
    b.true("JSON names the policy", report(outcome).get("policy") == "the server", str(outcome))
    for form in ("text", "json", "junit", "sarif", "tap", "github"):
        plain = b.run("verify", "--binary", bad, "--format", form)
        out = b.write("out", "x" * 100000)
        outcome = b.run("verify", "--binary", bad, "--format", form, "--output", out)
        b.case(f"--output, {form}", outcome, 1, out="", err="")
        with open(out, encoding="utf-8") as f:
            b.true(f"--output holds the report, {form}", f.read() == plain.out)
    full = "ENOSPC (No space left on device)"
    writers = {"verify": ["--binary", good], "measure": [good], "inspect": [good], "list": [],
               "explain": ["binary.file"], "schema": [], "version": [], "--help": []}
    for command, arguments in writers.items():
        outcome = shell(b, 'exec "$@" >/dev/full', command, *arguments)
        b.case(f"{command} >/dev/full", outcome, 3,
               err=f"initgate: error: cannot write standard output: {full}\n")
        outcome = shell(b, 'exec "$@" >&-', command, *arguments)
        b.case(f"{command} >&-", outcome, 3,
               err="initgate: error: cannot write standard output: EBADF (Bad file descriptor)\n")
        reader, writer = os.pipe()
        os.close(reader)
        outcome = b.run(command, *arguments, stdout=writer)
        os.close(writer)
        b.case(f"{command} without a reader", outcome, 3,
               err="initgate: error: cannot write standard output: EPIPE (Broken pipe)\n")
    for command, arguments in writers.items():
        if "--output" not in listed(b, command):
            continue
        for path, words in (("/dev/full", full),
                            ("nowhere/out", "ENOENT (No such file or directory)"),
                            (b.folder, "EISDIR (Is a directory)")):
            outcome = b.run(command, *arguments, "--output", path)
            b.case(f"{command} --output {os.path.basename(path)}", outcome, 3, out="",
                   err=f"initgate: error: cannot write {path}: {words}\n")
    log = b.path("log")
    for name, binary, code, line in (
            ("a pass", good, 3, "error: cannot write nowhere/out: ENOENT (No such file or directory)"),
            ("a failure", bad, 1, "fail: ")):
        outcome = b.run("verify", "--binary", binary, "--output", "nowhere/out",
                        "--termination-log", log)
        b.case(f"{name} without its report", outcome, code)
        b.true(f"{name} without its report: the pod's status says why it is blocked",
               read(log).startswith(f"initgate: {line}"))
    b.case("1 wins over an unwritten report", b.run("verify", "--binary", bad, "--output",
                                                    "/dev/full"), 1)
    b.case("1 wins over standard output closed", shell(b, 'exec "$@" >&-', "verify", "--binary",
                                                       bad), 1)
    b.case("standard error closed", shell(b, 'exec "$@" 2>&-', "verify", "--binary", good), 0)
    b.case("standard error closed, wrong usage", shell(b, 'exec "$@" 2>&-', "verify"), 2)
    b.case("all closed", shell(b, 'exec "$@" <&- >&- 2>&-', "verify", "--binary", good), 3)
    b.case("all closed, --output",
           shell(b, 'exec "$@" <&- >&- 2>&-', "verify", "--binary", good, "--output", b.path("o")),
           0)
    with open(b.path("o"), encoding="utf-8") as f:
        b.true("all closed, --output: written whole", "initgate: pass: " in f.read())
    b.case("--quiet, pass", b.run("verify", "--quiet", "--binary", good), 0, out="", err="")
    outcome = b.run("verify", "--quiet", "--binary", bad)
    b.case("--quiet, fail", outcome, 1, out_has="To do: ")
    b.true("--quiet, fail: no table", "pass   " not in outcome.out, outcome.out)
    outcome = b.run("verify", "--quiet", "--binary", bad, "--format", "json")
    b.case("--quiet changes no JSON", outcome, 1,
           out=b.run("verify", "--binary", bad, "--format", "json").out)


def shell(b, script, *arguments):
    return tap.run(["bash", "-c", script, "bash", b.gate, *arguments], cwd=b.folder)


@group
def colours(b):
    """On a terminal only, and not where NO_COLOR is set."""
    program = b.elf("server")
    policy = b.write("policy.json", '{%s, "binaries": [{"path": "%s"}]}' % (HEAD, program))
    plain = b.run("verify", "--policy", policy)
    b.true("none in a pipe", "\033" not in plain.out and plain.out != "", plain.out)

    def terminal(*arguments, **env):
        """What reaches the terminal (standard output and error), and the exit code."""
        pid, fd = pty.fork()
        if pid == 0:
            os.chdir(b.folder)
            os.execve(b.gate, [b.gate, *arguments], tap.environment(**env))
        data = b""
        with contextlib.suppress(OSError):
            while piece := os.read(fd, 65536):
                data += piece
        os.close(fd)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        return tap.Outcome(code, data.decode().replace("\r\n", "\n").replace("\r\033[K", ""), "")

    outcome = terminal("verify", "--policy", policy)
    b.case("on a terminal", outcome, 0, out_has="\033[32mpass \033[0m")
    b.true("and nothing else differs",
           re.sub(r"\033\[[0-9;]*m", "", outcome.out) == plain.out, outcome.out)
    b.case("NO_COLOR=1", terminal("verify", "--policy", policy, NO_COLOR="1"), 0, out=plain.out)
    b.case("NO_COLOR empty", terminal("verify", "--policy", policy, NO_COLOR=""), 0,
           out_has="\033[32m")
    outcome = terminal("verify", "--policy", policy, "--output", b.path("out"))
    b.case("to a file", outcome, 0, out="")
    with open(b.path("out"), encoding="utf-8") as f:
        b.true("to a file: plain", f.read() == plain.out)
    json_plain = b.run("verify", "--policy", policy, "--format", "json")
    b.case("JSON", terminal("verify", "--policy", policy, "--format", "json"), 0,
           out=json_plain.out)
    b.case("a failure", terminal("verify", "--binary", "/nowhere"), 1,
           out_has="\033[1;31mfail \033[0m")
    b.case("wrong usage", terminal("verify"), 2,
           out='initgate: error: nothing to check: name at least one binary, file or volume, or '
           '"proc"\n')


@group
def progress(b):
    """On standard error, on a terminal only; and a file without end ends at --timeout."""
    endless = b.path("endless")
    with open(endless, "wb") as f:
        f.truncate(1 << 40)
    os.chmod(endless, 0o755)
    arguments = ["--binary", endless, "--sha256", ZERO, "--timeout", "2"]
    outcome = b.run("verify", *arguments)
    b.case("1 TB", outcome, 3, err="",
           out_has="The time for all checks was used up (--timeout 2 seconds)")
    inner, outer = pty.openpty()
    outcome = b.run("verify", *arguments, stderr=outer)
    shown = os.read(inner, 65536).decode()
    os.close(inner)
    os.close(outer)
    b.case("on a terminal", outcome, 3)
    b.true("on a terminal: shown", re.search(r"\r\x1b\[Kinitgate: \d+ of \d+ checks, "
                                                       r"\d+\.\d [KMG]iB of 1\.0 TiB, \d+\.\d [KMG]iB/s, "
                                                       r"\d+ min left", shown),
           repr(shown))
    b.true("on a terminal: taken away at the end", shown.endswith("\r\033[K"), repr(shown))
    volume = b.path("volume")
    os.mkdir(volume)
    for name in ("a", "b", "c"):
        with open(f"{volume}/{name}", "wb") as f:
            f.truncate(1 << 40)
    with open(f"{volume}/small", "wb") as f:
        f.write(b"small")
    policy = b.write("progress.json", '{%s, "volumes": [{"mountPath": "%s", "mounted": false, '
                                      '"tree": {"sha256": "%s"}}]}' % (HEAD, volume, ZERO))
    inner, outer = pty.openpty()
    outcome = b.run("verify", "--policy", policy, "--timeout", "3", stderr=outer)
    shown = os.read(inner, 65536).decode()
    os.close(inner)
    os.close(outer)
    b.case("a volume on a terminal", outcome, 3)
    b.true("a volume on a terminal: files, bytes, rate, time left",
           re.search(r"\r\x1b\[Kinitgate: \d+ of \d+ checks, [0-4] of 4 files, "
                     r"\d+\.\d [MG]iB of 3\.0 TiB, \d+\.\d [MG]iB/s, \d+ min left", shown),
           repr(shown))


@contextlib.contextmanager
def log_file(text="", mode=0o666):
    """The kubelet's termination log: there before the gate starts."""
    with open(LOG, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(LOG, mode)
    try:
        yield
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(LOG)


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


@group
def termination_log(b):
    """The pod's status: the verdict and the failures first, in 4096 bytes."""
    good, bad = b.elf("good"), b.elf("bad", "--mode", "0777")
    uncompared = ("The program's content was not compared: no digest was given. To do: Give its "
                  "sha256 (`initgate measure` prints it).")
    b.case("none there", b.run("verify", "--binary", good), 0, err="")
    b.true("none made", not os.path.exists(LOG))
    with log_file("old " * 100):
        b.case("pass", b.run("verify", "--binary", good), 0, err="")
        b.true("pass: what nothing was compared with is named", re.fullmatch(
            rf"initgate: pass: \d+ checks passed, 1 skipped: binary.sha256 \({good}\)\n"
            rf"skip binary.sha256 {good}: {re.escape(uncompared)}\n", read(LOG)), read(LOG))
        b.case("pass with a digest", b.run("verify", "--binary", good, "--sha256", sha256(good)),
               0, err="")
        b.true("pass with a digest: replaced",
               re.fullmatch(r"initgate: pass: \d+ checks passed\n", read(LOG)), read(LOG))
        b.case("fail", b.run("verify", "--binary", bad, "--quiet"), 1)
        lines = read(LOG).splitlines()
        b.true("fail: the verdict first",
               lines[0].startswith("initgate: fail: 1 of ") and f"binary.file ({bad})" in lines[0],
               lines[0])
        b.true("fail: sentences", lines[1:] ==
               [f"fail binary.file {bad}: Others could replace it: the file {bad} may be written "
                f"by anyone (mode 0777). To do: Remove the write permission: chmod o-w {bad}.",
                f"skip binary.sha256 {bad}: {uncompared}"],
               str(lines))
        b.case("as another user", b.run("verify", "--binary", bad, user=USER), 1, err="")
        b.true("as another user: written", read(LOG).startswith("initgate: fail: "))
        b.case("--warn-only", b.run("verify", "--binary", bad, "--warn-only"), 0)
        b.true("--warn-only: still says why", read(LOG).startswith("initgate: fail: "))
    errors = {
        "no command": [], "unknown command": ["verfy"], "unknown flag": ["verify", "--polcy", "x"],
        "bad value": ["verify", "--stall", "x"], "no policy": ["verify", "--policy", "/nowhere"],
        "nothing asked": ["verify"], "other command": ["inspect", "/nowhere"],
        "install": ["install", "/nowhere/x"], "measure": ["measure", "/nowhere"],
    }
    for name, arguments in errors.items():
        with log_file("old"):
            outcome = b.run(*arguments)
            b.true(f"{name}: as on standard error", outcome.err != "" and read(LOG) == outcome.err,
                   f"{read(LOG)!r}\n{outcome}")
    with log_file():
        outcome = b.run("verify", "--binary", good, env={"INITGATE_SHA265": ZERO})
        b.true("mistyped variable", read(LOG) == outcome.err != "", read(LOG))
    with log_file("old"):
        log = b.path("log")
        b.case("--termination-log", b.run("verify", "--binary", good, "--termination-log", log), 0)
        b.true("--termination-log written", read(log).startswith("initgate: pass: "))
        b.true("and not the default", read(LOG) == "old", read(LOG))
        for name, arguments, env in (
                ("flag before the fault", ["--termination-log", log, "--polcy"], {}),
                ("flag behind the fault", ["--polcy", "--termination-log", log], {}),
                ("flag behind the fault, =", ["--polcy", f"--termination-log={log}"], {}),
                ("variable", ["--polcy"], {"INITGATE_TERMINATION_LOG": log}),
                ("variable, and a wrong one", [], {"INITGATE_TERMINATION_LOG": log,
                                                   "INITGATE_RUN_AZ": "1"}),
                ("wrong policy", ["--policy", "/nowhere", "--termination-log", log], {})):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(log)
            outcome = b.run("verify", *arguments, env=env)
            b.case(f"wrong usage, {name}", outcome, 2)
            b.true(f"wrong usage, {name}: written",
                   os.path.exists(log) and read(log) == outcome.err, str(outcome))
        b.true("wrong usage: not the default", read(LOG) == "old", read(LOG))
    with log_file("old", 0o444):
        b.case("not writable", b.run("verify", "--binary", good, user=USER), 0, err="")
        b.true("not writable: left alone", read(LOG) == "old")
    os.symlink(b.write("victim", "old"), LOG)
    b.case("a link", b.run("verify", "--binary", good), 0)
    b.true("a link is not followed", read(b.path("victim")) == "old")
    os.unlink(LOG)
    os.mkfifo(LOG)
    b.case("a FIFO", b.run("verify", "--binary", good), 0)
    os.unlink(LOG)
    os.mkdir(LOG)
    b.case("a directory", b.run("verify", "--binary", good), 0)
    os.rmdir(LOG)
    for path, words in (("/nowhere/log", "ENOENT (No such file or directory)"),
                        ("/dev/full", "ENOSPC (No space left on device)"),
                        (b.folder, "EISDIR (Is a directory)")):
        outcome = b.run("verify", "--binary", good, "--termination-log", path)
        b.case(f"--termination-log {path if path[1] != 't' else 'a directory'}", outcome, 3,
               err=f"initgate: error: cannot write {path}: {words}\n", out_has="initgate: pass: ")
    long_message(b, bad)


def long_message(b, bad):
    """Cut at a line, the failures first; nothing in a name forges a line."""
    many = [{"path": f"/nowhere/{'long/' * 8}{i}"} for i in range(100)]
    many.append({"path": b.elf("warned"), "sha256": {"sha256": ZERO, "severity": "warn"}})
    policy = b.write("many.json", json.dumps({**json.loads("{%s}" % HEAD), "binaries": many}))
    with log_file():
        b.case("many failures", b.run("verify", "--policy", policy), 1)
        text = read(LOG)
        lines = text.splitlines()
        b.true("many: at most 4096 bytes", 3000 < len(text.encode()) <= 4096, str(len(text)))
        b.true("many: whole lines", text.endswith("\n") and
               all(line.startswith("fail binary.file /nowhere/") and "To do: " in line
                   for line in lines[1:-1]), text)
        more = re.fullmatch(r"and (\d+) more: see the log of this container", lines[-1])
        b.true("many: how many more", more and int(more[1]) == 101 - len(lines[1:-1]), lines[-1])
    forged = '/x\ninitgate: pass: 9 checks passed\n\033[2J\u202e'
    policy = b.write("forged.json", json.dumps({**json.loads("{%s}" % HEAD),
                                                "binaries": [{"path": forged}]}))
    with log_file():
        outcome = b.run("verify", "--policy", policy)
        b.case("forged name", outcome, 1)
        for where, text in (("log", read(LOG)), ("report", outcome.out)):
            b.true(f"forged name: one verdict in the {where}",
                   len(re.findall("^initgate: ", text, re.M)) == 1, text)
            b.true(f"forged name: no control character in the {where}",
                   not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e]", text), repr(text))
    long_name = "/" + "a" * 20000
    policy = b.write("long.json", json.dumps({**json.loads("{%s}" % HEAD),
                                              "binaries": [{"path": long_name}, {"path": bad}]}))
    with log_file():
        b.case("long name", b.run("verify", "--policy", policy), 1)
        text = read(LOG)
        b.true("long name: hides no other failure",
               len(text.encode()) <= 4096 and f"fail binary.file {bad}: " in text, text)
    with log_file():
        b.case("long usage error", b.run("x" * 9000), 2)
        b.true("long usage error: at most 4096 bytes", len(read(LOG).encode()) <= 4096,
               str(len(read(LOG))))


@group
def measuring(b):
    """What measure prints, verify accepts; and no longer once it changed."""
    names = {"server": b.elf, "a b": b.elf, "ünï-📦": b.elf, "new\nline": b.elf, "qu\"o'te\\": b.elf,
             "-dash": b.elf, "dir/../x": None}
    os.mkdir(b.path("dir"))
    for name, make in names.items():
        if make is None:
            b.elf("x")
        else:
            make(name)
        outcome = b.run("measure", "--", name)
        b.case(f"program {name!r}", outcome, 0, err="")
        b.case(f"program {name!r} verifies",
               b.run("verify", "--policy", "-", input=outcome.out.encode()), 0, err="")
    shell_script = b.write("script", "#!/usr/bin/env bash\n", 0o755)
    dynamic = shutil.copy("/usr/bin/env", b.path("dynamic"))
    data = b.write("config.yaml", "listen: 8080\n", 0o640)
    empty = b.write("marker", "", 0o600)
    text = b.write("executable-text", "no program\n", 0o755)
    os.chown(data, 12, 34)
    everything = [b.path("server"), shell_script, dynamic, data, empty, text]
    outcome = b.run("measure", *everything)
    b.case("programs, scripts and files", outcome, 0, err="")
    policy = report(outcome)
    b.true("programs and scripts are binaries",
           [row["path"] for row in policy.get("binaries", [])] ==
           [b.path("server"), shell_script, dynamic], str(policy))
    b.true("all else is files", [row["path"] for row in policy.get("files", [])] ==
           [data, empty, text], str(policy))
    b.true("a file's mode and owner", policy["files"][0] ==
           {"path": data, "sha256": sha256(data), "mode": "0640", "owner": {"uid": 12, "gid": 34}},
           str(policy))
    b.true("digests", [row["sha256"] for row in policy["binaries"] + policy["files"]] ==
           [sha256(path) for path in everything], str(policy))
    b.true("the loader", policy["binaries"][2].get("interpreter", "").startswith("/lib"),
           str(policy))
    measured = outcome.out.encode()
    b.case("verifies", b.run("verify", "--policy", "-", input=measured), 0, err="")
    b.case("verifies elsewhere", b.run("verify", "--policy", "-", input=measured, cwd="/"), 0)
    b.case("--output", b.run("measure", "--output", b.path("p.json"), *everything), 0, out="")
    b.true("--output holds it", read(b.path("p.json")) == outcome.out)
    for path, change in ((b.path("server"), lambda p: flip_last(p)),
                         (shell_script, lambda p: append(p)), (data, lambda p: append(p)),
                         (data, lambda p: os.chmod(p, 0o644)), (empty, lambda p: append(p))):
        kept = b.path("kept")
        subprocess.run(["cp", "-p", path, kept], check=True)
        change(path)
        b.case(f"changed {os.path.basename(path)}",
               b.run("verify", "--policy", "-", input=measured), 1)
        subprocess.run(["cp", "-p", kept, path], check=True)
    b.case("restored", b.run("verify", "--policy", "-", input=measured), 0)
    again = b.run("measure", "server", "server", "./server")
    b.case("named twice", again, 0)
    b.case("named twice verifies", b.run("verify", "--policy", "-", input=again.out.encode()), 0)
    os.makedirs(b.path("image/app"))
    shutil.copy(b.path("server"), b.path("image/app/server"))
    os.symlink("/app/server", b.path("image/run"))
    outcome = b.run("measure", "--root", "image", "/run", "app/server")
    b.case("--root", outcome, 0)
    b.case("--root verifies",
           b.run("verify", "--root", "image", "--policy", "-", input=outcome.out.encode()), 0)
    b.case("missing", b.run("measure", "nowhere"), 3, out="",
           err="initgate: error: nowhere: cannot be found: ENOENT (No such file or directory)\n")
    b.case("one of two missing", b.run("measure", "server", "nowhere"), 3, out="")
    b.case("a directory", b.run("measure", "dir"), 3, out="",
           err="initgate: error: dir: it is a directory, not a regular file\n")
    b.case("unreadable", b.run("measure", empty, b.write("s", "x", 0o600), user=USER), 3, out="",
           err_has="EACCES (Permission denied)")
    odd = os.fsencode(b.folder) + b"/\xff"
    shutil.copy(b.path("server"), odd)
    b.case("a name that JSON cannot hold", b.run("measure", odd), 3, out="",
           err_has="/\\xff: the name is not UTF-8, which JSON cannot hold")


def flip_last(path):
    with open(path, "r+b") as f:
        f.seek(-1, os.SEEK_END)
        byte = f.read(1)
        f.seek(-1, os.SEEK_END)
        f.write(bytes([byte[0] ^ 1]))


def append(path):
    with open(path, "ab") as f:
        f.write(b"x")


@group
def inspecting(b):
    """Facts, in two forms, and no judgement."""
    static = b.elf("static", "--machine", "62", "--mode", "0777")
    dynamic = shutil.copy("/usr/bin/env", b.path("dynamic"))
    lost = b.elf("lost", "--interp", "/nowhere/ld.so")
    script = b.write("script", "#!/bin/sh -e\n", 0o755)
    data = b.write("data", "text\n")
    cut = b.elf("cut", "--truncate", "700")
    os.symlink("static", b.path("link"))
    for path in (static, dynamic, lost, script, data, cut):
        name = os.path.basename(path)
        text, answer = b.run("inspect", path), b.run("inspect", "--format", "json", path)
        b.case(f"{name}, text", text, 0, err="")
        b.case(f"{name}, json", answer, 0, err="")
        facts = report(answer)
        status = os.stat(path)
        b.true(f"{name}: facts",
               (facts.get("sha256"), facts.get("size"), facts.get("mode"), facts.get("owner")) ==
               (sha256(path), status.st_size, f"{stat.S_IMODE(status.st_mode):04o}",
                status.st_uid), str(facts))
        b.true(f"{name}: the same in text",
               all(re.search(rf"^{key} +{re.escape(str(facts[key]))}( bytes)?$", text.out, re.M)
                   for key in ("sha256", "size", "mode")), text.out)

    def facts(path):
        return report(b.run("inspect", "--format", "json", path))

    wanted = {"kind": "ELF", "class": "ELF64", "data": "little-endian", "machine": "x86-64",
              "type": "EXEC", "linkage": "static", "interpreter": None}
    b.true("static", {k: facts(static).get(k, "absent") for k in wanted} == wanted,
           str(facts(static)))
    b.case("static, text", b.run("inspect", static), 0, out_has="none needed (static)")
    found = facts(dynamic)
    b.true("dynamic", found.get("linkage") == "dynamic" and
           os.path.realpath(found["interpreter"]) == found["loader"], str(found))
    b.true("lost loader", facts(lost).get("interpreter") == "/nowhere/ld.so" and
           facts(lost).get("loader", "absent") is None, str(facts(lost)))
    b.case("lost loader, text", b.run("inspect", lost), 0,
           out_has="/nowhere/ld.so (not found: ENOENT (No such file or directory) at /nowhere)")
    b.true("script", (facts(script).get("kind"), facts(script).get("interpreter")) ==
           ("script", "/bin/sh"), str(facts(script)))
    b.true("data", facts(data).get("kind") == "other", str(facts(data)))
    b.true("truncated", "truncated" in (facts(cut).get("broken") or ""), str(facts(cut)))
    b.true("a link", facts("link").get("resolved") == static, str(facts("link")))
    b.case("a link, text", b.run("inspect", b.path("link")), 0, out_has=f"leads to     {static}\n")
    bad = b.elf("bad-interp", "--interp", "/lib/ld.so", "--interp-end", "65")
    b.case("malformed PT_INTERP", b.run("inspect", bad), 0,
           out_has="interpreter  malformed (see binary.interpreter)\nrefused      PT_INTERP does not "
           "end with a NUL byte\n")
    b.true("malformed PT_INTERP, json", facts(bad).get("refused") ==
           "PT_INTERP does not end with a NUL byte", str(facts(bad)))
    b.case("--root", b.run("inspect", "--root", b.folder, "/static"), 0, out_has="/static")
    b.case("--output", b.run("inspect", "--output", "out", static), 0, out="")
    b.case("missing", b.run("inspect", "/nowhere"), 3, out="",
           err="initgate: error: /nowhere: ENOENT (No such file or directory)\n")
    b.case("empty", b.run("inspect", b.write("empty", "")), 3, out="", err_has="it is empty")
    b.case("unreadable", b.run("inspect", b.elf("private", "--mode", "0700"), user=USER), 3,
           out="", err_has="EACCES (Permission denied)")
    odd = b.elf("odd\nname")
    b.true("an odd name makes no line", len(b.run("inspect", odd).out.splitlines()) ==
           len(b.run("inspect", static).out.splitlines()))


def make_folder(b):
    """Of everything that a scan takes or passes over; returns what it takes, in its order."""
    for name in ("all", "all/lib", "all/none"):
        os.mkdir(b.path(name))
    taken = [b.elf("all/a-program"), shutil.copy("/usr/bin/env", b.path("all/b-dynamic")),
             shutil.copy(b.gate, b.path("all/lib/c-static-pie")),
             shutil.copy("/lib/x86_64-linux-gnu/libm.so.6", b.path("all/lib/d.so"))]
    os.chmod(taken[3], 0o644)
    taken.append(b.elf("all/lib/e-no-x", "--mode", "0644"))
    taken.append(b.path("all/lib/f-nameless.so"))  # as what is preloaded: no SONAME, no DT_NEEDED
    subprocess.run(["gcc", "-shared", "-nostdlib", "-xc", "-", "-o", taken[5]], check=True,
                   input=b"int f(void) { return 0; }")
    b.elf("all/arm", "--machine", "183")
    b.elf("all/object.o", "--type", "1")
    b.elf("all/core", "--type", "4")
    subprocess.run(["objcopy", "--only-keep-debug", "/usr/bin/env", b.path("all/env.debug")],
                   check=True)
    # The code in one segment with the headers, as on arm64.
    subprocess.run(["gcc", "-Wl,-z,noseparate-code", "-xc", "-", "-o", b.path("one-segment")],
                   check=True, input=b"int main(void) { return 0; }")
    subprocess.run(["objcopy", "--only-keep-debug", b.path("one-segment"),
                    b.path("all/one-segment.debug")], check=True)
    # No debug file: its entry point is in the file, though not all of its code's memory is.
    taken.append(b.elf("all/lib/g-longer", "--patch", "104", "0008000000000000"))
    b.write("all/script", "#!/bin/sh\n", 0o755)
    b.write("all/empty", "")
    os.symlink("a-program", b.path("all/link"))
    os.mkfifo(b.path("all/fifo"))
    b.write("all/none/text", "\x7fEL")
    return taken


@group
def folders(b):
    """inspect of a folder explains what verify --scan of it judges, each as inspect of it alone."""
    taken = make_folder(b)
    folder = b.path("all")
    scanned = report(b.run("verify", "--scan", folder, "--format", "json"))
    b.true("--scan: nothing fails", scanned["verdict"] == "pass", str(scanned))
    b.true("--scan takes", sorted({r["subject"] for r in scanned["results"]} - {"/proc"}) == taken,
           str(scanned))
    answer = b.run("inspect", "--format", "json", folder)
    b.case("json", answer, 0, err="")
    whole = report(answer)
    alone = [report(b.run("inspect", "--format", "json", path)) for path in taken]
    b.true("json: the files as each alone", whole == {"path": folder, "files": alone, "unread": []},
           str(whole))
    b.case("text", b.run("inspect", folder), 0, err="",
           out="\n".join(b.run("inspect", path).out for path in taken))
    b.case("--trace", b.run("inspect", "--trace", folder), 0, out_has="find libc.so.6 (needed by ")
    b.case("--root", b.run("inspect", "--root", folder, "lib"), 0, out_has="path         /lib/d.so")
    b.case("a link to it", b.run("inspect", "--root", folder, "/"), 0,
           out_has="path         /a-program")
    b.case("--platform", b.run("inspect", "--platform", "linux/arm64", folder), 0,
           out=b.run("inspect", b.path("all/arm")).out)
    graph = b.run("inspect", "--format", "dot", folder)
    edges = [line for line in graph.out.splitlines()[1:-1] if " -> " in line]
    b.case("dot", graph, 0, err="", out_has=f'\n  "{taken[0]}";\n')
    wanted = {line for path in taken
              for line in b.run("inspect", "--format", "dot", path).out.splitlines()}
    b.true("dot: each line once", sorted(graph.out.splitlines()) == sorted(wanted) and edges != [],
           graph.out)
    b.usage("no ELF file", ["inspect", b.path("all/none")],
            f"no ELF program or library of this machine below {b.path('all/none')}")
    b.usage("no ELF file: --scan", ["verify", "--scan", b.path("all/none")],
            f"scan: no ELF program or library of this machine below {b.path('all/none')}")
    for mode, code, status in (("0755", 1, "fail"), ("0644", 0, "warn")):
        for name, options in (("relative", ("--interp", "ld.so")),
                              ("endless", ("--interp", "/lib/ld.so", "--interp-end", "65"))):
            os.makedirs(b.path(name), exist_ok=True)
            b.elf(f"{name}/file", *options, "--mode", mode)
            outcome = b.run("verify", "--scan", b.path(name), "--format", "json")
            b.case(f"--scan of a {name} PT_INTERP, mode {mode}", outcome, code)
            b.true(f"--scan of a {name} PT_INTERP, mode {mode}: told",
                   statuses(outcome, "binary.interpreter") == [status] and
                   not statuses(outcome, "binary.libraries")[0] == "error", str(outcome))
    os.mkdir(b.path("bare"))
    b.usage("an empty folder", ["inspect", "bare"],
            "no ELF program or library of this machine below bare")


@group
def container_mounts(b):
    """What the container mounts and the gate does not see: what no fixture of a check can say."""
    image = b.path("image")
    for folder in ("app", "app2", "data", "with \"quotes\" and\nlines"):
        os.makedirs(os.path.join(image, folder))
        b.elf(f"image/{folder}/server")
    unseen = "lies on a volume that the container mounts at {}, and that the gate does not see."

    def verify(*words, **more):
        return b.run("verify", "--root", image, *words, **more)

    def mounts(*paths):
        return [f"--container-mount={path}" for path in paths]

    b.case("none", verify("--binary", "/app/server"), 0)
    b.case("elsewhere", verify("--binary", "/app/server", *mounts("/tmp", "/app2", "/ap")), 0)
    b.case("two words", verify("--binary", "/app/server", "--container-mount", "/app"), 3,
           out_has=unseen.format("/app"))
    b.case("warn-only forgives nothing",
           verify("--warn-only", "--binary", "/app/server", *mounts("/app")), 3)
    b.case("a variable", verify("--binary", "/app/server",
                                env={"INITGATE_CONTAINER_MOUNT": "/app"}), 2,
           err_has="INITGATE_CONTAINER_MOUNT")
    b.usage("another command", ["inspect", "/bin/true", "--container-mount", "/app"],
            "unknown flag --container-mount")
    thousand = mounts(*(f"/m/{n}/x" for n in range(1000)))
    b.case("a thousand", verify("--binary", "/app/server", *thousand), 0)
    b.case("a thousand and one", verify("--binary", "/app/server", *thousand, *mounts("/app")), 3,
           out_has=unseen.format("/app"))
    odd = '/with "quotes" and\nlines'
    outcome = verify("--binary", odd + "/server", *mounts(odd), "--format", "json")
    b.case("a name that must be escaped", outcome, 3)
    told = next(r for r in report(outcome)["results"] if r["check"] == "binary.file")
    b.true("a name that must be escaped: message",
           unseen.format('/with "quotes" and\\nlines') in told["message"], told["message"])
    entry = re.search(r"Add (\{.*\}) to the policy's volumes", told["fix"])
    b.true("a name that must be escaped: what to add is JSON",
           entry is not None and json.loads(entry[1]) ==
           {"mountPath": odd, "at": "/volumes" + odd}, told["fix"])
    scanned = "initgate: error: scan: {0} cannot be listed: hidden from the gate. That place "
    for name, words, place in (("below", mounts("/app/plugins"), "/app/plugins"),
                               ("not there", mounts("/data", "/app/new/er"), "/app/new/er")):
        b.case(f"--scan: a folder {name}", verify("--scan", "/app", *words), 3, out="",
               err_has=scanned.format(place) + unseen.format(place))
    b.case("--scan: above", verify("--scan", "/app", *mounts("/app")), 3, out="",
           err_has=unseen.format("/app"))
    b.case("--scan: elsewhere", verify("--scan", "/app", *mounts("/app2", "/tmp")), 0)
    sums = b.write("sums", f"{sha256(os.path.join(image, 'app/server'))}  /app/server\n"
                           f"{sha256(os.path.join(image, 'data/server'))}  /data/server\n")
    b.case("--sha256sums", verify("--sha256sums", sums, *mounts("/data")), 3,
           out_has=unseen.format("/data"))
    b.case("--sha256sums: elsewhere", verify("--sha256sums", sums, *mounts("/tmp")), 0)
    # The gate's own files are not the container's.
    policy = b.write("policy.json", "{" + HEAD + ', "binaries": [{"path": "/app/server"}]}')
    b.case("the policy itself lies there", verify("--policy", policy, *mounts(b.folder, "/sys")), 0)
    shown_links(b, image, mounts, unseen)


def shown_links(b, image, mounts, unseen):
    """A link on a volume that the gate sees leads another mount to the image's folder."""
    volume = b.path("volume")
    os.mkdir(volume)
    os.symlink("/app", os.path.join(volume, "l"))
    os.symlink("nowhere/../../app", os.path.join(volume, "odd"))
    subprocess.run(["mount", "--bind", volume, volume], check=True)
    policy = b.write("shown.json", "{" + HEAD + ', "binaries": [{"path": "/app/server"}], "volumes": '
                     '[{"mountPath": "/x", "at": "' + volume + '"}]}')

    def verify(*paths):
        return b.run("verify", "--root", image, "--policy", policy, *mounts(*paths))

    b.case("shown", verify("/x", "/x/other"), 0)
    for order in (("/x", "/x/l"), ("/x/l", "/x")):
        b.case(f"over a link on a shown volume, {order[0]} first", verify(*order), 3,
               out_has=unseen.format("/x/l, which leads to /app,")[:60])
    b.case("over a link by way of a folder that is not there", verify("/x", "/x/odd"), 3,
           out_has="cannot be judged: the container mounts a volume at /x/odd, and the gate cannot "
                   "find out where that leads: ENOENT (No such file or directory).")
    b.case("shown and again in another spelling", verify("/x", "/x/"), 0)
    b.case("a volume that the policy shows and the gate lacks",
           b.run("verify", "--binary", "/bin/true", "--policy",
                 b.write("lacks.json", "{" + HEAD + ', "volumes": [{"mountPath": "/bin", '
                         '"mounted": false}]}'), *mounts("/bin")), 3,
           out_has="Mount that volume at /bin in the gate's container, where the policy's volumes "
                   "says it is")
    subprocess.run(["umount", volume], check=True)


@group
def folders_unread(b):
    """What cannot be looked at is named, the rest is shown, and the exit code is 3."""
    program = b.elf("all-program")
    b.elf("private", "--mode", "0700")
    os.mkdir(b.path("shut"), 0o700)
    why = "EACCES (Permission denied)"
    unread = [f"{b.path('private')} cannot be opened: {why}",
              f"{b.path('shut')} cannot be listed: {why}"]
    error = f"initgate: error: 2 below {b.folder} could not be looked at, the first: {unread[0]}\n"
    answer = b.run("inspect", "--format", "json", b.folder, user=USER)
    b.case("json", answer, 3, err=error)
    b.true("json: named", report(answer).get("unread") == unread and
           [f["path"] for f in report(answer)["files"]] == [program], str(answer))
    b.case("text", b.run("inspect", b.folder, user=USER), 3, err=error,
           out=b.run("inspect", program).out +
           "".join(["\n", *(f"unread       {line}\n" for line in unread)]))
    b.case("dot", b.run("inspect", "--format", "dot", b.folder, user=USER), 3, err=error,
           out="".join(f"// unread: {line}\n" for line in unread) +
           f'digraph libraries {{\n  "{program}";\n}}\n')
    b.case("--scan says nothing of the rest", b.run("verify", "--scan", b.folder, user=USER), 3,
           out="", err=f"initgate: error: scan: {unread[0]}\n")
    os.unlink(program)
    b.case("nothing but unread", b.run("inspect", b.folder, user=USER), 3, err=error,
           out="".join(f"unread       {line}\n" for line in unread))
    b.case("the folder itself", b.run("inspect", b.path("shut"), user=USER), 3, out="",
           err=f"initgate: error: {b.path('shut')} cannot be listed: {why}\n")


@group
def folders_progress(b):
    """On a terminal only: files done of all, and the one that is looked at; taken away at the end."""
    long = "d" * 60
    os.mkdir(b.path(long))
    paths = [b.elf("a"), b.elf(f"{long}/b\x1b"), b.elf("z")]

    def on_terminal(*arguments):
        inner, outer = pty.openpty()
        outcome = b.run("inspect", *arguments, stderr=outer)
        shown = ""
        while select.select([inner], [], [], 0.1)[0]:
            shown += os.read(inner, 65536).decode()
        os.close(inner)
        os.close(outer)
        return outcome, shown

    quiet = b.run("inspect", b.folder)
    b.case("no terminal", quiet, 0, err="")
    outcome, shown = on_terminal(b.folder)
    b.case("the same answer", outcome, 0, out=quiet.out)
    lines = shown.split("\r\033[K")
    b.true("taken away", lines[0] == "" and lines[-1] == "", repr(shown))
    tail = ("d" * 60 + "/b\\x1b")[-48:]
    wanted = [f"initgate: {done} of 3 files, " for done in range(3)]
    last = lines[-4:-1]
    b.true("done of all", [line[:len(w)] for line, w in zip(last, wanted)] == wanted, repr(shown))
    b.true("which file", last[0].endswith(paths[0][-20:]) and last[1] == f"{wanted[1]}...{tail}",
           repr(shown))
    endless = b.path("endless")
    shutil.copy(paths[0], endless)
    os.truncate(endless, 1 << 40)
    outcome, shown = on_terminal("--timeout", "2", b.folder)
    b.case("a file without end", outcome, 3, out="")
    b.true("taken away at --timeout", shown.endswith(
        "\r\033[Kinitgate: error: the time was used up (--timeout)\r\n"), repr(shown))


@group
def installing(b):
    """Copies itself, atomically, mode 0555."""
    original = sha256(b.gate)

    def good(name, path):
        mode = stat.S_IMODE(os.stat(path).st_mode)
        b.true(f"{name}: the same file", sha256(path) == original)
        b.true(f"{name}: mode 0555", mode == 0o555, f"{mode:04o}")
        b.case(f"{name}: runs", tap.run([path, "version"]), 0,
               out=b.run("version").out)

    def alone(name, folder, *files):
        b.true(f"{name}: nothing left behind", sorted(os.listdir(folder)) == sorted(files),
               str(os.listdir(folder)))

    folder = b.path("volume")
    os.mkdir(folder)
    b.case("to a file", b.run("install", folder + "/gate"), 0, out="", err="")
    good("to a file", folder + "/gate")
    b.case("to a directory", b.run("install", folder), 0, out="", err="")
    good("to a directory", folder + "/initgate")
    b.case("with a slash", b.run("install", folder + "/"), 0, out="", err="")
    b.case("relative", b.run("install", "gate", cwd=folder), 0, out="", err="")
    alone("to a directory", folder, "gate", "initgate")
    old = b.write("volume/old", "old program", 0o600)
    os.link(old, b.path("kept"))
    b.case("over an existing file", b.run("install", old), 0, out="", err="")
    good("over an existing file", old)
    b.true("who has the old one open keeps it", read(b.path("kept")) == "old program")
    b.case("over itself", tap.run([old, "install", old]), 0)
    good("over itself", old)
    outcome = tap.run(["bash", "-c", 'umask 077; "$1" install "$2"', "bash", b.gate, old])
    b.case("with a umask", outcome, 0)
    good("with a umask", old)
    os.chmod(folder, 0o555)
    outcome = b.run("install", folder, user=USER)
    b.case("read-only directory", outcome, 3, out="",
           err=f"initgate: error: cannot create a file beside {folder}/initgate: EACCES "
           "(Permission denied)\n")
    os.chmod(folder, 0o755)
    b.case("missing directory", b.run("install", b.path("nowhere/gate")), 3, out="",
           err=f"initgate: error: cannot create a file beside {b.path('nowhere/gate')}: ENOENT (No "
           "such file or directory)\n")
    os.mkdir(b.path("taken"))
    os.mkdir(b.path("taken/initgate"))
    b.case("its name is a directory", b.run("install", b.path("taken")), 3, out="",
           err_has="cannot put it at ")
    alone("its name is a directory", b.path("taken"), "initgate")
    small = b.path("small")
    os.mkdir(small)
    mount("tmpfs", small, "tmpfs", "size=64k")
    b.case("no room", b.run("install", small), 3, out="",
           err="initgate: error: cannot write the copy: ENOSPC (No space left on device)\n")
    alone("no room", small)
    frozen = b.path("frozen")
    os.mkdir(frozen)
    mount("tmpfs", frozen, "tmpfs", "ro")
    b.case("read-only mount", b.run("install", frozen), 3, out="",
           err_has="EROFS (Read-only file system)")


def mount(source, target, kind, options):
    subprocess.run(["mount", "-t", kind, "-o", options, source, target], check=True)


@group
def telling(b):
    """list, explain, schema and version: what the tables say."""
    rows = json.loads(b.run("list", "--format", "json").out)
    text = b.run("list")
    b.case("list", text, 0, err="")
    b.true("list: both forms", [line.split()[0] for line in text.out.splitlines()] ==
           [row["id"] for row in rows], text.out)
    b.true("list: keys", all(list(row) == ["id", "family", "key", "onRequest", "summary"]
                             for row in rows), str(rows[0]))
    asked = [line.split()[0] for line in text.out.splitlines()
             if line.endswith(" (only where the policy asks)")]
    b.true("list: on request", asked == [row["id"] for row in rows if row["onRequest"]], str(asked))
    b.true("list: ids", len({row["id"] for row in rows}) == len(rows) >= 18)
    for row in rows:
        outcome = b.run("explain", row["id"])
        b.case(f"explain {row['id']}", outcome, 0, err="")
        parts = re.fullmatch(r"(.*)\n\nWhat it means\n(.+)\n\nWhy it matters in a pod\n(.+)\n\n"
                             r"How to mend it\n(.+)\n", outcome.out, re.S)
        b.true(f"explain {row['id']}: three parts", parts is not None and
               parts[1] == f"{row['id']} (policy: \"{row['key']}\" under {row['family']})" and
               all(len(part) > 30 for part in parts.groups()[1:]), outcome.out)
        b.true(f"explain {row['id']}: 80 columns",
               all(len(line) <= 80 for line in outcome.out.splitlines()), outcome.out)
    schema = b.run("schema")
    b.case("schema", schema, 0, err="")
    keys = {row["key"] for row in rows}
    b.true("schema: JSON with every check's key",
           keys <= set(re.findall(r'"(\w+)": *\{', schema.out)) and report(schema) != {},
           str(keys - set(re.findall(r'"(\w+)": *\{', schema.out))))
    version = report(b.run("version", "--format", "json"))
    b.true("version: json", list(version) == ["version", "build", "libc", "libcrypto", "libelf",
                                              "cjson"] and all(version.values()), str(version))
    b.case("version: text", b.run("version"), 0, err="",
           out="initgate {version} ({build})\n{libc}, {libcrypto}, {libelf}, {cjson}\n"
           .format(**version))
    b.case("--version", b.run("--version"), 0, out=b.run("version").out)
    b.true("version: a number", re.match(r"\d+\.\d+\.\d+", version["version"]))


@group
def any_arguments(b):
    """Whatever it is called with, it ends with one of its four exit codes."""
    rng = random.Random(1)
    program = b.elf("server")
    b.write("policy.json", '{%s, "binaries": [{"path": "server"}]}' % HEAD)
    flags_known = sorted({flag for command in COMMANDS for flag in listed(b, command)} -
                         {"--output", "--termination-log", "--manifest"})
    values = ["", " ", "server", program, "policy.json", ".", "/", "nowhere", "-", "--", "json",
              "text", ZERO, EMPTY, "1001:1001", "0:0", "linux/arm64", "1", "5", "-1", "\xff\n",
              "a" * 5000, "%s%n%d", "../../../etc/passwd", "binary.file", "🙂", "=", "--help", "-h"]
    names = ["POLICY", "BINARY", "SHA256", "ROOT", "FORMAT", "QUIET", "RUN_AS", "X", "PORT"]
    seen = {}
    for number in range(300):
        words = [rng.choice(COMMANDS + ["", "help", "--version", "x"])]
        if number % 10 == 0:
            words = ["verify", "--binary", "server", "--sha256", ZERO]  # what follows is chance
        elif number % 50 == 5:
            words = ["measure", "nowhere"]
        if words[0] == "install":
            continue  # it would write to what it is told
        for _ in range(rng.randrange(7)):
            flag = rng.choice(flags_known)
            word = rng.choice([flag, flag, flag[:-1], f"{flag}={rng.choice(values)}",
                               rng.choice(values), rng.choice(values)])
            words.append(word)
        env = {f"INITGATE_{rng.choice(names)}": rng.choice(values).replace("\0", "")
               for _ in range(rng.choice([0, 0, 0, 1, 2]))}
        outcome = b.run(*words, env=env)
        seen[outcome.code] = seen.get(outcome.code, 0) + 1
        why = outcome.defect()
        if why is None and outcome.code == 2 and not re.fullmatch(r"initgate: error: [^\n]+\n",
                                                                  outcome.err):
            why = "says not in one line what is wrong"
        if why is None and re.search("[\x00-\x08\x0b-\x1f\x7f]", outcome.err + outcome.out):
            why = "prints control characters"
        b.add(f"arguments {number}", why and f"{why}\n{words}\n{env}\n{outcome}")
    b.true("all kinds of ends were seen", {0, 1, 2, 3} <= set(seen), str(seen))


def opens(user, path, flags=os.O_RDONLY):
    """Why USER cannot open PATH, or None."""
    words = f"import os; os.close(os.open({path!r}, {flags}))"
    done = tap.run(["setpriv", "--reuid", str(user), "--regid", str(user), "--clear-groups",
                    "/usr/bin/python3", "-c", words])
    return None if done.code == 0 else done.err.strip().splitlines()[-1]


def waiting(words, script=""):
    """WORDS as USER in a process that waits for its standard input, in a mount namespace of its
    own where SCRIPT ran."""
    command = ["unshare", "--mount", "sh", "-c", script + 'exec "$@"', "sh", "setpriv", "--reuid",
               str(USER), "--regid", str(USER), "--clear-groups", *words]
    return subprocess.Popen(command, env=tap.environment(), stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)


def asleep(process, program):
    """Waits until PROCESS is PROGRAM, and sleeps: it waits for its standard input."""
    for _ in range(500):
        status = read(f"/proc/{process.pid}/status")
        if f"Name:\t{os.path.basename(program)}\n" in status and "State:\tS" in status:
            return True
        time.sleep(0.02)
    return False


@group
def memory(b):
    """Nobody of the gate's own user reads or writes its memory; the gate still reads its /proc."""
    policy = ('{%s, "binaries": [{"path": "%s"}], "proc": {"overmounts": false}}' %
              (HEAD, b.elf("server"))).encode()
    gate = [b.gate, "verify", "--policy", "-"]
    closed = "mount -t tmpfs -o mode=0700 none /proc/$$/fdinfo && "
    for name, words, script, private in (
            ("gate", gate, "", True), ("cat", ["cat"], "", False),
            ("gate, where that would close fdinfo to it", gate, closed, False)):
        process = waiting(words, script)
        b.true(f"{name}: waits", asleep(process, words[0]), "never read its standard input")
        for file, flags in (("mem", os.O_RDWR), ("environ", os.O_RDONLY), ("fd", os.O_RDONLY)):
            why = opens(USER, f"/proc/{process.pid}/{file}", flags)
            b.true(f"{name}: {file} is {'closed' if private else 'open'} to its own user",
                   ("Permission denied" in (why or "")) == private, why or "opened")
        out, err = process.communicate(policy if words is gate else b"", timeout=tap.TIMEOUT)
        b.case(f"{name}: ends well",
               tap.Outcome(process.returncode, out.decode(), err.decode()), 0, err="")


@group
def completeness(b):
    """Each flag and variable was used above."""
    every = {flag for command in COMMANDS for flag in listed(b, command)}
    b.true("flags", every <= b.flags, str(every - b.flags))
    helped = set(re.findall(r"variable: (\S+)", b.run("verify", "--help").out))
    b.true("variables", helped <= b.variables, str(helped - b.variables))


def own_dev():
    """/dev as a container has it: a tmpfs with the usual devices."""
    libc = ctypes.CDLL(None, use_errno=True)
    if (libc.unshare(CLONE_NEWNS) != 0 or
            libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None) != 0):
        sys.exit(f"usage.py: cannot make a mount namespace: {os.strerror(ctypes.get_errno())}")
    with tempfile.TemporaryDirectory() as fresh:
        mount("dev", fresh, "tmpfs", "mode=0755")
        for name, minor in (("null", 3), ("zero", 5), ("full", 7), ("random", 8), ("urandom", 9)):
            os.mknod(f"{fresh}/{name}", stat.S_IFCHR | 0o666, os.makedev(1, minor))
            os.chmod(f"{fresh}/{name}", 0o666)
        os.mkdir(f"{fresh}/pts")
        subprocess.run(["mount", "--bind", "/dev/pts", f"{fresh}/pts"], check=True)
        os.symlink("pts/ptmx", f"{fresh}/ptmx")
        os.symlink("/proc/self/fd", f"{fresh}/fd")
        subprocess.run(["mount", "--move", fresh, "/dev"], check=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("group", nargs="*", help="only these: " +
                        ", ".join(g.__name__ for g in GROUPS))
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("usage.py: needs root: it mounts, and runs the gate as another user")
    tally = tap.Tally()
    os.umask(0o022)
    own_dev()
    scratch = tempfile.mkdtemp(prefix="initgate-usage.")
    try:
        os.chmod(scratch, 0o755)
        gate = shutil.copy(options.binary, os.path.join(scratch, "initgate"))
        os.chmod(gate, 0o755)
        bench = Bench(gate, tally, "")
        for function in GROUPS:
            if options.group and function.__name__ not in options.group:
                continue
            bench.name = function.__name__.replace("_", "-")
            bench.folder = os.path.join(scratch, bench.name)
            os.mkdir(bench.folder)
            function(bench)
    finally:
        subprocess.run(f"umount -l {scratch}/*/* 2>/dev/null", shell=True, check=False)
        shutil.rmtree(scratch)
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
