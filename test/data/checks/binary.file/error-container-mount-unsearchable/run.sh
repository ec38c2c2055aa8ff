# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
as 1001 1001 "$@"
