#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The tests of deploy/gitops: schemas and linters, the pipelines' script steps run over a real image,
# and the Jobs as real pods. Needs root.
#
#   test/gitops/run.sh [BINARY [NAME]]
#
# BINARY is build/release/initgate unless given; NAME picks the tests whose name contains it.
here=$(cd "$(dirname "$0")" && pwd) || exit 1
exec "$here/../with_binary.sh" "$here/gitops.py" "$@"
