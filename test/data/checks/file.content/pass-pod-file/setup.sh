# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/image/etc" "$1/image/run"
printf a >"$1/hosts"
printf b >"$1/image/run/hosts"
printf c >"$1/image/etc/resolv.conf"
ln -s ../run/hosts "$1/image/etc/hosts"
