# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What a node that crashed while unpacking leaves.
: >"$1/server"
chmod 0755 "$1/server"
