# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The subPath of a file whose source was replaced, as an update does it.
mkelf "$1/old"
mount_at "$1/old" "$1/app/server"
mkelf "$1/new" --tag new
mv "$1/new" "$1/old"
