# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# recursiveReadOnly: the mount below is read-only too. One beside it with a similar name does not count.
mount_at "$(kubelet_volume empty-dir shared)" "$1/shared"
mkdir "$1/shared/below" "$1/shared-too"
mount -t tmpfs -o ro below "$1/shared/below"
mount -t tmpfs beside "$1/shared-too"
mount -o remount,bind,ro "$1/shared"
