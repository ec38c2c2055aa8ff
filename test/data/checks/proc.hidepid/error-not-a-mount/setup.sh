# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# /proc is a link: mountinfo names the place that it leads to.
container "$1/container"
mkdir "$1/container/elsewhere"
mount --move "$1/container/proc" "$1/container/elsewhere"
rmdir "$1/container/proc"
ln -s elsewhere "$1/container/proc"
