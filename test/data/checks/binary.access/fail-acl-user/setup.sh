# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkelf "$1/server"
setfacl -m u:1001:--- "$1/server"
