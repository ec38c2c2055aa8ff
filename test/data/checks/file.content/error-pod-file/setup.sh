# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/image/etc" "$1/image/run"
printf a >"$1/image/run/resolv.conf"
ln -s /run/resolv.conf "$1/image/etc/resolv.conf"
printf "%s  /etc/resolv.conf\n" "$(digest "$1/image/run/resolv.conf")" >"$1/sums"
