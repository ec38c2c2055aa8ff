# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
exec 9>>"$ROOT/data/log/today"
as 1001 1001 "$@"
