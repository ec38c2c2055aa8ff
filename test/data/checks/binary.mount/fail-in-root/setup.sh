# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# An image volume, and somebody else's mount inside it.
mkdir -p "$1/target/app"
mkelf "$1/own"
mount_at "$1/own" "$1/target/app/server"
