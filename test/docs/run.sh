#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Every fenced block of README.md, SECURITY.md, doc/ and the READMEs of deploy/, run or validated;
# their links; and the table of failures in doc/deploying.md. Needs root.
#
#   test/docs/run.sh [BINARY [NAME]]
#
# BINARY is build/release/initgate unless given; NAME picks the documents whose name contains it.
here=$(cd "$(dirname "$0")" && pwd) || exit 1
exec "$here/../with_binary.sh" "$here/tests.py" "$@"
