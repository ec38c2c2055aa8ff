# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir "$1/data"
mount -t tmpfs -o noexec,mode=0755 data "$1/data"
install -m 0755 /dev/null "$1/data/run"
