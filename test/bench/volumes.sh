#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Speed of volume.tree by the release binary, as ratios beside their bounds:
#
#   test/bench/volumes.sh [initgate binary]      (build/release/initgate)
#
# As run.sh: medians of PAIRS (11) pairs of runs in turns; it judges nothing. It fetches Debian sid's
# sha256sum, which uses libcrypto, and runs it with that suite's own libc. "chrt -r 5" puts it before
# other programs; it takes 1 GiB of disk.
set -euo pipefail
export LC_ALL=C

gate=$(realpath "${1:-$(dirname "$0")/../../build/release/initgate}")
pairs=${PAIRS:-11}
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

sid=$(/usr/bin/python3 -c 'import os, sys, tempfile
sys.path.insert(0, sys.argv[1])
import go_inputs
os.makedirs(go_inputs.CACHE, exist_ok=True)
root = os.path.join(os.path.dirname(go_inputs.CACHE), "coreutils-sid")
with tempfile.TemporaryDirectory(dir=go_inputs.CACHE) as folder:
    apt = go_inputs.Apt(os.path.join(folder, "apt"))
    apt.unpack("sid", ["coreutils", "libc6", "libssl3t64", "libzstd1", "zlib1g"], root)
print(root)' "$top/test/cli/support" | tail -n 1)
libraries=$sid/usr/lib/$(uname -m)-linux-gnu
loader=$(find "$libraries" -name 'ld-linux-*.so.*' | head -n 1)
sums=("$loader" --library-path "$libraries" "$sid/usr/bin/sha256sum")
"${sums[@]}" --version | head -n 1

# COUNT files of SIZE bytes in folders of 500.
fill() {
    /usr/bin/python3 - "$@" <<'PROGRAM'
import os
import sys

top, count, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for i in range(count):
    folder = f"{top}/{i // 500:03}"
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/file{i % 500:03}", "wb") as f:
        f.write(i.to_bytes(8, "big") * (size // 8))
PROGRAM
}

# The policy that measure prints for a folder, beside it; the list of its files likewise.
policy_of() {
    "$gate" measure --volume "$1" --manifest "$1.manifest" >"$1.json"
}

fill "$work/few" 20000 8192
policy_of "$work/few"
find "$work/few" -type f -print0 | sort -z | xargs -0 sha256sum >"$work/few.sums"
cat >"$work/aide.conf" <<END
database_in=file:$work/aide.db
database_out=file:$work/aide.db
gzip_dbout=no
$work/few ftype+p+u+g+s+l+sha256+xattrs
END
aide --config "$work/aide.conf" --init >/dev/null
about_this_machine
verify=("$gate" verify --policy "$work/few.json")
read_line "$pairs" "${verify[@]}" -- "${sums[@]}" -c --quiet "$work/few.sums"
row "20,000 x 8 KiB, warm: wall, against sha256sum -c, 9.10 ($wall_a / $wall_b ms)" "$wall_ratio" 0.45
read_line "$pairs" "${verify[@]}" -- sha256sum -c --quiet "$work/few.sums"
row "  the same against this system's sha256sum ($wall_a / $wall_b ms)" "$wall_ratio" 0.32
read_line "$pairs" "${verify[@]}" -- aide --config "$work/aide.conf" --check
row "  the same against AIDE ($wall_a / $wall_b ms)" "$wall_ratio" 0.30

fill "$work/many" 200000 64
policy_of "$work/many"
rm -r "$work/few"
fill "$work/few" 20000 64
policy_of "$work/few"
read_line "$pairs" "$gate" verify --policy "$work/many.json" -- "${verify[@]}"
row "200,000 x 64 bytes: wall, against 20,000 ($wall_a / $wall_b ms)" "$wall_ratio" 10.5
row "  the same: peak RSS, KiB" "$rss_a" 65536
rm -r "$work/many" "$work/few"

# One inode under eight names: each is read, and half a GiB of page cache holds them.
mkdir "$work/large"
dd if=/dev/urandom of="$work/large/1" bs=4M count=128 status=none
for i in 2 3 4 5 6 7 8; do
    ln "$work/large/1" "$work/large/$i"
done
policy_of "$work/large"
# shellcheck disable=SC2016 # the inner shell expands them
two_at_once='half() { for _ in 1 2 3 4; do "$0" --cached "$1"; done; }
half "$@" & half "$@"; wait'
read_line "$((pairs / 2 + 1))" "$gate" verify --policy "$work/large.json" -- \
    sh -c "$two_at_once" "$work/memhash" "$work/large/1"
row "8 x 512 MiB: wall, against the hash alone, two at once ($wall_a / $wall_b ms)" "$wall_ratio" 1.1
row "  the same: peak RSS, KiB" "$rss_a" 65536
