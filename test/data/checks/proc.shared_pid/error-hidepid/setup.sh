# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# pid 1 belongs to root, and hidepid hides it from the gate.
true
