# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Build info as Go wrote it before 1.18, position-independent: pointers in relocations only.
mkgo "$1/server" --go go1.17.13 --pointers --pie --line 'mod\texample.com/server\t(devel)\t'
