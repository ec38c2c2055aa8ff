# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Plain ro leaves mounts below it writable.
mount_at "$(kubelet_volume empty-dir shared)" "$1/shared"
mkdir "$1/shared/below"
mount -t tmpfs below "$1/shared/below"
mount -o remount,bind,ro "$1/shared"
