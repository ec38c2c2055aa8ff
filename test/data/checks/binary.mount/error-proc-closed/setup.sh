# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The gate's user may not read below /proc.
mkelf "$1/server"
mount -t proc proc /proc
