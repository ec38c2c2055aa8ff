# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A Secret with defaultMode 0400, and no fsGroup.
touch "$1/secret"
chmod 0400 "$1/secret"
