# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What counts is the topmost of two mounts on one place.
mkdir "$1/data"
mount -t tmpfs -o ro data "$1/data"
mount -t tmpfs again "$1/data"
