# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir "$1/cache"
chown 1001:1001 "$1/cache"
