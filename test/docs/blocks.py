# SPDX-License-Identifier: Apache-2.0
"""The fenced blocks of the documents, and what a console block says a command prints."""
import dataclasses
import re
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]


@dataclasses.dataclass
class Block:
    """One fenced block: `document` relative to the repository, `line` of its fence."""
    document: str
    line: int
    language: str
    text: str

    def __str__(self):
        return f"{self.document}:{self.line} {self.language}"

    @property
    def file(self):
        """The name in a first line that is nothing but "# NAME": the block is that file."""
        named = re.match(r"# ([\w.-]+\.(?:yaml|json))\n", self.text)
        return named[1] if named else None


def documents():
    """Every document that users read, relative to the repository."""
    found = [TOP / "README.md", TOP / "SECURITY.md", *sorted(TOP.glob("doc/*.md")),
             *sorted(TOP.glob("deploy/**/README.md"))]
    return [str(path.relative_to(TOP)) for path in found]


def blocks(document):
    """The blocks of a document, in order, also those within a list."""
    fence, lines, start = None, [], 0
    text = (TOP / document).read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        marker = re.match(r"( *)(```+|~~~+)(\w*)", line)
        if fence is None and marker:
            fence, lines, start = marker, [], number
        elif fence is not None and marker and marker[2] == fence[2] and not marker[3]:
            body = "".join(f"{part.removeprefix(fence[1])}\n" for part in lines)
            yield Block(document, start, fence[3], body)
            fence = None
        elif fence is not None:
            lines.append(line)
    if fence is not None:
        raise AssertionError(f"{document}:{start}: a block without an end")


def commands(block):
    """(command, lines of its output, exit code) of a console block.

    A line "$ COMMAND" is run by bash; the lines up to the next one are its whole output, where
    "..." stands for anything within a line, a line "..." for any lines, and a last line "[exit N]"
    for the exit code (0 if absent).
    """
    cases = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            cases.append((line[2:], []))
        else:
            cases[-1][1].append(line)
    for command, output in cases:
        code = re.fullmatch(r"\[exit (\d)\]", output[-1]) if output else None
        yield command, output[:-1] if code else output, int(code[1]) if code else 0


def matches(expected, output):
    """Whether a command's output is what the document shows."""
    pattern = ""
    for line in expected:
        if line == "...":
            pattern += r"(?:.*\n)*"
        else:
            pattern += ".*".join(re.escape(part) for part in line.split("...")) + r"\n"
    return re.fullmatch(pattern, output if output.endswith("\n") or not output
                        else output + "\n") is not None


def inline_commands(document):
    """(line, command) of every whole kubectl command within a line of text."""
    text = (TOP / document).read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        for command in re.findall(r"`(kubectl [^`]+)`", line):
            if len(command.split()) > 2:  # less is a command's name
                yield number, command


def links(document):
    """(line, target) of every relative link, without fenced blocks."""
    text = (TOP / document).read_text(encoding="utf-8")
    text = re.sub(r"^( *)```.*?^ *```$", lambda m: "\n" * m[0].count("\n"), text,
                  flags=re.M | re.S)
    for number, line in enumerate(text.splitlines(), 1):
        for target in re.findall(r"\]\(([^)\s]+)\)", line):
            if not re.match(r"[a-z]+:", target):
                yield number, target


def anchors(document):
    """The fragments that GitHub gives a document's headings."""
    text = (TOP / document).read_text(encoding="utf-8")
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
            for heading in re.findall(r"^#+ (.*)$", text, re.M)}
