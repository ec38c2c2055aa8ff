# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# It may be executed, but not read.
mkelf --mode 0711 "$1/server"
