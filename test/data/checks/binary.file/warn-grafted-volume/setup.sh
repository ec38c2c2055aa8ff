# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The same below --root, where the gate has the volume elsewhere.
mkdir -p "$1/image/app" "$1/disk"
mkelf --mode 0775 "$1/disk/server"
chgrp 3000 "$1/disk/server"
mount_at "$1/disk" "$1/delivery"
