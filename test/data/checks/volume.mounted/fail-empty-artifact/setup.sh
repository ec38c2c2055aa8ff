# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# containerd: an artifact has no layers, so that its snapshot is bound.
snapshot="$1/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/47/fs"
mkdir -p "$snapshot"
mount_at "$snapshot" "$1/models"
mount -o remount,bind,ro "$1/models"
