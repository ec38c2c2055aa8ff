# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
as 1002 1002 "$@"
