# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# noexec keeps programs from being executed, not directories from being searched.
mkdir "$1/volume"
mount -t tmpfs -o mode=0755,noexec volume "$1/volume"
