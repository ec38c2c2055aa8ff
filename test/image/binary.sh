#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the release binary must be, by readelf and by running it. Usage: binary.sh BINARY
set -u
binary=$(realpath "$1")
# shellcheck source=test/check.sh
. "$(dirname "$0")/../check.sh"

lacks() { ! readelf "$1" "$binary" | grep -qE "$2"; }
has() { readelf "$1" "$binary" | grep -qE "$2"; }
small() { [ "$(stat -c %s "$binary")" -le 3000000 ]; }
nx() { has -lW 'GNU_STACK .* RW '; }
no_writable_code() { lacks -lW 'LOAD .* RWE '; }
same_digest() {
    local digest
    digest=$(sha256sum "$binary" | cut -c1-64)
    "$binary" verify --binary "$binary" --sha256 "$digest" --format json | grep -q '"verdict": "pass"'
}
hardened() {
    # Its own check; FORTIFY shows in no static program, and musl's assembly has no marks for CET. Its
    # stack protector shows in the code of x86-64 alone.
    local canary=', "stackProtector": true'
    readelf -hW "$binary" | grep -q X86-64 || canary=
    "$binary" verify --policy - --format json <<END | grep -q '"verdict": "pass"'
{"apiVersion": "initgate.dev/v1", "kind": "Policy", "binaries": [{"path": "$binary",
 "hardening": {"pie": true, "relro": "full", "bindNow": true, "nx": true$canary,
               "wx": "deny", "textrel": "deny", "rpath": "deny", "runpath": "deny"}}]}
END
}
empty_root() {
    # Nothing but the binary and an empty /proc: it must start, and say that /proc is missing.
    local root code=0
    root=$(mktemp -d)
    cp "$binary" "$root/initgate"
    chroot "$root" /initgate verify --binary /initgate >"$root/out" || code=$?
    grep -q '^fail .*proc.mounted' "$root/out"
    local found=$?
    rm -rf "$root"
    [ "$code" -eq 1 ] && [ "$found" -eq 0 ]
}

check "is position-independent (ET_DYN, DF_1_PIE)" has -hdW 'Flags: .*PIE'
check "has no PT_INTERP" lacks -lW 'INTERP'
check "needs no library" lacks -dW 'NEEDED'
check "has no text relocation" lacks -dW 'TEXTREL'
check "has full RELRO: GNU_RELRO" has -lW 'GNU_RELRO'
check "has full RELRO: BIND_NOW" has -dW 'BIND_NOW|NOW'
check "has no executable stack" nx
check "has no writable and executable segment" no_writable_code
check "is stripped" lacks -SW '\.symtab|\.debug'
check "is at most 3.0 MB" small
no_paths() { ! strings "$binary" | grep -qE '^/(home|root|tmp|work|build|src)/'; }
check "names no path of the machine that built it" no_paths
check "verifies itself" same_digest
check "passes its own hardening check in full" hardened
check "starts in an empty root" empty_root
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
