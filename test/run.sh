#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Everything: installs what lacks, builds both binaries and the image, runs every test, the pods
# included. The last line is "N passed, N failed". Logs stay in build/test-logs/.
set -u
cd "$(dirname "$0")/.." || exit 1
logs=build/test-logs
rm -rf "$logs"
mkdir -p "$logs"
passed=0 failed=0

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

# Runs a suite; what it says and how it ended go to the logs.
run_suite() {
    local start=$SECONDS code=0
    "${@:2}" >"$logs/$1.log" 2>&1 </dev/null || code=$?
    echo "$code $((SECONDS - start))" >"$logs/$1.end"
}

# The last closing line of a log: "N passed, N failed", ctest's own, or "N of N agree".
closing_line() {
    local line
    if line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$1" | tail -n 1); [ -n "$line" ]; then
        sed -E 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/' <<<"$line"
    elif line=$(grep -E '% tests passed, [0-9]+ tests failed out of [0-9]+' "$1"); then
        sed -E 's/.*passed, ([0-9]+) tests failed out of ([0-9]+).*/\1 \2/' <<<"$line" |
            { read -r f n && echo "$((n - f)) $f"; }
    elif line=$(grep -E '^[0-9]+ of [0-9]+ agree$' "$1" | tail -n 1); [ -n "$line" ]; then
        sed -E 's/^([0-9]+) of ([0-9]+) agree$/\1 \2/' <<<"$line" |
            { read -r p n && echo "$p $((n - p))"; }
    else
        echo "0 0"
    fi
}

# A suite that says nothing of the kind, tests nothing, or exits nonzero without a failure has
# failed.
count() {
    local code seconds p f
    read -r code seconds <"$logs/$1.end"
    read -r p f <<<"$(closing_line "$logs/$1.log")"
    if [ "$code" -ne 0 ] && [ "$f" -eq 0 ] || [ $((p + f)) -eq 0 ]; then
        f=$((f + 1))
    fi
    echo "== $1: $p passed, $f failed ($seconds s)"
    if [ "$f" -gt 0 ]; then
        grep -E -A 3 '^not ok|\*\*\*Failed|^differ|FAIL|Error|error:' "$logs/$1.log" | head -n 60
        tail -n 5 "$logs/$1.log"
    fi
    passed=$((passed + p)) failed=$((failed + f))
}

suite() {
    run_suite "$@"
    count "$1"
}

step install docker/deps.sh build test
step configure-dev cmake --preset dev
step build-dev cmake --build --preset dev
step configure-release cmake --preset release
step build-release cmake --build --preset release

release=build/release/initgate
oracles=(test/cli/oracle_*.py test/cli/loader_rules.py test/cli/tree_property.py)
# Debian's own python3: another one on the PATH would lack its modules.
python=/usr/bin/python3

# On one core: what only computes. On the other: what races, waits or mounts.
beside() {
    run_suite lint test/lint.sh build/dev
    for script in "${oracles[@]}"; do
        run_suite "$(basename "$script" .py)" "$python" "$script" "$release"
    done
}
beside &

suite unit ctest --test-dir build/dev --output-on-failure
for kind in dev release; do
    for script in run usage surroundings bad_input volume_bad_input formats volume_access; do
        suite "$script-$kind" "$python" "test/cli/$script.py" "build/$kind/initgate"
    done
done
suite docs "$python" test/cli/docs.py "$release"
suite installed "$python" test/cli/installed.py "$release"
suite release-binary test/image/binary.sh "$release"
wait
count lint
for script in "${oracles[@]}"; do
    count "$(basename "$script" .py)"
done

# Again on two cores: containers and what is packed into them; and what needs none.
apart() {
    run_suite arm64 test/arm64.sh
    run_suite admission test/admission/run.sh "$release"
}
apart &
suite image test/image/run.sh
suite pods test/pod/run.sh "$release"
suite deploy test/deploy/run.sh "$release"
suite gitops test/gitops/run.sh "$release"
suite documents test/docs/run.sh "$release"
suite quickstart test/image/quickstart.sh
wait
count arm64
count admission

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
