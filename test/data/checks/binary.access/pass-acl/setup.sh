# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkelf --mode 0700 "$1/server"
setfacl -m u:1001:rx "$1/server"
