# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
printf 'password\n' >"$1/secret"
chmod 0400 "$1/secret"
