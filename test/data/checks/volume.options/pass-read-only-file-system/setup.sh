# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Its mount says rw, the file system itself ro.
mkdir "$1/image"
mount -t tmpfs -o ro image "$1/image"
mount -o remount,bind,rw "$1/image"
