#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# README's first command, and what it must show.
set -u
cd "$(dirname "$0")/../.." || exit 1
passed=0 failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

check() {
    if "${@:2}"; then
        echo "ok $1"
        passed=$((passed + 1))
    else
        echo "not ok $1"
        failed=$((failed + 1))
    fi
}
shows() { grep -qE "$1" "$log"; }

check "quickstart ends well" bash -c "test/quickstart.sh >'$log' 2>&1"
check "the server's own output shows" shows 'Accepting connections'
check "the changed server is blocked, with the reason" \
    shows 'initgate: fail: 1 of [0-9]+ checks failed: binary.sha256 \(/app/server\)'
check "it says what to do" shows 'To do: '
check "it says what to try next" shows 'What to try next'
[ "$failed" -eq 0 ] || cat "$log"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
