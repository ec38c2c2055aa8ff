# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Built without modules: only the Go version is recorded.
mkgo "$1/server" --go go1.25.3
