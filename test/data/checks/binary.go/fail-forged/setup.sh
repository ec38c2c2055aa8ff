# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the program says of itself forges no line of the report.
mkgo "$1/server" --go $'go1.25.3\nPASS'
