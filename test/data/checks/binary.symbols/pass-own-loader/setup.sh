# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir "$1/lib"
mkelf "$1/lib/own.so"
mkelf "$1/server" --interp /lib/own.so --no-dynamic
