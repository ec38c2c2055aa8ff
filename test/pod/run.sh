#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The pod tests: the manifests of deploy/manifests as real pods, and the gate in every kind of
# container. Needs root. What cannot run here fails.
#
#   test/pod/run.sh [BINARY [NAME]]
#
# BINARY is build/release/initgate unless given; NAME picks the tests whose name contains it.
here=$(cd "$(dirname "$0")" && pwd) || exit 1
exec "$here/../with_binary.sh" "$here/scenarios.py" "$@"
