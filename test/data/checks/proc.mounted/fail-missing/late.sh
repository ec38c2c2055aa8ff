# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
umount -l "$1/container/proc"
rmdir "$1/container/proc"
