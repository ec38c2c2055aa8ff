#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Oracle for the #! line: how execve(2) of the running kernel splits it.

usage: oracle_script.py [--seed N] [--lines N] [BINARY]      (BINARY is not used)

Makes scripts whose interpreter prints its arguments, with first lines at and around every limit and
at random, runs each and compares with the script_interp and script_arg of ig_image_parse(): the
kernel refuses (ENOEXEC) what lib/elf refuses, and what runs got the same argument. The last lines
are "N of N agree" and "N passed, N failed".
"""
import argparse
import errno
import os
import random
import re
import subprocess
import sys
import tempfile

from oracle_execve import Probe, build_probe, tap

# Writes its arguments but the last, which is the script, each in brackets.
INTERPRETER = """\
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    for (int i = 1; i < argc - 1; i++) {
        if (write(1, "[", 1) < 0 || write(1, argv[i], strlen(argv[i])) < 0 ||
            write(1, "]", 1) < 0) {
            return 1;
        }
    }
    return 7;
}
"""


def lines_of(path, rng, count):
    yield from (b"#!" + path, b"#!" + path + b"\n", b"#! \t" + path + b" \t\n", b"#!", b"#!\n", b"#! ",
                b"#! \n", b"#!\0" + path + b"\n", b"#!" + path + b"\0 arg\n", b"#!" + path + b"\r\n",
                b"#!" + path + b" a b\tc \n", b"#!" + path + b" \0x\n", b"#!" + path + b" a\0b\n",
                b"#!\n" + path + b"\n", b"#! \0\n", b"# !" + path + b"\n")
    for length in range(240, 262):
        blanks = b" " * (length - len(path) - 2)
        yield b"#!" + blanks + path
        yield b"#!" + blanks + path + b"\n"
        yield b"#!" + b" " * (length - 2) + b"\n"
        yield (b"#!" + path + b" ").ljust(length, b"x")
        yield (b"#!" + path + b" ").ljust(length, b"x") + b"\n"
        yield (b"#!" + path + b" x").ljust(length) + b"y\n"
        yield (b"#!" + path).ljust(length, b"x") + b"\n"
        yield (b"#!" + path).ljust(length, b"x")
    pieces = [b" ", b"\t", b"\n", b"\0", b"x", b"-e", b"/", b"\r", b"\xff", path, b" " * 60, b"y" * 60]
    for _ in range(count):
        yield b"#!" + b"".join(rng.choice(pieces) for _ in range(rng.randrange(1, 9)))


def difference(line, path, answer):
    """Why lib/elf is wrong, or None."""
    if not line.startswith(b"#!"):
        return None if answer.refusal == errno.ENOEXEC else "not refused"
    if answer.refusal != 0:
        same = answer.kernel == "errno" and answer.number == answer.refusal
        return None if same else "the kernel takes it"
    if answer.kernel == "errno" and answer.number == errno.ENOEXEC:
        return "the kernel refuses it"
    interpreter = b"" if answer.interp == "-" else bytes.fromhex(answer.interp)
    if (re.sub(b"/+", b"/", interpreter) == path) != (answer.kernel == "exit"):
        return f"the interpreter is not {interpreter}"
    argument = answer.text.strip()
    wanted = {"none": b"", "-": b"[]"}.get(argument)
    if wanted is None:
        wanted = b"[" + bytes.fromhex(argument) + b"]"
    got = b"" if answer.output == "-" else bytes.fromhex(answer.output)
    if answer.kernel == "exit" and got != wanted:
        return f"the argument is {got}, not {wanted}"
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary", nargs="?", metavar="BINARY")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lines", type=int, default=1500)
    options = parser.parse_args()
    rng, tally, total, wrong = random.Random(options.seed), tap.Tally(), 0, 0
    with tempfile.TemporaryDirectory() as scratch:
        os.chmod(scratch, 0o755)
        path = os.path.join(scratch, "i")
        subprocess.run(["gcc", "-static", "-x", "c", "-", "-o", path], input=INTERPRETER, text=True,
                       check=True)
        script = os.path.join(scratch, "script")
        probe = Probe(build_probe(scratch))
        for line in lines_of(path.encode(), rng, options.lines):
            with open(script, "wb") as f:
                f.write(line)
            os.chmod(script, 0o755)
            answer = probe.ask(script)
            why = difference(line, path.encode(), answer)
            total, wrong = total + 1, wrong + (why is not None)
            if why:
                print(f"DIFFERS: {line}: {why}: {answer}")
        probe.close()
    print(f"{total - wrong} of {total} agree")
    tally.add(f"{total} lines", f"{wrong} differ" if wrong else None)
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
