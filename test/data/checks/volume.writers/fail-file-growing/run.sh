# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
while sleep 0.05; do echo more >>"$ROOT/app.conf"; done &
writer=$!
trap 'kill $writer' EXIT
"$@"
