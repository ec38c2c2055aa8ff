# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2016
while_reading "$ROOT/large" 'echo more >>"$ROOT/app.conf"' "$@"
