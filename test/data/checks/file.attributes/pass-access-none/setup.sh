# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
printf 'listen: 8080\n' >"$1/config.yaml"
chmod 0600 "$1/config.yaml"
