#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Static analysis: clang-tidy, cppcheck, shellcheck. Usage: test/lint.sh BUILD_DIR (for
# compile_commands.json). Prints "ok"/"not ok" lines and "N passed, N failed".
set -u
cd "$(dirname "$0")/.." || exit 1
build=$1
passed=0 failed=0

check() {
    local name=$1
    shift
    local log
    if log=$("$@" 2>&1); then
        echo "ok $name"
        passed=$((passed + 1))
    else
        printf '%s\n' "$log" | grep -vE 'warnings? (generated|treated)|^Suppressed|^Use -header' | head -40
        echo "not ok $name"
        failed=$((failed + 1))
    fi
}

mapfile -t sources < <(git ls-files 'lib/*.c' 'cmd/*.c')
# Every shell script, also one that has no ending in its name: a stand-in in a PATH has none.
mapfile -t scripts < <({ git ls-files '*.sh'
    git ls-files -z | xargs -0 awk 'FNR == 1 && /^#!.*[\/ ](ba|da)?sh( |$)/ { print FILENAME }
                                    { nextfile }'; } | sort -u)
tidy() {
    printf '%s\0' "${sources[@]}" | xargs -0 -n 4 -P "$(nproc)" clang-tidy --quiet -p "$build"
}
check "clang-tidy" tidy
check "cppcheck" cppcheck --std=c11 --enable=warning,performance,portability --inline-suppr \
    --error-exitcode=1 --quiet -Ilib -Icmd/initgate lib cmd
check "shellcheck" shellcheck -x "${scripts[@]}"
# What the briefs of this project promise and no compiler looks at.
no_unbounded() { ! git grep -nE '\b(strcpy|strcat|sprintf|vsprintf|gets|atoi|atol)\(' -- '*.c' '*.h'; }
check "no unbounded string calls" no_unbounded
only_fsroot_opens() {
    # readlink(2) in a comment or a text is a name, not a call.
    ! git grep -nP '\b(open|openat|fopen|opendir|stat|lstat|access|realpath|readlink)\((?!\d\))' -- \
        'lib/*.c' ':!lib/fsroot/*'
}
check "only lib/fsroot opens paths" only_fsroot_opens
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
