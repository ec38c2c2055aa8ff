#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The documents: every block run or validated, every link, the table of failures.

    test/docs/run.sh [BINARY [NAME]]     NAME: only the documents whose name contains it
"""
import contextlib
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test/deploy"))
import tools  # noqa: E402  (it puts the folders of the others on the path)
import charts  # noqa: E402
import cluster  # noqa: E402
import driver  # noqa: E402
import engine  # noqa: E402
import failures  # noqa: E402
import images  # noqa: E402
from blocks import anchors, blocks, documents, inline_commands, links  # noqa: E402
from checking import Checker  # noqa: E402
from scratch import Scratch  # noqa: E402
from tap import Tally  # noqa: E402

# Blocks that are not run here, by document and first line, and why. Shell must still parse, and
# the paths that it names be there.
ELSEWHERE = {
    ("README.md", "test/quickstart.sh"): "test/image/quickstart.sh and test/run.sh are it",
    ("doc/developing.md", "docker/deps.sh build"): "test/run.sh builds so",
    ("doc/debugging-pods.md", 'eval "$(test/pod/engine.py)"'): "names of images are the reader's",
    ("doc/deploying.md", "docker/build-image.sh --index"): "test/image/run.sh builds and pushes it",
    ("doc/volumes.md", "import hashlib, os, stat, sys"): "test/cli/oracle_tree.py runs it",
    ("doc/deploying.md", "              How does the program get into the pod?"): "a picture",
}
VERDICT = "checks failed: binary.sha256 (/app/server)"
# Documents whose blocks belong together in one way of their own.
TOGETHER = {"deploy/helm/initgate/README.md": charts.check_readme_chart}
FAULTS = (AssertionError, driver.PodError, engine.EngineError, OSError, ValueError, KeyError,
          subprocess.SubprocessError, failures.Stale, failures.run.Fault)


def check_elsewhere(block):
    """What can be said of a block without running it."""
    if block.language == "sh":
        subprocess.run(["bash", "-n", "-c", block.text], check=True)
        for path in re.findall(r"(?<![\w./-])(?:test|docker|deploy)/[\w./-]+", block.text):
            tools.expect(f"whether {path} exists", (TOP / path).exists(), True)


def elsewhere(block):
    """Its key in ELSEWHERE, or None."""
    return next((key for key in ELSEWHERE
                 if key[0] == block.document and block.text.startswith(key[1])), None)


def check_block(block, checker, scratch):
    if elsewhere(block):
        check_elsewhere(block)
        return
    judge = {"console": checker.console, "sh": checker.sh, "yaml": checker.yaml,
             "json": checker.json}.get(block.language)
    if judge is None:
        raise AssertionError("nothing here runs or validates such a block: add a way, or a reason "
                             "to ELSEWHERE")
    judge(block, scratch)


def check_inline(document, line, command, scratch):
    """Of the blocked pod each shows the gate's verdict; others only have to work."""
    folder = scratch.work / Path(document).parent
    done = scratch.run(f"cd {folder if folder.is_dir() else scratch.work}\n"
                       + command.replace("POD", cluster.POD))
    if done.returncode != 0 or (" pod" in command.lower() and VERDICT not in done.stdout):
        raise AssertionError(f"line {line}: exit {done.returncode}: {done.stdout}")


def check_links(document):
    for line, target in links(document):
        path, _, fragment = target.partition("#")
        found = (TOP / document).parent / path if path else TOP / document
        if not found.exists():
            raise AssertionError(f"line {line}: {target}: there is no such file")
        if fragment and fragment not in anchors(found.resolve().relative_to(TOP)):
            raise AssertionError(f"line {line}: {target}: there is no such heading")


def check_failures(binary):
    """test/docs/failures.py --write BINARY mends this."""
    tools.expect_same("doc/deploying.md and what the gate says today",
                      failures.DOCUMENT.read_text(encoding="utf-8").splitlines(),
                      failures.document(binary).splitlines())


def blocked(built):
    """A Cluster in which the same-image pattern's pod was blocked, by the gate itself."""
    manifest = tools.MANIFESTS / "same-image.yaml"
    replace = {"registry.example.com/initgate@sha256:" + "0" * 64: built["initgate"],
               "registry.example.com/server@sha256:" + "1" * 64: built["server-changed-byte"],
               "f" * 64: images.program_digest()}
    with driver.Pod(driver.load(manifest, replace), built["pause"]) as pod:
        result = pod.run()
    gate = next(found for found in result["containers"] if found["name"] == "gate")
    tools.expect("the gate's exit code", gate["exitCode"], 1)
    deployment = tools.only(driver.load(manifest), "Deployment")
    shown = cluster.blocked_pod(deployment["spec"]["template"], result)
    return cluster.Cluster(shown, deployment, gate["stdout"])


@contextlib.contextmanager
def image_root(image):
    """The root file system of an image, mounted."""
    yield engine.podman("image", "mount", image).stdout.strip()
    engine.podman("image", "unmount", image, check=False)


def check_reasons():
    """ELSEWHERE has no entry for a block that is gone."""
    found = {elsewhere(block) for document in documents() for block in blocks(document)}
    tools.expect("reasons without a block", set(ELSEWHERE) - found, set())


def attempt(tally, title, test, *words):
    try:
        test(*words)
    except FAULTS as error:
        tally.add(title, error)
    else:
        tally.add(title)


def run_document(tally, document, checker, scratch):
    if document in TOGETHER:
        attempt(tally, f"{document}: its blocks together", TOGETHER[document])
    else:
        for block in blocks(document):
            attempt(tally, str(block), check_block, block, checker, scratch)
    for line, command in inline_commands(document):
        attempt(tally, f"{document}:{line} {command}", check_inline, document, line, command,
                scratch)
    attempt(tally, f"{document}: links", check_links, document)


def run(binary, name):
    tally, started = Tally(), time.monotonic()
    built = images.build(binary)
    checker = Checker(binary)
    with blocked(built) as api, image_root(built["server"]) as root:
        for document in documents():
            if name in document:
                api.applied = []
                unpacked = "mkdir rootfs" not in (TOP / document).read_text(encoding="utf-8")
                with Scratch(binary, root, api, unpacked) as scratch:
                    run_document(tally, document, checker, scratch)
                if api.applied:
                    attempt(tally, f"{document}: what it applies", checker.add,
                            f"{document}: kubectl apply", api.applied)
    for block, fault in checker.faults():
        tally.add(f"{block}: Kubernetes' schemas", fault)
    tally.add(f"Kubernetes' schemas over {len(checker.objects)} objects")
    attempt(tally, "every reason in ELSEWHERE has its block", check_reasons)
    if name in "doc/deploying.md":
        attempt(tally, "the table of failures", check_failures, binary)
    print(f"# {time.monotonic() - started:.0f} s")
    return tally.finish()


def main():
    signal.signal(signal.SIGTERM, driver.end_on_signal)
    if len(sys.argv) not in (2, 3) or sys.argv[1].startswith("-"):
        sys.stderr.write("usage: test/docs/run.sh [BINARY [NAME]]\n")
        return 2
    return run(sys.argv[1], sys.argv[2] if len(sys.argv) == 3 else "")


if __name__ == "__main__":
    with engine.alone():
        sys.exit(main())
