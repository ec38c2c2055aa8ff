#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The other architecture: the release binary for arm64, built by the cross compiler and run under
# qemu-user, through the tests of the binary and of every check, and on programs of its own machine.
#
#   test/arm64.sh
#
# Needs root: the kernel is told (binfmt_misc) to run this one binary, by its first 64 bytes, through
# qemu. Where this machine is arm64, the binary runs as it is.
#
# shellcheck disable=SC2317,SC2016 # functions that check calls, a script for bash -c
set -uo pipefail
# Modes are what the tests and pods say, whatever the caller's umask.
umask 022
cd "$(dirname "$0")/.." || exit 1
export LC_ALL=C
. test/check.sh
gate=build/release-arm64/initgate
rule=initgate-test-$$
python=/usr/bin/python3

docker/deps.sh build cross test || exit 1
work=$(mktemp -d)
machines=$work/binfmt_misc
mkdir "$machines"
cleanup() {
    [ ! -e "$machines/$rule" ] || echo -1 >"$machines/$rule"
    mountpoint -q "$machines" && umount "$machines"
    rm -rf "$work"
}
trap cleanup EXIT

build() {
    cmake --preset release-arm64 && cmake --build --preset release-arm64
}

# F: the kernel opens qemu now, so that it is found in a chroot, too. Not mounted in its usual place,
# where what is tested would see it; the rule lasts as long as the mount.
teach_kernel() {
    mount -t binfmt_misc none "$machines" || return 1
    printf ':%s:M::%s::%s:F' "$rule" "$(head -c 64 "$gate" | od -An -v -tx1 | tr -d '\n' | sed 's/ /\\x/g')" \
        "$(command -v qemu-aarch64-static)" >"$machines/register"
}

# Its closing line counts; its failures are shown.
suite() {
    local p f
    "${@:2}" >"$work/$1.log" 2>&1 || true
    read -r p f < <(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$work/$1.log" | tail -n 1)
    grep -A 8 '^not ok' "$work/$1.log"
    passed=$((passed + ${p:-0})) failed=$((failed + ${f:-1}))
}

# WHAT CODE TEXT ARGUMENTS...: what the gate says of a program.
says() {
    local code=$1 text=$2 out real=0
    out=$("$gate" verify --format text "${@:3}" 2>&1) || real=$?
    echo "exit $real: $out"
    [ "$real" -eq "$code" ] && grep -qF -- "$text" <<<"$out"
}

check "the arm64 release binary builds" build
[ "$failed" -eq 0 ] || finish
if [ "$(uname -m)" != aarch64 ]; then
    check "the kernel runs it through qemu" teach_kernel
    [ "$failed" -eq 0 ] || finish
fi
suite binary test/image/binary.sh "$gate"

# Programs of its own machine.
compiler=aarch64-linux-gnu-gcc
[ "$(uname -m)" != aarch64 ] || compiler=gcc
libc=/usr/aarch64-linux-gnu
root=$work/root
mkdir -p "$root/lib" "$root/app"
chmod 0755 "$work" "$root"
cp "$libc/lib/ld-linux-aarch64.so.1" "$libc/lib/libc.so.6" "$root/lib/"
echo 'int main(void) { return 0; }' | "$compiler" -x c - -o "$root/app/server"
sum=$(sha256sum "$root/app/server" | cut -d ' ' -f 1)
user=(--root "$root" --run-as 1001:1001)
check "a program of its own passes" says 0 "linux/arm64" "${user[@]}" --binary /app/server --sha256 "$sum"
check "qemu runs that program in that root" qemu-aarch64-static -L "$root" "$root/app/server"
check "a program changed by a byte fails" says 1 "fail: 1 of" "${user[@]}" --binary /app/server \
    --sha256 "${sum//[0-4]/5}"
rm "$root/lib/libc.so.6"
check "without its libc it fails" says 1 "libc.so.6" "${user[@]}" --binary /app/server
check "and qemu cannot start it either" bash -c '! qemu-aarch64-static -L "$1" "$1/app/server"' sh "$root"
check "its own digest is what sha256sum says" says 0 "The program's SHA256 is the expected one." \
    --binary "$gate" --sha256 "$(sha256sum "$gate" | cut -d ' ' -f 1)"
check "an amd64 program is not for this machine" says 1 "x86-64" --binary build/release/initgate

# Every check's fixtures, whose programs are this machine's. Not those that qemu cannot play: its statx
# tells no mount ids (without which mounts of one device look alike to the listing of a tree), its
# /proc/self/exe is qemu itself, and it hashes some gigabytes a minute. Nor those that ask the node how
# much memory it promises: they are played with --platform, which says that this is not the node.
except=()
if [ "$(uname -m)" = x86_64 ]; then
    export IG_TEST_PLATFORM=linux/amd64
    for name in volume.access/fail-mount-below volume.access/pass-link-to-mount \
        volume.access/pass-mount-asked-in-part volume.access/pass-mount-asked-less \
        volume.access/pass-mount-below volume.atomic/pass-mount-in-it \
        volume.shadows/pass-same-image-below \
        volume.shadows/pass-same-image-nothing volume.shadows/skip-part-covered \
        volume.tree/fail-mount volume.tree/fail-mount-hides volume.tree/pass-checksums-ignored \
        volume.tree/pass-promised-mount volume.writers/pass-nested-mount \
        proc.self_exe/pass volume.writers/fail-meanwhile volume.writers/fail-file-meanwhile \
        binary.file/error-replaced binary.machine/fail-memory binary.machine/fail-memory-strict \
        binary.interpreter/fail-memory binary.libraries/fail-memory; do
        except+=(--except "$name")
    done
fi
suite run "$python" test/cli/run.py "${except[@]}" "$gate"
finish
