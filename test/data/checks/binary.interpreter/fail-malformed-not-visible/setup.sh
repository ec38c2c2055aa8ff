# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Not looking the loader up excuses no malformed name.
mkelf "$1/server" --interp /lib64/ld.so --interp-end 65
