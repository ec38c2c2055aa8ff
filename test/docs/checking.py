# SPDX-License-Identifier: Apache-2.0
"""What is asked of each kind of block. Whatever nobody here knows how to run or validate fails."""
import json
import subprocess
import tempfile

import yaml

import components
import driver
import probe
import tools
from blocks import commands, matches

PLACEHOLDER = "registry.example.com/server@sha256:" + "1" * 64
EXAMPLE = tools.HELM / "example"
POD_KEYS = {"initContainers", "containers", "volumes", "restartPolicy", "securityContext"}
# Enough for the gate to read its flags and variables.
ANY_POLICY = {"apiVersion": "initgate.dev/v1", "kind": "Policy", "proc": {}}


def accept_policy(binary, policy):
    """Exit code 2 is a policy that the gate refuses; others depend on this machine."""
    done = subprocess.run([binary, "verify", "--policy", "-", "--quiet"], input=json.dumps(policy),
                          capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1, 3):
        raise AssertionError(f"the gate refuses the policy: {done.stdout}{done.stderr}")


def accept_words(binary, container):
    """The gate understands its container's flags and variables; a shell its script."""
    words = [*container.get("command", []), *container.get("args", [])]
    if words[:2] == ["sh", "-c"]:
        subprocess.run(["sh", "-n", "-c", words[2]], check=True)
    if "verify" not in words:
        return
    words = words[words.index("verify"):]
    env = {entry["name"]: entry["value"] for entry in container.get("env", [])}
    with tempfile.NamedTemporaryFile("w") as policy:
        json.dump(ANY_POLICY, policy)
        policy.flush()
        if "--policy" in words:
            words[words.index("--policy") + 1] = policy.name
        done = subprocess.run([binary, *words], capture_output=True, text=True, check=False,
                              env=env)
    if done.returncode not in (0, 1, 3):
        raise AssertionError(f"{words} {env}: exit {done.returncode}: {done.stdout}{done.stderr}")


def whole_pod(spec):
    """A pod of which the document shows a part: what is left out is filled in."""
    spec = dict(spec)
    spec.setdefault("containers", [{"name": "server", "image": PLACEHOLDER}])
    mounted = {mount["name"] for container in [*spec.get("initContainers", []), *spec["containers"]]
               for mount in container.get("volumeMounts", [])}
    there = {volume["name"] for volume in spec.get("volumes", [])}
    spec["volumes"] = spec.get("volumes", []) + [{"name": name, "emptyDir": {}}
                                                 for name in sorted(mounted - there)]
    return spec


class Checker:
    """Judges blocks; `objects` gathers (block, object) for Kubernetes' schemas."""

    def __init__(self, binary):
        self.binary, self.objects = binary, []

    def console(self, block, scratch):
        for command, expected, code in commands(block):
            done = scratch.run(command)
            if done.returncode != code or not matches(expected, done.stdout):
                raise AssertionError(f"$ {command}\nexit {done.returncode}, prints\n{done.stdout}")

    def sh(self, block, scratch):
        # Where a document has the main container's volume, a folder of one's own.
        text = block.text.replace("/shared", "/mnt")
        prefix = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs docs /mnt; exec "$@"', "sh"] \
            if text != block.text else []
        done = scratch.run(text, prefix)
        if done.returncode != 0:
            raise AssertionError(f"exit {done.returncode}: {done.stdout}")

    def json(self, block, scratch):
        found = json.loads(block.text)
        if found.get("apiVersion") != ANY_POLICY["apiVersion"]:
            raise AssertionError("it is no policy: nothing here knows what else it could be")
        accept_policy(self.binary, found)
        self._keep(block, scratch)

    def yaml(self, block, scratch):
        if "{{" in block.text:
            return self._template(block)
        self._keep(block, scratch)
        for found in tools.documents(block.text):
            self._document(block, found)
        return None

    def _keep(self, block, scratch):
        """Later blocks find the file that this one is."""
        if block.file:
            (scratch.work / block.file).write_text(block.text, encoding="utf-8")

    def _document(self, block, found):
        if found.get("kind") == "Kustomization" or set(found) == {"patches"}:
            self.add(block, components.build(found))
        elif {"apiVersion", "kind"} <= set(found):
            self.add(block, [found])
        elif set(found) <= {"metadata", "spec"} and "annotations" not in found.get("metadata", {}):
            self._pod(block, found["spec"])
        elif set(found) == {"args"}:
            accept_words(self.binary, found)
        elif set(found) == {"metadata"}:
            self.add(block, [{"apiVersion": "v1", "kind": "Pod", **found,
                              "spec": whole_pod({})}])
        elif set(found) <= POD_KEYS:
            self._pod(block, found)
        elif set(found) <= set(yaml.safe_load((EXAMPLE / "values.yaml").read_text("utf-8"))):
            self.add(block, self._helm(block.text))
        else:
            raise AssertionError(f"nothing here knows what has the keys {sorted(found)}")

    def _pod(self, block, spec):
        self.add(block, [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "documented"},
                          "spec": whole_pod(spec)}])

    @staticmethod
    def _helm(values):
        """What the example renders with these values over its own."""
        import charts  # it builds the example's dependency: only where a document has values
        return tools.documents(charts.template("--values", "-", stdin=values))

    def _template(self, block):
        """A part of a template, which helm renders with a policy in its values."""
        policy = {**ANY_POLICY, "files": [{"path": "/a", "mode": "0644"}]}
        text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: documented\n" + block.text
        chart = {"Chart.yaml": yaml.safe_dump(probe.CHART), "templates/all.yaml": text}
        with probe.Probe(chart) as rendering:
            found = rendering.render({"policy": policy})
        tools.expect("the policy", tools.policy_of(found), policy)
        self.add(block, found)

    def add(self, block, found):
        """Objects for the schemas; their policies, flags and variables for the gate."""
        for thing in found:
            self.objects.append((block, thing))
            if "policy.json" in (thing.get("data") or {}):
                accept_policy(self.binary, json.loads(thing["data"]["policy.json"]))
            if thing["kind"] in driver.POD_SPEC:
                spec = driver.pod_spec([thing])
                for container in spec.get("initContainers") or []:
                    accept_words(self.binary, container)

    def faults(self):
        """(block, what Kubernetes' schemas say of it)"""
        said = tools.schema_faults([thing for _, thing in self.objects])
        return [(block, fault) for (block, _), fault in zip(self.objects, said) if fault]
