# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# For suites in bash to source: counting, a result line each, and the closing line.
passed=0 failed=0

# check WHAT COMMAND...: one result line; the end of what a failing command said follows it.
check() {
    local what=$1 said
    shift
    if said=$("$@" 2>&1); then
        passed=$((passed + 1))
        echo "ok $what"
    else
        failed=$((failed + 1))
        echo "not ok $what"
        tail -n 30 <<<"$said" | sed 's/^/    /'
    fi
}

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
    exit
}
