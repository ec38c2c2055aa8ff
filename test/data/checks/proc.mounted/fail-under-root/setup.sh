# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# /proc is always the gate's own: that of an image says nothing.
mkdir -p "$1/image/proc"
mount -t proc proc "$1/image/proc"
