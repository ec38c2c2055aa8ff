# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/image/conf"
printf 'a' >"$1/image/conf/a"
printf '%s  /conf/a\n' "$(digest "$1/image/conf/a")" >"$1/sums"
