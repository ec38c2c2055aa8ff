# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir "$1/private"
touch "$1/private/config.yaml"
chmod 0700 "$1/private"
