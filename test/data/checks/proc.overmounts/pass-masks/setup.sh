# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# As runtimes mask /proc: listed, and fine. So is a file of lxcfs.
mount -t proc proc /proc
mount --bind /dev/null /proc/timer_list
mount -t tmpfs -o ro tmpfs /proc/tty
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
mount_at /proc/meminfo "$1/meminfo"
mount --bind "$1/meminfo" /proc/meminfo
