# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkelf "$1/own"
mount_at "$1/own" "$1/app/server"
