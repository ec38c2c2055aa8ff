# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir "$1/data"
mount -t tmpfs -o mode=0777 data "$1/data"
mount -o remount,ro "$1/data"
