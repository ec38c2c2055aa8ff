# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The gate's user may not search its own root directory.
container "$1/container"
