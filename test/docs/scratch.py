# SPDX-License-Identifier: Apache-2.0
"""Where a document's commands run: a folder with a copy of deploy/, and the programs they name.

Those are the gate, npm's helm and kubectl, and a `crane` that exports the test server's image. A
`helm install` renders and installs nothing; `kubectl apply` leaves the validation of what it sends
to this test, since the cluster here has no schemas.
"""
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import tools
from tools import TOP

SHIMS = {
    "helm": 'case $1 in install|upgrade) set -- "$@" --dry-run=client;; esac\nexec {helm} "$@"',
    "kubectl": 'case $1 in apply) set -- "$@" --validate=false;; esac\nexec {kubectl} "$@"',
    "crane": '[ "$1 ${{3-}}" = "export -" ]\nexec tar -C {root} -c --exclude=./usr/share '
             '--exclude=./var .',
}


class Scratch:
    """`with Scratch(...) as scratch: scratch.run(text)`; one for each document.

    unpacked    True: the image's root is there as "rootfs" already
    """

    def __init__(self, binary, image_root, cluster, unpacked):
        self.binary, self.image_root, self.cluster = binary, image_root, cluster
        self.unpacked = unpacked

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="initgate-docs-"))
        self.folder.chmod(0o755)
        programs = self.folder / "programs"
        programs.mkdir()
        (programs / "initgate").symlink_to(self.binary)
        for name, text in SHIMS.items():
            text = text.format(helm=tools.tool("helm"), kubectl=tools.tool("kubectl"),
                               root=self.image_root)
            (programs / name).write_text(f"#!/bin/sh\nset -eu\n{text}\n", encoding="utf-8")
            (programs / name).chmod(0o755)
        (self.folder / "kubeconfig").write_text(self.cluster.config(), encoding="utf-8")
        self.work = self.folder / "work"
        self.work.mkdir()
        shutil.copytree(TOP / "deploy", self.work / "deploy")
        if self.unpacked:
            (self.work / "rootfs").symlink_to(self.image_root)
        return self

    def __exit__(self, *_exception):
        shutil.rmtree(self.folder)

    def run(self, text, prefix=()):
        """A CompletedProcess of bash over `text`; its errors are in its output."""
        path = f"{self.folder / 'programs'}:{os.environ['PATH']}"
        env = {**tools.environment(), "PATH": path,
               "KUBECONFIG": str(self.folder / "kubeconfig")}
        return subprocess.run([*prefix, "bash", "-euo", "pipefail", "-c", text], cwd=self.work,
                              env=env, text=True, stdin=subprocess.DEVNULL, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
