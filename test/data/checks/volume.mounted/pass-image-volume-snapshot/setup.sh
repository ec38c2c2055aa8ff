# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
snapshot="$1/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/47/fs"
mkdir -p "$snapshot"
echo x > "$snapshot/model"
mount_at "$snapshot" "$1/models"
mount -o remount,bind,ro "$1/models"
