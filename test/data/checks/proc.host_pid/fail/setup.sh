# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# As these tests are run: in the initial namespace.
true
