# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What the scripts of this folder share: a folder of their own, timeit and memhash in it.
# shellcheck disable=SC2034,SC2154 # for, and from, whoever sources it
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
"$top/docker/deps.sh" test
sysroot=$("$top/docker/build-libs.sh" | tail -n 1)
work=$(mktemp -d "${TMPDIR:-/tmp}/initgate-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT

cflags=(-std=c11 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror)
gcc "${cflags[@]}" "$here/timeit.c" -o "$work/timeit"
gcc "${cflags[@]}" --sysroot="$sysroot" -specs="$top/docker/musl.specs" -fPIE "$here/memhash.c" \
    "$top/lib/crypto/no_environment.c" "$sysroot/usr/lib/libcrypto.a" -o "$work/memhash"

# fields of timeit's line
read_line() {
    read -r wall_a wall_b cpu_a cpu_b wall_ratio cpu_ratio rss_a rss_b < <("$work/timeit" "$@" ||
        true)
    [ -n "${rss_b:-}" ] || exit 1
}

row() {
    printf '%-76s %9s   at most %s\n' "$1" "$2" "$3"
}

# of the binary $gate
about_this_machine() {
    printf '%s\n' "$("$gate" version | head -n 1), $(nproc) CPUs," \
        "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), load $(cut -d ' ' -f 1 /proc/loadavg)"
}
