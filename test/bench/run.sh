#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Speed and size of the release binary, as ratios beside their bounds:
#
#   test/bench/run.sh [initgate binary]      (build/release/initgate)
#
# volumes.sh has the rows of volume.tree.
#
# Each figure is the median of pairs of runs in turns, so that a machine that slows down slows both.
# It judges nothing: exit status 0 unless something could not be measured. SIZE (MiB, 512) and PAIRS
# (11) can be set. Other programs spoil the wall times; "chrt -r 5 test/bench/run.sh" puts this one
# before them. Where the hash alone, run from the CPU's cache, takes more than 0.80 of openssl's
# time, no program that reads the file can keep the first bound on that CPU.
set -euo pipefail
export LC_ALL=C

# The mounts made below are this script's own.
if [ -z "${BENCH_NAMESPACE:-}" ]; then
    BENCH_NAMESPACE=1 exec unshare --mount --propagation private "$0" "$@"
fi

gate=$(realpath "${1:-$(dirname "$0")/../../build/release/initgate}")
size=${SIZE:-512}
pairs=${PAIRS:-11}
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"
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

about_this_machine

read_line "$pairs" "$gate" verify "${one[@]}" -- openssl dgst -sha256 "$work/one"
row "$size MiB cached: CPU, against openssl dgst ($cpu_a / $cpu_b ms)" "$cpu_ratio" 0.80
peak=$rss_a
floor_of=$cpu_b

read_line -o "$pairs" "$gate" verify "${one[@]}" -- "$work/memhash" "$work/one"
row "$size MiB cached: wall, against the bytes in memory ($wall_a / $wall_b ms)" "$wall_ratio" 1.12
row "$size MiB: peak RSS, KiB" "$peak" 6144

read_line -o "$pairs" true -- "$work/memhash" --cached "$work/one"
printf '%-76s %9s   (what this CPU leaves to reach)\n' \
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

# A real root (bookworm, with gdb), in which every program is run where it lies, so that each one
# reads the same files in the same way: chroot itself is not measured.
root=$(/usr/bin/python3 -c 'import sys
sys.path.insert(0, sys.argv[1])
import roots
print(roots.debian("bookworm"))' "$top/test/cli/support")
mount -t tmpfs -o mode=1777 bench "$root/tmp"
mount --rbind /proc "$root/proc"
mkdir "$root/tmp/bench"
cp "$gate" "$root/tmp/bench/initgate"
cp "$(command -v libtree)" "$root/tmp/bench/libtree"
gcc "${cflags[@]}" -static "$here/timeit.c" -o "$root/tmp/bench/timeit"
read_line_inside() {
    read -r wall_a wall_b cpu_a cpu_b wall_ratio cpu_ratio rss_a rss_b < <(
        chroot "$root" /tmp/bench/timeit "$@" || true)
    [ -n "${rss_b:-}" ] || exit 1
}
libraries=$("$gate" inspect --root "$root" --format json /usr/bin/gdb | jq '.libraries | length')
echo '{"apiVersion": "initgate.dev/v1", "kind": "Policy",
    "binaries": [{"path": "/usr/bin/gdb", "symbols": "versions"}]}' >"$root/tmp/bench/policy.json"
all=(/tmp/bench/initgate verify --binary /usr/bin/gdb)
versions=(/tmp/bench/initgate verify --policy /tmp/bench/policy.json)

# -vvv: all libraries, as the gate takes all; without it libtree leaves the usual ones out. Nobody
# hashes the file. The gate also looks at symbol versions, at who may write to each library, at /proc;
# by default it looks every symbol up that the loader does at start, which neither of the two does.
read_line_inside $((pairs * 5)) "${versions[@]}" -- /tmp/bench/libtree -vvv /usr/bin/gdb
row "gdb's $libraries libraries and versions: wall, against libtree -vvv ($wall_a / $wall_b ms)" \
    "$wall_ratio" 1.0
read_line_inside $((pairs * 5)) "${versions[@]}" -- ldd /usr/bin/gdb
row "  the same against ldd ($wall_a / $wall_b ms)" "$wall_ratio" 0.3
read_line_inside $((pairs * 5)) "${all[@]}" -- /tmp/bench/libtree -vvv /usr/bin/gdb
row "  all checks, each symbol too, against libtree ($wall_a / $wall_b ms)" "$wall_ratio" 1.0
# Which looks them up as well.
read_line_inside $((pairs * 5)) "${all[@]}" -- ldd -r /usr/bin/gdb
row "  the same against ldd -r ($wall_a / $wall_b ms)" "$wall_ratio" 1.0

# One ldd for all files, which is the cheapest way to run it. It exits with 1: some are static.
"$gate" verify --root "$root" --scan /usr --format json |
    jq -r '.results[] | select(.check == "binary.libraries").subject' >"$root/tmp/bench/files"
count=$(wc -l <"$root/tmp/bench/files")
scan=$((pairs / 4 + 1))
read_line_inside "$scan" /tmp/bench/initgate verify --scan /usr -- \
    sh -c 'xargs ldd </tmp/bench/files 2>/tmp/bench/errors; true'
row "--scan /usr, $count files: wall, against ldd of them ($wall_a / $wall_b ms)" "$wall_ratio" 0.05
row "  the same: CPU ($cpu_a / $cpu_b ms)" "$cpu_ratio" 0.05
row "  the same: peak RSS, KiB" "$rss_a" 32768

row "binary, bytes" "$(stat -c %s "$gate")" 3145728
