# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# procfs again, over something that lied.
mount -t tmpfs tmpfs /proc
mount -t proc proc /proc
