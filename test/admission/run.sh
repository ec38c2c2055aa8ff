#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The tests of deploy/admission: its objects as an API server judges them, Kubernetes' own admission
# code over real pods, and the pod that it injects the gate into, as a real pod. Needs root.
#
#   test/admission/run.sh [BINARY [NAME]]
#
# BINARY is build/release/initgate unless given; NAME picks the cases whose name contains it, or all of
# "objects" or "mutants".
here=$(cd "$(dirname "$0")" && pwd) || exit 1
exec "$here/../with_binary.sh" "$here/admission.py" "$@"
