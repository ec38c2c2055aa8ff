# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The pod's namespace is not the node's.
cp /usr/bin/sleep "$1/pause"
