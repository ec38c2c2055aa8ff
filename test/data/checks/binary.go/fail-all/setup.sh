# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkgo "$1/server" --go go1.24rc2 --line 'mod\texample.com/other\tv1.2.4\t' \
    --line 'build\tvcs.modified=true' --line 'build\tCGO_ENABLED=1' --interp /lib/ld.so
