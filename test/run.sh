#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Everything: installs what lacks, builds both binaries and the image, runs every test, the pods
# included, and says how long each took. The last line is "N passed, N failed". Logs stay in
# build/test-logs/.
#
# shellcheck disable=SC2317,SC2016 # functions that xargs calls, scripts for bash -c
set -u
cd "$(dirname "$0")/.." || exit 1
# Modes are what the tests and pods say, whatever the caller's umask.
umask 022

# The tests make set-id programs, devices and volumes in temporary folders. /tmp may allow none of them
# (it is a tmpfs with nosuid and nodev on Debian 13), so they get a folder on disk that allows all, in
# a mount namespace of this run.
if [ -z "${IG_TEST_TMP:-}" ]; then
    IG_TEST_TMP=$(mktemp -d /var/tmp/initgate-tests.XXXXXX) || exit 1
    chmod 1777 "$IG_TEST_TMP"
    code=0
    IG_TEST_TMP=$IG_TEST_TMP unshare --mount bash test/run.sh || code=$?
    rm -rf --one-file-system "$IG_TEST_TMP"
    exit "$code"
fi
export TMPDIR=$IG_TEST_TMP
mount --bind "$TMPDIR" "$TMPDIR" && mount -o remount,bind,suid,dev,exec "$TMPDIR" || exit 1

export logs=build/test-logs release=build/release/initgate
# Debian's own python3: another one on the PATH would lack its modules.
export python=/usr/bin/python3
# A suite that hangs fails, and the others still run. The longest takes a fifth of that.
export longest=1800
rm -rf "$logs"
mkdir -p "$logs"

# AddressSanitizer maps more than the kernel then promises to anyone.
sanitizers=address,undefined
[ "$(cat /proc/sys/vm/overcommit_memory)" != 2 ] || sanitizers=undefined

step() {
    local start=$SECONDS
    if ! "${@:2}" >"$logs/$1.log" 2>&1; then
        tail -n 40 "$logs/$1.log"
        echo "$1 failed; nothing can be tested"
        echo "0 passed, 1 failed"
        exit 1
    fi
    echo "== $1 ($((SECONDS - start)) s)"
}

# What is fetched or built once and kept below the cache folder, ahead of the suites that need it.
# Where it fails, they fail, and say more.
prepare() {
    local start=$SECONDS what=prepared
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$2 "$python" -c "$3" >"$logs/prepare-$1.log" 2>&1 </dev/null ||
        what="could not be prepared"
    echo "== $what: $1 ($((SECONDS - start)) s)"
}

prepare_all() {
    prepare roots test/cli/support 'import roots; list(map(roots.debian, roots.PACKAGES))'
    prepare go test/cli/support 'import go_inputs; go_inputs.fetch()'
    prepare charts test/deploy 'import tools; tools.tool("helm"); tools.modules(tools.MODELS)'
    prepare kubernetes test/admission 'import apiserver; apiserver.program()'
}

suite() {
    case $1 in
    lint) test/lint.sh build/dev ;;
    unit) ctest --test-dir build/dev --output-on-failure ;;
    docs | installed | oracle_* | loader_rules | tree_property) "$python" "test/cli/$1.py" "$release" ;;
    *-dev | *-release) "$python" "test/cli/${1%-*}.py" "build/${1##*-}/initgate" ;;
    binary) test/image/binary.sh "$release" ;;
    arm64) test/arm64.sh ;;
    quickstart) test/image/quickstart.sh ;;
    image) test/image/run.sh ;;
    pods) test/pod/run.sh "$release" ;;
    admission | deploy | gitops) "test/$1/run.sh" "$release" ;;
    documents) test/docs/run.sh "$release" ;;
    esac
}

# "PASSED FAILED" by the last closing line of a log: "N passed, N failed", ctest's own, or "N of N
# agree".
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

# Runs a suite and says at once what came of it. One that says nothing of the kind, tests nothing, or
# exits nonzero without a failure has failed.
run_suite() {
    local start=$SECONDS code=0 p f text log=$logs/$1.log
    timeout --kill-after=30 "$longest" bash -c 'suite "$0"' "$1" >"$log" 2>&1 </dev/null || code=$?
    read -r p f <<<"$(closing_line "$log")"
    if [ "$code" -ne 0 ] && [ "$f" -eq 0 ] || [ $((p + f)) -eq 0 ]; then
        f=$((f + 1))
    fi
    text="== $1: $p passed, $f failed ($((SECONDS - start)) s)"
    [ "$code" -ne 124 ] || text+=$'\n'"it was ended after $longest s"
    if [ "$f" -gt 0 ]; then
        text+=$'\n'$(grep -E -A 3 '^not ok|\*\*\*Failed|^differ|FAIL|Error|error:' "$log" | head -n 60)
        text+=$'\n'$(tail -n 5 "$log")
    fi
    echo "$p $f" >"$logs/$1.end"
    echo "$text"
}

# Suites in one word, joined by a comma, run one after the other.
run_suites() {
    local name
    for name in ${1//,/ }; do
        run_suite "$name"
    done
}
export -f suite closing_line run_suite run_suites

step install docker/deps.sh build test
step configure-dev cmake --preset dev -D "IG_SANITIZE=$sanitizers"
step build-dev cmake --build --preset dev
step configure-release cmake --preset release
step build-release cmake --build --preset release

# The longest first, so that both cores end at the same time. Containers take turns in one storage.
queue=("image,pods,deploy,gitops,documents,quickstart" lint unit)
for kind in dev release; do
    for script in bad_input run usage formats volume_bad_input surroundings volume_access; do
        queue+=("$script-$kind")
    done
done
queue+=(oracle_execve arm64 admission oracle_dynamic oracle_go oracle_hardening)
for script in test/cli/oracle_*.py; do
    name=$(basename "$script" .py)
    [[ " ${queue[*]} " == *" $name "* ]] || queue+=("$name")
done
queue+=(loader_rules tree_property installed binary docs)

prepare_all &
printf '%s\0' "${queue[@]}" | xargs -0 -n 1 -P 2 bash -c 'run_suites "$0"'
wait

[ "$sanitizers" = address,undefined ] ||
    echo "left out: AddressSanitizer, which cannot run where vm.overcommit_memory is 2"
passed=0 failed=0
for name in $(tr , ' ' <<<"${queue[*]}"); do
    p=0 f=1
    [ ! -e "$logs/$name.end" ] || read -r p f <"$logs/$name.end"
    passed=$((passed + p)) failed=$((failed + f))
done
echo "all of it: $SECONDS s"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
