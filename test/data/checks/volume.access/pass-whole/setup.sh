# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(kubelet_volume empty-dir data)
chmod 0777 "$source"
install -m 0666 /dev/null "$source/a"
# A sticky directory: others' files stay theirs, and creating one's own works.
mkdir -m 1777 "$source/tmp"
mount_at "$source" "$1/data"
