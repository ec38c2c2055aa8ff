# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Bytes behind the end of what was built.
mkelf "$1/built"
mkelf "$1/server" --pad 1
