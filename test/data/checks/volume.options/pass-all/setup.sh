# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir "$1/data"
mount -t tmpfs -o ro,noexec,nosuid,nodev data "$1/data"
