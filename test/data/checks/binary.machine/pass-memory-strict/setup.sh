# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkelf "$1/server" --memory 0x8000000
overcommit 2 131072
