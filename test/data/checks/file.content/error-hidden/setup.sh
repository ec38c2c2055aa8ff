# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir "$1/private"
printf 'listen: 8080\n' >"$1/private/config.yaml"
chmod 0700 "$1/private"
