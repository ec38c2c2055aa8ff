# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mount -t tmpfs tmpfs /proc/1
