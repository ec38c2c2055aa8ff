# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkelf --mode 0711 "$1/server"
