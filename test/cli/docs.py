#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the documents to the program: doc/checks.md is what `explain` says, and every flag and check
that a document names exists. Their fenced blocks are test/docs' to run.

Usage: docs.py BINARY          test; prints ok/not ok lines and "N passed, N failed"
       docs.py --write BINARY  write doc/checks.md anew
"""
import json
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "test", "docs"))
from blocks import documents  # noqa: E402

results = {True: 0, False: 0}


def report(good, name, why=""):
    results[good] += 1
    print(f"ok {name}" if good else f"not ok {name}: {why}")


def read(name):
    with open(os.path.join(TOP, name), encoding="utf-8") as file:
        return file.read()


def checks_document(binary):
    out = ["# The checks", "",
           "Written by `test/cli/docs.py --write` from `initgate list` and `initgate explain`.", ""]
    checks = json.loads(subprocess.check_output([binary, "list", "--format", "json"]))
    for check in checks:
        text = subprocess.check_output([binary, "explain", check["id"]], text=True)
        sections = re.split(r"\n(What it means|Why it matters in a pod|How to mend it)\n", text)
        joined = [" ".join(part.split()) for part in sections]
        out += [f"## {check['id']}", "",
                f"Passes when: {check['summary']}." +
                (" Runs only where the policy asks." if check["onRequest"] else ""), "",
                f"Policy: `\"{check['key']}\"` under `{check['family']}`.", ""]
        for title, body in zip(joined[1::2], joined[2::2]):
            out += [f"**{title}.** {body}", ""]
    return "\n".join(out), checks


def named_things(binary, checks):
    ids = {check["id"] for check in checks}
    flags = set()
    for command in ("verify", "measure", "inspect", "install", "list", "explain", "schema", "version"):
        text = subprocess.check_output([binary, command, "--help"], text=True)
        flags |= set(re.findall(r"--[a-z0-9-]+", text))
    for name in [*documents(), "CHANGELOG.md"]:
        text = read(name)
        for found in set(re.findall(r"`((?:binary|file|proc|volume)\.[a-z0-9_]+)`", text)):
            report(found in ids, f"{name} names the check {found}", "which does not exist")
        for found in set(re.findall(r"initgate [a-z]+[^`\n]*?(--[a-z0-9-]+)", text)):
            report(found in flags, f"{name} names the flag {found}", "which does not exist")


def report_document():
    """doc/report.md has a row for each key of the report's schema, and no other."""
    schema = json.loads(read("doc/report.schema.json"))
    text = read("doc/report.md").split("\n## JSON\n")[1].split("\n## ")[0]
    tables = [set(re.findall(r"^\| `(\w+)` \|", part, re.M)) for part in text.split("\n| key")[1:]]
    keys = [set(part["properties"]) for part in
            (schema, schema["$defs"]["result"], schema["$defs"]["item"])]
    report(tables == keys, "doc/report.md has a row for each key of the report",
           f"{tables} are not {keys}")


def main():
    write = sys.argv[1] == "--write"
    binary = os.path.abspath(sys.argv[2 if write else 1])
    document, checks = checks_document(binary)
    if write:
        with open(os.path.join(TOP, "doc/checks.md"), "w", encoding="utf-8") as file:
            file.write(document)
        return 0
    report(read("doc/checks.md") == document, "doc/checks.md is what explain says",
           "run test/cli/docs.py --write")
    report_document()
    named_things(binary, checks)
    print(f"{results[True]} passed, {results[False]} failed")
    return 1 if results[False] else 0


if __name__ == "__main__":
    sys.exit(main())
