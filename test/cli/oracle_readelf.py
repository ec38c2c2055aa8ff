#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Oracle for `initgate inspect`: what readelf and stat say of every program of this machine.

usage: oracle_readelf.py BINARY [FOLDER...]      (/usr/bin /usr/sbin)

Compares kind, class, byte order, machine, type, linkage and interpreter with readelf, size, mode,
owner and group with stat, the digest with Python's. Every file of the folders, ELF or not. The last
lines are "N of N agree" and "N passed, N failed".
"""
import hashlib
import json
import os
import re
import stat
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import tap  # noqa: E402

MACHINES = {"Advanced Micro Devices X86-64": "x86-64", "Intel 80386": "i386", "AArch64": "AArch64",
            "ARM": "ARM", "RISC-V": "RISC-V", "IBM S/390": "S/390", "PowerPC64": "PowerPC64"}


def readelf(path):
    """What inspect's fields should be, or None where it is no ELF file."""
    done = subprocess.run(["readelf", "-hlW", path], capture_output=True, text=True, errors="replace",
                          env={"PATH": os.environ["PATH"], "LC_ALL": "C"})

    def field(name):
        found = re.search(rf"^ *{name}: +(.*?)$", done.stdout, re.M)
        return found[1] if found else None

    if field("Magic") is None:
        return None
    interp = re.search(r"\[Requesting program interpreter: (.*)\]", done.stdout)
    return {"kind": "ELF", "class": field("Class"),
            "data": "little-endian" if "little" in field("Data") else "big-endian",
            "machine": MACHINES.get(field("Machine")), "type": field("Type").split(" ")[0],
            "linkage": "dynamic" if interp else "static",
            "interpreter": interp[1] if interp else None}


def expected(path):
    meta = os.stat(path)
    with open(path, "rb") as f:
        data = f.read()
    fields = {"size": meta.st_size, "mode": f"{stat.S_IMODE(meta.st_mode):04o}",
              "owner": meta.st_uid, "group": meta.st_gid,
              "sha256": hashlib.sha256(data).hexdigest()}
    fields.update(readelf(path) or {"kind": "script" if data[:2] == b"#!" else None})
    return fields


def difference(binary, path):
    outcome = tap.run([binary, "inspect", "--format", "json", path])
    if outcome.defect() or outcome.code != 0:
        return outcome.defect() or str(outcome)
    told = json.loads(outcome.out)
    wrong = [f"{field} is {told.get(field)!r}, not {value!r}"
             for field, value in expected(path).items()
             if told.get(field) != value and (field, value) != ("kind", None)]
    return "; ".join(wrong) or None


def main():
    if len(sys.argv) < 2:
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 2
    tally, total, elf, wrong_total = tap.Tally(), 0, 0, 0
    for folder in sys.argv[2:] or ["/usr/bin", "/usr/sbin"]:
        seen = wrong = 0
        for name in sorted(os.listdir(folder)):
            path = os.path.join(folder, name)
            if not os.path.isfile(path) or os.stat(path).st_size == 0:
                continue
            why = difference(sys.argv[1], path)
            elf += readelf(path) is not None
            seen, wrong = seen + 1, wrong + (why is not None)
            if why:
                print(f"DIFFERS: {path}: {why}")
        tally.add(f"{seen} files of {folder}", f"{wrong} differ" if wrong else None)
        total, wrong_total = total + seen, wrong_total + wrong
    print(f"{elf} ELF files, {total - elf} others")
    print(f"{total - wrong_total} of {total} agree")
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
