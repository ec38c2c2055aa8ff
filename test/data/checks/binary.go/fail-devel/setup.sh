# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A development version counts as its language version, below that release.
mkgo "$1/server" --go 'devel go1.26-0123abcd Thu Jan 1 00:00:00 2026 +0000'
