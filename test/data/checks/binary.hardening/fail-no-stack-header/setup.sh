# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# mkelf writes no PT_GNU_STACK; for AArch64 that would do.
mkelf "$1/server" --machine 62
