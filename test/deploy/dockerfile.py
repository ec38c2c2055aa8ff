# SPDX-License-Identifier: Apache-2.0
"""docker/Dockerfile by two linters of npm's (neither npm nor Debian has hadolint), its commands by
shellcheck, and what the linters do not ask: who runs it, and from what."""
import json
import re

import tools
from tools import TOP, expect

LINTERS = ("dockerfile-utils@0.16.3", "dockerfilelint@1.8.0")
TEXT = (TOP / "docker/Dockerfile").read_text(encoding="utf-8")
# What is changed, into what, and what must be said of it.
BROKEN = [("ENTRYPOINT", "ENTRYPONT", "Unknown instruction: ENTRYPONT"),
          ("debian:trixie-slim", "debian", "Base Image Missing Tag"),
          ("COPY . .", "COPY . .\nRUN sudo make", "Use Of sudo Is Not Allowed"),
          ("RUN docker/build-libs.sh \"$TARGETARCH\"", "RUN docker/build-libs.sh $TARGETARCH",
           "SC2086"),
          ("USER 65532:65532", "USER root", "the user is root"),
          ("FROM scratch", "FROM debian:trixie-slim", "the image is made from debian:trixie-slim"),
          ("COPY . .", "ADD . .", "ADD fetches and unpacks: use COPY"),
          ("ENTRYPOINT [\"/initgate\"]", "ENTRYPOINT /initgate", "ENTRYPOINT needs a shell")]


def instructions(text):
    """(name, the rest) of each instruction, lines that continue joined, comments left out."""
    lines = re.sub(r"^#.*\n", "", text, flags=re.M).replace("\\\n", " ").splitlines()
    return [(line.split()[0].upper(), line.partition(" ")[2]) for line in lines if line.strip()]


def rules(text):
    found = instructions(text)
    for name, rest in found:
        if name == "RUN":
            said = tools.run("shellcheck", "--shell=sh", "--format=gcc", "-", stdin=rest,
                             check=False).stdout
            yield from said.splitlines()
        elif name == "ADD":
            yield "ADD fetches and unpacks: use COPY"
        elif name in ("ENTRYPOINT", "CMD") and not rest.startswith("["):
            yield f"{name} needs a shell, which the image has not"
    last = dict(found)
    if not re.fullmatch(r"[1-9][0-9]*:[1-9][0-9]*", last.get("USER", "")):
        yield f"the user is {last.get('USER')}: runAsNonRoot needs a number that is not 0"
    if last["FROM"] != "scratch":
        yield f"the image is made from {last['FROM']}, and is to hold one file"


def faults(texts):
    done = tools.run("node", TOP / "test/deploy/dockerfile.cjs", tools.modules(*LINTERS),
                     stdin=json.dumps(texts))
    return [linted + list(rules(text)) for linted, text in zip(json.loads(done.stdout), texts)]


def check():
    broken = [TEXT.replace(old, new) for old, new, _ in BROKEN]
    found, *others = faults([TEXT, *broken])
    expect("what is wrong with docker/Dockerfile", found, [])
    for (old, new, text), said in zip(BROKEN, others):
        if text not in "\n".join(said):
            raise AssertionError(f"{old!r} as {new!r} is not found: {said}")


def tests(_binary):
    yield "docker/Dockerfile", check
