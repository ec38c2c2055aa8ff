# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkelf "$1/1"
for n in 2 3 4 5 6; do
    printf '#!%s/%d\n' "$1" $((n - 1)) >"$1/$n"
    chmod 0755 "$1/$n"
done
