#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Everything: installs what lacks, builds both binaries and the image, runs every test, the pods
# included. The last line is "N passed, N failed". Logs stay in build/test-logs/.
set -u
cd "$(dirname "$0")/.." || exit 1
logs=build/test-logs
mkdir -p "$logs"
passed=0 failed=0
declare -A pids=()

step() {
    local start=$SECONDS
    echo "== $1"
    if ! "${@:2}" >"$logs/$1.log" 2>&1; then
        tail -n 40 "$logs/$1.log"
        echo "$1 failed; nothing can be tested"
        echo "0 passed, 1 failed"
        exit 1
    fi
    echo "   $((SECONDS - start)) s"
}

# Counts a suite by its last "N passed, N failed" (or ctest's own closing line). A suite that says
# nothing of the kind, tests nothing, or exits nonzero without a failure has failed.
count() {
    local name=$1 code=$2 log=$logs/$1.log p=0 f=0 line
    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -n 1)
    if [ -n "$line" ]; then
        read -r p _ f _ <<<"$line"
    elif line=$(grep -E '% tests passed, [0-9]+ tests failed out of [0-9]+' "$log"); then
        f=$(sed -E 's/.*passed, ([0-9]+) tests.*/\1/' <<<"$line")
        p=$(($(sed -E 's/.*out of ([0-9]+).*/\1/' <<<"$line") - f))
    fi
    if [ "$code" -ne 0 ] && [ "$f" -eq 0 ] || [ $((p + f)) -eq 0 ]; then
        f=$((f + 1))
    fi
    if [ "$f" -gt 0 ]; then
        grep -E '^not ok|\*\*\*Failed|FAIL|Error' "$log" | head -n 40
        tail -n 5 "$log"
    fi
    echo "   $name: $p passed, $f failed"
    passed=$((passed + p)) failed=$((failed + f))
}

start_suite() {
    local name=$1
    shift
    "$@" >"$logs/$name.log" 2>&1 </dev/null &
    pids[$name]=$!
}

suite() {
    local start=$SECONDS code=0
    echo "== $1"
    "${@:2}" >"$logs/$1.log" 2>&1 </dev/null || code=$?
    count "$1" "$code"
    echo "   $((SECONDS - start)) s"
}

finish_suite() {
    local code=0
    wait "${pids[$1]}" || code=$?
    echo "== $1 (beside the others)"
    count "$1" "$code"
}

step install docker/deps.sh build test
step configure-dev cmake --preset dev
step build-dev cmake --build --preset dev
step configure-release cmake --preset release
step build-release cmake --build --preset release

release=$PWD/build/release/initgate

start_suite lint test/lint.sh build/dev
suite unit ctest --test-dir build/dev --output-on-failure
finish_suite lint
# Debian's own python3: another one on the PATH would lack its modules.
for kind in dev release; do
    for script in run usage bad_input; do
        suite "$script-$kind" /usr/bin/python3 "test/cli/$script.py" "build/$kind/initgate"
    done
done
for script in test/cli/oracle_*.py test/cli/loader_rules.py test/cli/docs.py; do
    suite "$(basename "$script" .py)" /usr/bin/python3 "$script" "$release"
done
suite release-binary test/image/binary.sh "$release"
suite image test/image/run.sh
suite pods test/pod/run.sh "$release"
suite quickstart test/image/quickstart.sh

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
