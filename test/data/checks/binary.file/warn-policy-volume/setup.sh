# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# No mount that the gate knows for the kubelet's: the policy says that it is a volume.
mkdir "$1/disk"
mkelf --mode 0775 "$1/disk/server"
chgrp 3000 "$1/disk/server"
mount_at "$1/disk" "$1/shared"
