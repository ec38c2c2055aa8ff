#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The tests of deploy/: helm and kubectl's kustomize over the charts and components, Kubernetes'
# schemas, Pod Security, and what is rendered as real pods. Needs root.
#
#   test/deploy/run.sh [BINARY [NAME]]
#
# BINARY is build/release/initgate unless given; NAME picks the tests whose name contains it.
here=$(cd "$(dirname "$0")" && pwd) || exit 1
exec "$here/../with_binary.sh" "$here/tests.py" "$@"
