#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The tests of deploy/: charts, components, what they render as real pods, and the Dockerfile.

    test/deploy/run.sh [BINARY [NAME]]          NAME: only the tests whose name contains it
    test/deploy/tests.py --golden BINARY        writes test/deploy/golden
"""
import signal
import subprocess
import sys
import time

import tools  # first: it puts the folders of the others on the path
import charts
import components
import dockerfile
import driver
import engine
import limits
import pods
import refusals
from tap import Tally
from tools import GOLDEN, TOP

YAML_RULES = """\
extends: default
rules:
  line-length: {max: 100, allow-non-breakable-inline-mappings: true, ignore: test/deploy/golden/}
  document-start: disable
  braces: {max-spaces-inside: 0}
  comments: {min-spaces-from-content: 1}
  indentation: {spaces: 2, indent-sequences: consistent, ignore: test/deploy/golden/}
  truthy: {check-keys: false}
"""
# The golden files are as helm writes them. Templates are YAML only once they are rendered.
NOT_YAML = ":!deploy/helm/*/templates/*"


def check_yaml():
    files = tools.run("git", "ls-files", "-z", "--", "*.yaml", "*.yml", NOT_YAML, cwd=TOP).stdout
    tools.run("yamllint", "--strict", "--config-data", YAML_RULES, *filter(None, files.split("\0")),
              cwd=TOP)


def tests(binary):
    yield "yamllint", check_yaml
    for module in (dockerfile, charts, refusals, components, pods, limits):
        yield from module.tests(binary)


def write_golden():
    GOLDEN.mkdir(exist_ok=True)
    for path, text in charts.golden():
        path.write_text(text, encoding="utf-8")


def run(binary, name):
    tally = Tally()
    started = time.monotonic()
    for title, test in tests(binary):
        if name not in title:
            continue
        try:
            test()
        except (AssertionError, driver.PodError, engine.EngineError, OSError, ValueError,
                subprocess.SubprocessError) as error:
            tally.add(title, error)
        else:
            tally.add(title)
    print(f"# {time.monotonic() - started:.0f} s")
    return tally.finish()


def main():
    signal.signal(signal.SIGTERM, driver.end_on_signal)
    if len(sys.argv) == 3 and sys.argv[1] == "--golden":
        write_golden()
        return 0
    if len(sys.argv) not in (2, 3) or sys.argv[1].startswith("-"):
        sys.stderr.write("usage: test/deploy/run.sh [BINARY [NAME]]\n")
        return 2
    return run(sys.argv[1], sys.argv[2] if len(sys.argv) == 3 else "")


if __name__ == "__main__":
    with engine.alone():
        sys.exit(main())
