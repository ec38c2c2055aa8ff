#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Speed and size of the release binary, as ratios beside their bounds:
#
#   test/bench/run.sh [initgate binary]      (build/release/initgate)
#
# Each figure is the median of pairs of runs in turns, so that a machine that slows down slows both.
# It judges nothing: exit status 0 unless something could not be measured. SIZE (MiB, 512) and PAIRS
# (11) can be set. Other programs spoil the wall times; "chrt -r 5 test/bench/run.sh" puts this one
# before them. Where the hash alone, run from the CPU's cache, takes more than 0.80 of openssl's
# time, no program that reads the file can keep the first bound on that CPU.
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
gate=$(realpath "${1:-$top/build/release/initgate}")
size=${SIZE:-512}
pairs=${PAIRS:-11}
"$top/docker/deps.sh" test
sysroot=$("$top/docker/build-libs.sh" | tail -n 1)
work=$(mktemp -d "${TMPDIR:-/tmp}/initgate-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT

cflags=(-std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror)
gcc "${cflags[@]}" "$here/timeit.c" -o "$work/timeit"
gcc "${cflags[@]}" --sysroot="$sysroot" -specs="$top/docker/musl.specs" -fPIE "$here/memhash.c" \
    "$sysroot/usr/lib/libcrypto.a" -o "$work/memhash"
gcc -O1 -static -nostdlib -ffreestanding -fno-stack-protector -s -x c - -o "$work/small" <<'PROGRAM'
void _start(void)
{
    for (;;) {
    }
}
PROGRAM

# Large programs are the small one with bytes behind its segments, which no one loads.
make_large() {
    cp "$work/small" "$1"
    dd if=/dev/urandom bs=4M count=$((size / 4)) status=none >>"$1"
    cat "$1" >/dev/null
}
make_large "$work/one"
make_large "$work/two"

hash_of() {
    local sum
    sum=$(sha256sum "$1")
    echo "${sum%% *}"
}
small=(--binary "$work/small" --sha256 "$(hash_of "$work/small")")
one=(--binary "$work/one" --sha256 "$(hash_of "$work/one")")
two=(--binary "$work/two" --sha256 "$(hash_of "$work/two")")

# fields of timeit's line
read_line() {
    read -r wall_a wall_b cpu_a cpu_b wall_ratio cpu_ratio rss_a rss_b < <("$work/timeit" "$@" ||
        true)
    [ -n "${rss_b:-}" ] || exit 1
}

row() {
    printf '%-62s %9s   at most %s\n' "$1" "$2" "$3"
}

printf '%s\n' "$("$gate" version | head -n 1), $(nproc) CPUs," \
    "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), load $(cut -d ' ' -f 1 /proc/loadavg)"

read_line "$pairs" "$gate" verify "${one[@]}" -- openssl dgst -sha256 "$work/one"
row "$size MiB cached: CPU, against openssl dgst ($cpu_a / $cpu_b ms)" "$cpu_ratio" 0.80
peak=$rss_a
floor_of=$cpu_b

read_line -o "$pairs" "$gate" verify "${one[@]}" -- "$work/memhash" "$work/one"
row "$size MiB cached: wall, against the bytes in memory ($wall_a / $wall_b ms)" "$wall_ratio" 1.12
row "$size MiB: peak RSS, KiB" "$peak" 6144

read_line -o "$pairs" true -- "$work/memhash" --cached "$work/one"
printf '%-62s %9s   (what this CPU leaves to reach)\n' \
    "  the hash alone, nothing read: CPU, against openssl dgst" \
    "$(awk "BEGIN { printf \"%.3f\", $cpu_b / $floor_of }")"

# shellcheck disable=SC2016 # the inner shell expands them
read_line "$pairs" "$gate" verify "${one[@]}" "${two[@]}" -- \
    sh -c '"$0" verify --binary "$1" --sha256 "$2" && "$0" verify --binary "$3" --sha256 "$4"' \
    "$gate" "${one[1]}" "${one[3]}" "${two[1]}" "${two[3]}"
row "two of them: wall, against one after the other ($wall_a / $wall_b ms)" "$wall_ratio" 0.55
row "two of them: peak RSS, KiB" "$rss_a" 6144

read_line $((pairs * 30)) "$gate" verify "${small[@]}" -- sha256sum "$work/small"
row "small program, start to exit, against sha256sum ($wall_a / $wall_b ms)" "$wall_ratio" 1.2

row "binary, bytes" "$(stat -c %s "$gate")" 3145728
