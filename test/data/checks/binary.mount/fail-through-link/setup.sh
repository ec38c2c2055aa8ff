# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The path is a link; the mount lies on what it leads to.
mkelf "$1/own"
mount_at "$1/own" "$1/app/server-1.2"
ln -s server-1.2 "$1/app/server"
