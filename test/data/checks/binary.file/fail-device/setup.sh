# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mknod -m 0755 "$1/server" c 1 3
