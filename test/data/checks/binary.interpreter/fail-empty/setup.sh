# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Two NUL bytes: long enough for the kernel, and no name.
mkelf "$1/server" --interp '' --interp-size 2
