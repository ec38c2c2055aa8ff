#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The table of failures in doc/deploying.md: what the gate says in the fixtures of its checks.

    test/docs/failures.py --write BINARY     writes it anew

tests.py says when it is stale.
"""
import concurrent.futures
import functools
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test/cli"))
import run  # noqa: E402

DOCUMENT = TOP / "doc/deploying.md"
BEGIN, END = "<!-- failures: generated -->", "<!-- end of failures -->"
# Of each check the fixtures that show what goes wrong in pods, likely ones first.
SHOWN = {
    "binary.file": ["fail-missing", "fail-root-empty", "fail-empty", "fail-directory",
                    "fail-world-writable", "fail-owner", "fail-file-capability"],
    "binary.sha256": ["fail"],
    "binary.access": ["fail-mode", "fail-directory-mode", "fail-noexec"],
    "binary.machine": ["fail-other-machine", "fail-truncated", "fail-script-interpreter-missing",
                       "fail-env-missing", "fail-script-carriage-return"],
    "binary.interpreter": ["fail-missing", "fail-static-but-named", "fail-other-than-named",
                           "fail-untrusted-dir", "fail-writable", "fail-relative"],
    "binary.libraries": ["fail", "fail-untrusted-dir", "fail-own-user"],
    "binary.symbols": ["fail", "fail-undefined"],
    "binary.mount": ["fail", "fail-stale"],
    "binary.go": ["fail", "fail-no-go"],
    "binary.embeds": ["fail"],
    "binary.hardening": ["fail-relro-partial", "fail-executable-stack"],
    "file.content": ["fail", "fail-missing"],
    "file.attributes": ["fail-mode", "fail-owner", "fail-read"],
    "proc.mounted": ["fail-tmpfs"],
    "proc.self_exe": ["fail-covered"],
    "proc.hidepid": ["fail"],
    "proc.privileged": ["fail"],
    "proc.shared_pid": ["fail"],
    "proc.host_pid": ["fail"],
    "proc.overmounts": ["fail-process"],
    "volume.mounted": ["fail", "fail-empty-artifact", "fail-kind-subpath"],
    "volume.options": ["fail", "fail-read-only", "fail-writable-below"],
    "volume.subpath": ["fail-stale-file", "fail-wrong-key", "fail-directory"],
    "volume.atomic": ["fail-key-missing", "fail-own-folder"],
    "volume.shadows": ["fail-file"],
    "volume.tree": ["fail-manifest"],
    "volume.writers": ["fail-open"],
    "volume.access": ["fail", "fail-secret", "fail-missing"],
}


class Stale(Exception):
    """A fixture of SHOWN is gone, or does not fail as its name says."""


def _play(gate, check, name):
    """(message, fix) of the check's result in that fixture."""
    case = run.Case(str(Path(run.CASES) / check / name))
    if not Path(case.folder).is_dir():
        raise Stale(f"{case} is no fixture")
    outcome, wanted = run.in_child(run.play_plain, case, "json", gate)
    if outcome["code"] != wanted["code"]:
        raise Stale(f"{case}: {outcome}")
    found = [result for result in json.loads(outcome["out"])["results"]
             if result["check"] == check and result["status"] == "fail"]
    return found[0]["message"], found[0]["fix"]


def _cell(text):
    """For a table: nothing of this machine, short digests, and no markup that was none."""
    text = text.replace(f"{run.ROOT}/", "/").replace(run.ROOT, "/")
    text = re.sub(r"\b([0-9a-f]{8})[0-9a-f]{56}\b", r"\1...", text)
    text = re.sub(r"/overlay2?/[^ ]*", "/...", text)
    for char in "\\|<*_[":
        text = text.replace(char, f"\\{char}" if char != "<" else "&lt;")
    return text


def anchor(check):
    """Where checks.md has it, as GitHub names headings."""
    return "checks.md#" + check.replace(".", "")


def table(binary):
    listed = json.loads(subprocess.check_output([binary, "list", "--format", "json"]))
    checks = [check["id"] for check in listed]
    if set(checks) != set(SHOWN):
        raise Stale(f"not both in SHOWN and `initgate list`: {set(checks) ^ set(SHOWN)}")
    wanted = [(check, name) for check in checks for name in SHOWN[check]]
    with tempfile.TemporaryDirectory(prefix="initgate-failures.") as scratch:
        Path(scratch).chmod(0o755)  # fixtures run the gate as other users too
        gate = shutil.copy(binary, scratch)
        Path(gate).chmod(0o755)
        with concurrent.futures.ProcessPoolExecutor() as pool:
            said = list(pool.map(functools.partial(_play, gate), *zip(*wanted)))
    rows = ["| check | it says | to do |", "|---|---|---|"]
    for (check, _), (message, fix) in zip(wanted, said):
        rows.append(f"| [{_cell(check)}]({anchor(check)}) | {_cell(message)} | {_cell(fix)} |")
    return "\n".join(rows)


def document(binary):
    """doc/deploying.md with the table of today."""
    before, rest = DOCUMENT.read_text(encoding="utf-8").split(BEGIN)
    return f"{before}{BEGIN}\n{table(binary)}\n{END}{rest.split(END)[1]}"


def main():
    if len(sys.argv) != 3 or sys.argv[1] != "--write":
        sys.stderr.write("usage: failures.py --write BINARY\n")
        return 2
    DOCUMENT.write_text(document(sys.argv[2]), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
