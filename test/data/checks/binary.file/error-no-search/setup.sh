# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir "$1/private"
mkelf "$1/private/server"
chmod 0700 "$1/private"
