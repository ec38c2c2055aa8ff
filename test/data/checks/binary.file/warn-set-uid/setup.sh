# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkelf --mode 4755 "$1/server"
