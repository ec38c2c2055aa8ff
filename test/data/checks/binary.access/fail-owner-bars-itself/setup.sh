# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The first class that fits decides, also against its members.
mkelf --mode 0655 "$1/server"
chown 1001 "$1/server"
