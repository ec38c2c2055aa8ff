#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what each kind of container shows of itself into a folder, one file a kind.

    test/pod/capture.py BINARY DIR      DIR is test/data/corpus/podman for the committed ones

The layout is that of the other folders of test/data/corpus. Folder names of this machine are put
back to what they usually are; nothing else is changed.
"""
import re
import sys
from pathlib import Path

import engine
import images
import kinds
from driver import Pod

SCRIPT = r"""
for file in /proc/self/mountinfo /proc/self/status /proc/self/uid_map /proc/self/gid_map \
            /proc/self/cgroup /proc/mounts /proc/sys/kernel/cap_last_cap; do
    echo "=== $file"
    cat $file
done
echo "=== ns"
ls -ln /proc/self/ns
echo "=== pids (exe, command line)"
for process in /proc/[0-9]*; do
    exe=$(readlink $process/exe) || { echo "$process ?"; continue; }
    case $exe in
    /pause | /usr/bin/dash)
        echo "$process $exe $(tr '\0' ' ' <$process/cmdline | head -n 1)" ;;
    esac
done
echo "=== termination-log"
ls -ln /dev/termination-log
for volume in /vol/*; do
    echo "=== ls $volume"
    ls -lanR $volume
done
"""


def usual_names(text):
    """Puts this machine's folders back to what they are called on a node."""
    text = re.sub(re.escape(str(engine.CACHE)) + r"/containers-\w+", "/var/lib/containers/storage",
                  text)
    text = re.sub(re.escape(str(engine.RUN)) + r"/storage-\w+", "/run/containers/storage", text)
    return re.sub(r"/\S*/initgate-pod-[^/]+", "/var/lib/kubelet", text)


def main():
    if len(sys.argv) != 3:
        sys.stderr.write("usage: capture.py BINARY DIR\n")
        return 2
    built = images.build(sys.argv[1])
    target = Path(sys.argv[2])
    target.mkdir(parents=True, exist_ok=True)
    for kind in kinds.KINDS:
        documents, podman_args = kinds.pod(kind, built["initgate"], built["runtime"],
                                           ["sh", "-c", SCRIPT])
        with Pod(documents, built["pause"], podman_args=podman_args) as pod:
            shown = pod.run()["containers"][1]
        if shown["exitCode"] != 0:
            raise SystemExit(f"{kind}: {shown['stderr']}")
        (target / f"{kind}.txt").write_text(usual_names(shown["stdout"]), encoding="utf-8")
    return 0


if __name__ == "__main__":
    with engine.alone():
        sys.exit(main())
