#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What `cmake --install` puts beside the program: man pages and shell completions say what --help says.

usage: installed.py BUILD/initgate

The build folder is installed below a scratch prefix. The pages are judged by man (groff), mandoc and
lexgrog; the completions are asked of bash (loaded by the bash-completion package), zsh (compinit) and
fish, each found where it was installed; bash and zsh at a terminal, by their own keys.
"""
import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import tap  # noqa: E402

TIMEOUT = 60
# After what was typed: insert all completions into the line, write the line down, clear it.
BASH_KEYS, ZSH_KEYS = b"\x1b*\x18", b"\t\x18"
BASH_START = """bind -x '"\\C-x": show'
show() { printf '%s\\n' "$READLINE_LINE" >"$ANSWER.new"; mv "$ANSWER.new" "$ANSWER"; READLINE_LINE=; }
source /usr/share/bash-completion/bash_completion
touch "$ANSWER"
"""
ZSH_START = """show() { print -r -- "$BUFFER" >"$ANSWER.new"; mv "$ANSWER.new" "$ANSWER"; BUFFER= }
zle -N show; bindkey '^X' show
fpath=("$PREFIX/share/zsh/site-functions" $fpath)
autoload -U compinit; compinit -u -D
zle -C all complete-word _generic; bindkey '^I' all
zstyle ':completion:all::::' completer _all_matches _complete
zstyle ':completion:all:*' insert yes
touch "$ANSWER"
"""


class Terminal:
    """An interactive shell that writes down the line it was brought to."""

    def __init__(self, command, start, keys, prefix, folder):
        self.keys, self.answer = keys, os.path.join(folder, command[0] + ".answer")
        script = os.path.join(folder, command[0] + ".start")
        with open(script, "w", encoding="utf-8") as file:
            file.write(start)
        env = {"PATH": f"{prefix}/bin:/usr/bin:/bin", "HOME": folder, "TERM": "dumb",
               "LC_ALL": "C.UTF-8", "XDG_DATA_DIRS": f"{prefix}/share", "PREFIX": prefix,
               "ANSWER": self.answer}
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(os.path.join(folder, "here"))
            os.execvpe(command[0], command, env)
        os.write(self.fd, f". {script}\n".encode())
        self.wait()

    def wait(self):
        said, until = b"", time.monotonic() + TIMEOUT
        while time.monotonic() < until:
            if select.select([self.fd], [], [], 0.02)[0]:
                said += os.read(self.fd, 65536)
            if os.path.exists(self.answer):
                with open(self.answer, encoding="utf-8") as file:
                    text = file.read()
                os.unlink(self.answer)
                return text.rstrip("\n")
        raise RuntimeError(f"no answer; said {said!r}")

    def complete(self, line):
        """The words that LINE's last one becomes."""
        os.write(self.fd, line.encode() + self.keys)
        return set(self.wait().split()[len(line.split(" ")) - 1:])

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


class Fish:
    def __init__(self, prefix, folder):
        self.folder = folder
        self.env = {"PATH": f"{prefix}/bin:/usr/bin:/bin", "HOME": folder, "LC_ALL": "C.UTF-8",
                    "XDG_DATA_DIRS": f"{prefix}/share:/usr/share"}

    def complete(self, line):
        done = subprocess.run(["fish", "-c", 'complete -C "$argv[1]"', line], check=True,
                              env=self.env, cwd=os.path.join(self.folder, "here"),
                              stdout=subprocess.PIPE, text=True)
        return {row.split("\t")[0] for row in done.stdout.splitlines()}

    def close(self):
        """Nothing stays behind."""


class Truth:
    """What the program itself says."""

    def __init__(self, gate):
        def ask(*arguments):
            return tap.run([gate, *arguments]).out
        self.commands = re.findall(r"^  ([a-z]+)  ", ask("--help"), re.M)
        self.help = {c: ask(c, "--help") for c in self.commands}
        self.checks = {row["id"]: row["summary"] for row in json.loads(ask("list", "--format",
                                                                           "json"))}

    def flags(self, command):
        return set(re.findall(r"^  (--[a-z0-9-]+)", self.help[command], re.M))

    def formats(self, command):
        found = re.search(r"how to print it: (.*);", self.help[command])
        return set(found[1].split(", ")) if found else set()


def same(tally, name, mine, theirs):
    tally.add(name, None if mine == theirs and theirs else f"{mine!r}, expected {theirs!r}")


def stripped(words):
    """zsh appends what comes behind a flag: "--format="."""
    return {word.rstrip("=/") for word in words}


