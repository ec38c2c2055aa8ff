# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
(n=0; while sleep 0.1; do n=$((n + 1)); echo more >"$ROOT/data/log/$n"; done) &
writer=$!
status=0
"$@" || status=$?
kill "$writer"
exit "$status"
