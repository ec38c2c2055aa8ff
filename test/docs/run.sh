#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Every fenced block of README.md, SECURITY.md, doc/ and the READMEs of deploy/, run or validated;
# their links; and the table of failures in doc/deploying.md. Needs root.
#
#   test/docs/run.sh [BINARY [NAME]]
#
# BINARY is build/release/initgate unless given; NAME picks the documents whose name contains it.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
binary=${1:-$top/build/release/initgate}

if [ ! -x "$binary" ]; then
    echo "not ok docs: there is no program $binary; build it, or name another"
    echo "0 passed, 1 failed"
    exit 1
fi
"$top/docker/deps.sh" test

# Debian's own python3: another one on the PATH would lack python3-yaml.
export PYTHONDONTWRITEBYTECODE=1
exec /usr/bin/python3 "$here/tests.py" "$(realpath "$binary")" "${@:2}"
