# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# An image volume is never writable.
snapshot="$1/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/47/fs"
mkdir -p "$snapshot"
mount_at "$snapshot" "$1/models"
