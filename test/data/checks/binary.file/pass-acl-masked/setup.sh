# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The mask takes the write permission away again.
mkelf "$1/server"
setfacl -m u:5000:rwx,m::rx "$1/server"
