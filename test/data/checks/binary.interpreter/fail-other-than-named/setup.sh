# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkelf "$1/server" --interp /lib/ld-musl-x86_64.so.1
