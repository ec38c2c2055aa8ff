# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Measured with owners, asked without.
tree_volume
