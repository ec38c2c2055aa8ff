# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Nothing is known of the node that it will run on.
mkelf "$1/server" --memory 0x100000000000
overcommit 0
