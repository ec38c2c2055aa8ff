#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What the run.sh of a suite in Python does:
#
#   test/with_binary.sh SCRIPT [BINARY [NAME...]]
#
# Installs what the tests need and runs SCRIPT BINARY NAME... BINARY is build/release/initgate unless
# given.
set -euo pipefail
# Modes are what the tests and pods say, whatever the caller's umask.
umask 022

top=$(cd "$(dirname "$0")/.." && pwd)
script=$1
binary=${2:-$top/build/release/initgate}

if [ ! -x "$binary" ]; then
    echo "not ok $script: there is no program $binary; build it, or name another"
    echo "0 passed, 1 failed"
    exit 1
fi
"$top/docker/deps.sh" test

# Debian's own python3: another one on the PATH would lack python3-yaml.
export PYTHONDONTWRITEBYTECODE=1
exec /usr/bin/python3 "$script" "$(realpath "$binary")" "${@:3}"
