# SPDX-License-Identifier: Apache-2.0
"""A chart whose pod is whatever its values say: the library chart over any pod, and README's chart."""
import shutil
import tempfile
from pathlib import Path

import yaml

import tools

CHART = {"apiVersion": "v2", "name": "probe", "version": "0.0.1",
         "dependencies": [{"name": "initgate", "version": "0.1.0",
                           "repository": "file://../initgate"}]}
TEMPLATE = """\
{{- $gate := dict "name" .Release.Name "values" .Values.initgate "pod" .Values.pod }}
{{ include "initgate.configMap" $gate }}
---
apiVersion: v1
kind: Pod
metadata:
  name: probe
spec: {{- include "initgate.pod" $gate | nindent 2 }}
"""
ONE_INCLUDE = {"Chart.yaml": yaml.safe_dump(CHART), "templates/all.yaml":
               '{{ include "initgate.workload" (dict "values" .Values.initgate '
               '"workload" .Values.workload) }}'}
GATE = {"repository": "registry.example.com/initgate", "digest": "sha256:" + "0" * 64}
IMAGE = "registry.example.com/app@sha256:" + "1" * 64


def pod(**container):
    """A pod with one container, `container` over what it has by default."""
    context = {"runAsUser": 1001, "runAsGroup": 1001, "capabilities": {"drop": ["ALL"]}}
    return {"containers": [{"name": "app", "image": IMAGE, "securityContext": context,
                            **container}]}


def values(the_pod, policy=None, **gate):
    policy = policy or {"binaries": [{"path": "/app/server", "sha256": "f" * 64}]}
    return {"pod": the_pod, "initgate": {"image": dict(GATE), "policy": policy, **gate}}


class Probe:
    """`with Probe() as probe: probe.render(values)`; files: name to text, for another chart."""

    def __init__(self, files=None):
        self.files = files or {"Chart.yaml": yaml.safe_dump(CHART), "templates/all.yaml": TEMPLATE}

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="initgate-probe-"))
        for name, text in self.files.items():
            path = self.folder / "probe" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        shutil.copytree(tools.HELM / "initgate", self.folder / "probe/charts/initgate")
        return self

    def __exit__(self, *_exception):
        shutil.rmtree(self.folder)

    def _helm(self, given, check):
        text = yaml.safe_dump(given)
        return tools.helm("template", "probe", self.folder / "probe", "--values", "-", stdin=text,
                          check=check)

    def render(self, given):
        return tools.documents(self._helm(given, True).stdout)

    def refusal(self, given):
        """What helm says as it refuses the values."""
        done = self._helm(given, False)
        if done.returncode == 0:
            raise AssertionError("helm accepts the values")
        return done.stderr
