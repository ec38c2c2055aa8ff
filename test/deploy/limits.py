# SPDX-License-Identifier: Apache-2.0
"""The chart's default limits, which the runtime really sets: the gate passes under them over a volume
of 20,000 files with a Go program of 512 MiB, and with a quarter of the memory; it is killed, and
blocks, where the memory is too little."""
import contextlib
import hashlib
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import driver
import images
import pods
import probe
import tools
from tools import expect

FOLDERS, FILES, FILE_SIZE, PROGRAM_SIZE = 100, 200, 8192, 512 << 20
# The chart's own; a quarter of it; what is less than was found to be enough (6Mi).
ROOMY, TIGHT, TOO_LITTLE = "64Mi", "16Mi", "4Mi"


@contextlib.contextmanager
def volume(binary):
    """A folder with the program and the files, and a policy of what it holds."""
    with tempfile.TemporaryDirectory(prefix="initgate-limits-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        program = folder / "server"
        shutil.copyfile(tools.tool("kubectl"), program)
        with program.open("r+b") as file:
            file.truncate(PROGRAM_SIZE)
        program.chmod(0o755)
        for number in range(FOLDERS):
            (folder / f"d{number}").mkdir(mode=0o755)
            for index in range(FILES):
                text = f"{number}/{index}\n".encode()
                (folder / f"d{number}/f{index}").write_bytes(text.ljust(FILE_SIZE, b"-"))
        measured = json.loads(subprocess.run([binary, "measure", "--volume", folder], check=True,
                                             capture_output=True, text=True).stdout)
        with program.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        yield folder, {"binaries": [{"path": "/data/server", "sha256": digest}],
                       "volumes": [{"mountPath": "/data", "readOnly": True, "readable": ["."],
                                    "tree": measured["volumes"][0]["tree"]}]}


def pod_of(built, folder, policy, **values):
    """The pod, as the chart renders it with these values over its own."""
    bare = probe.pod(image=built["runtime"], command=["/bin/true"],
                     volumeMounts=[{"name": "data", "mountPath": "/data", "readOnly": True}])
    bare["volumes"] = [{"name": "data", "hostPath": {"path": str(folder)}}]
    name, digest = pods.pinned(built["initgate"])
    with probe.Probe() as chart:
        return chart.render(probe.values(bare, policy, pattern="sharedVolume",
                                         image={"repository": name, "digest": digest}, **values))


def run(built, found):
    with driver.Pod(found, built["pause"]) as pod:
        return pod.run()["containers"]


def check_passes(built, folder, policy, memory, **values):
    found = pod_of(built, folder, policy, **values)
    gate = driver.pod_spec(found)["initContainers"][-1]
    expect("the memory limit", gate["resources"]["limits"]["memory"], memory)
    gate, main = run(built, found)
    expect(f"the gate's exit code ({gate['message']}{gate['stderr']})", gate["exitCode"], 0)
    expect("volume.tree and binary.sha256 in the log",
           [f"pass   {check}" in gate["stdout"] for check in ("volume.tree", "binary.sha256")],
           [True, True])
    expect("whether the main container ran", main["ran"], True)


def check_killed(built, folder, policy):
    """So the limit is one; and out of memory is a blocked pod."""
    found = pod_of(built, folder, policy, resources={"limits": {"memory": TOO_LITTLE}})
    gate, main = run(built, found)
    expect("whether the main container ran", main["ran"], False)
    # 128: the runtime's own first process did not fit, and the gate was not even started.
    expect(f"whether it was killed ({gate['exitCode']})", gate["exitCode"] in (128, 137), True)


def tests(binary):
    built = images.build(binary)
    with volume(binary) as (folder, policy):
        yield ("limits: 20,000 files and 512 MiB with the chart's own",
               lambda: check_passes(built, folder, policy, ROOMY))
        yield (f"limits: the same with {TIGHT}",
               lambda: check_passes(built, folder, policy, TIGHT,
                                    resources={"limits": {"memory": TIGHT}}))
        yield f"limits: killed with {TOO_LITTLE}", lambda: check_killed(built, folder, policy)
