# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The kernel takes one argument, and blanks around the name.
mkelf "$1/shell"
printf '#! \t%s/shell  -e -u \nexit\n' "$1" >"$1/server"
chmod 0755 "$1/server"
