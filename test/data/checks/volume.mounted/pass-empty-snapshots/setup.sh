# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A hostPath of a like name.
mkdir -p "$1/snapshots/latest/fs"
mount_at "$1/snapshots/latest/fs" "$1/models"
mount -o remount,bind,ro "$1/models"
