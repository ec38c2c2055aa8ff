# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# All twelve bits count.
touch "$1/tool"
chmod 4755 "$1/tool"
