# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mount --bind "$1/status" "/proc/$2/cmdline"
