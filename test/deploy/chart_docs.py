#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What is generated in deploy/helm/initgate: the policy's schema within values.schema.json, from
`initgate schema`, and the table of values in README.md, from the comments of values.yaml.

usage: chart_docs.py --write BINARY     writes both

tests.py imports it to say when either is stale.
"""
import functools
import json
import re
import subprocess
import sys
from pathlib import Path

import yaml

CHART = Path(__file__).resolve().parents[2] / "deploy/helm/initgate"
SCHEMA, VALUES, README = (CHART / name for name in
                          ("values.schema.json", "values.yaml", "README.md"))
BEGIN, END = "<!-- values: generated -->", "<!-- end of values -->"


def schema(binary):
    """values.schema.json with the policy's schema as BINARY prints it."""
    policy = json.loads(subprocess.run([binary, "schema"], check=True, capture_output=True,
                                       text=True).stdout)
    # The chart fills in what every policy needs: apiVersion and kind.
    for key in ("$schema", "$id", "title", "required"):
        del policy[key]
    whole = json.loads(SCHEMA.read_text(encoding="utf-8"))
    whole["properties"]["policy"] = policy
    return json.dumps(whole, indent=2) + "\n"


def values():
    """(key, default, description) of every value that has a "# --" comment above it."""
    path, comment = [], []
    text = VALUES.read_text(encoding="utf-8")
    for line in text.splitlines():
        said = re.match(r"\s*# (--)?\s*(.*)", line)
        if said and (said[1] or comment):
            comment = ([] if said[1] else comment) + [said[2]]
            continue
        entry = re.match(r"(\s*)([A-Za-z]+):\s*(.*)", line)
        if entry:
            path = path[:len(entry[1]) // 2] + [entry[2]]
            if comment:
                default = functools.reduce(dict.__getitem__, path, yaml.safe_load(text))
                yield ".".join(path), json.dumps(default), " ".join(comment)
        comment = []


def table():
    rows = ["| value | default | meaning |", "|---|---|---|"]
    for key, default, meaning in values():
        rows.append(f"| `{key}` | `{default}` | {meaning} |")
    return "\n".join(rows)


def readme():
    """README.md with the table of today's values.yaml."""
    before, rest = README.read_text(encoding="utf-8").split(BEGIN)
    return f"{before}{BEGIN}\n{table()}\n{END}{rest.split(END)[1]}"


def main():
    if len(sys.argv) != 3 or sys.argv[1] != "--write":
        sys.stderr.write("usage: chart_docs.py --write BINARY\n")
        return 2
    SCHEMA.write_text(schema(sys.argv[2]), encoding="utf-8")
    README.write_text(readme(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