def completions(tally, name, shell, truth):
    same(tally, f"{name}: commands",
         {w for w in shell.complete("initgate ") if not w.startswith("-")}, set(truth.commands))
    same(tally, f"{name}: a command", stripped(shell.complete("initgate insp")), {"inspect"})
    for command in truth.commands:
        flags = stripped(shell.complete(f"initgate {command} --"))
        same(tally, f"{name}: flags of {command}", flags, truth.flags(command))
        formats = truth.formats(command)
        if formats:
            same(tally, f"{name}: formats of {command}",
                 shell.complete(f"initgate {command} --format "), formats)
    same(tally, f"{name}: checks",
         {w for w in shell.complete("initgate explain ") if not w.startswith("-")},
         set(truth.checks))
    same(tally, f"{name}: one check", shell.complete("initgate explain binary.sha"),
         {"binary.sha256"})
    same(tally, f"{name}: behind =",
         {w.split("=")[-1] for w in shell.complete("initgate verify --format=sa")}, {"sarif"})
    same(tally, f"{name}: files", stripped(shell.complete("initgate verify --policy policy")),
         {"policy-file", "policy-folder"})
    same(tally, f"{name}: folders", stripped(shell.complete("initgate verify --root policy")),
         {"policy-folder"})
    same(tally, f"{name}: operands", stripped(shell.complete("initgate inspect policy")),
         {"policy-file", "policy-folder"})


def render(page, *options):
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANWIDTH": "400", "MAN_KEEP_FORMATTING": ""}
    return subprocess.run(["man", *options, page], check=False, capture_output=True, text=True,
                          env=env)


def plain(text):
    return " ".join(text.replace("\u2010", "-").replace("\u2212", "-").split())


def page(tally, pages, name, wanted):
    path = os.path.join(pages, "man1", f"{name}.1")
    done = render(path, "--warnings", "-l")
    tally.add(f"{name}(1): groff has no complaint",
              None if done.returncode == 0 and not done.stderr else done.stderr)
    text = plain(done.stdout)
    missing = [w for w in wanted if plain(w) not in text]
    tally.add(f"{name}(1): says what --help says", f"{missing} are not in\n{text}" if missing
              or not wanted else None)
    lint = subprocess.run(["mandoc", "-Tlint", "-Wwarning", path], check=False,
                          stdout=subprocess.PIPE, text=True)
    complaints = [row for row in lint.stdout.splitlines() if "missing date" not in row]
    tally.add(f"{name}(1): mandoc has no complaint", "\n".join(complaints) or None)
    named = subprocess.run(["lexgrog", path], check=False, stdout=subprocess.PIPE, text=True)
    tally.add(f"{name}(1): whatis understands its name",
              None if f'"{name} - ' in named.stdout else named.stdout)
    found = render(name, "-M", pages)
    tally.add(f"{name}(1): man finds it", None if plain(found.stdout) == text else found.stderr)


def manual(tally, prefix, truth):
    pages = os.path.join(prefix, "share/man")
    same(tally, "a page for each command", set(os.listdir(os.path.join(pages, "man1"))),
         {"initgate.1"} | {f"initgate-{c}.1" for c in truth.commands})
    overview = [f"initgate-{c}(1)" for c in truth.commands]
    for command in truth.commands:
        rows = re.findall(r"^  (--\S+(?: \S+)?) +(.*)\n(?: +variable: (\w+)\n)?",
                          truth.help[command], re.M)
        variables = [row[2] for row in rows if row[2]]
        wanted = [text for row in rows for text in row[:2]] + variables
        if command == "explain":
            wanted += [text for row in truth.checks.items() for text in row]
        if command == "verify":
            wanted += ["all checks passed", "something could not be evaluated"]
        page(tally, pages, f"initgate-{command}", wanted)
        overview += variables
    page(tally, pages, "initgate", overview)


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    tally, build = tap.Tally(), os.path.dirname(os.path.abspath(sys.argv[1]))
    with tempfile.TemporaryDirectory() as folder:
        prefix = os.path.join(folder, "prefix")
        subprocess.run(["cmake", "--install", build, "--prefix", prefix], check=True,
                       stdout=subprocess.DEVNULL)
        os.makedirs(os.path.join(folder, "here/policy-folder"))
        shutil.copy("/dev/null", os.path.join(folder, "here/policy-file"))
        gate = os.path.join(prefix, "bin/initgate")
        truth = Truth(gate)
        same(tally, "the program", tap.run([gate, "version"]).out,
             tap.run([sys.argv[1], "version"]).out)
        manual(tally, prefix, truth)
        for name, shell in (
                ("bash", Terminal(["bash", "--norc", "--noprofile", "-i"], BASH_START, BASH_KEYS,
                                  prefix, folder)),
                ("zsh", Terminal(["zsh", "-f", "-i"], ZSH_START, ZSH_KEYS, prefix, folder)),
                ("fish", Fish(prefix, folder))):
            completions(tally, name, shell, truth)
            shell.close()
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
