# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkgo --mode 0711 "$1/server" --go go1.25.3 --line 'path\texample.com/server' \
    --line 'mod\texample.com/server\tv1.2.3\th1:abc=' --line 'build\t-buildmode=exe' \
    --line 'build\tCGO_ENABLED=0' --line 'build\tvcs.revision=0123abcd' \
    --line 'build\tvcs.modified=false'
