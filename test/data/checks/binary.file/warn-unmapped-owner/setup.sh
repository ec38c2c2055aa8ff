# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# In a user namespace an owner without id reads as 65534.
mkelf "$1/server"
chown 5000:5000 "$1/server"
