# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A "regular" file of size 0 whose read waits: never read.
true
