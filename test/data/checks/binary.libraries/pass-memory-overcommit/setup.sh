# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
large_library "$1/image"
overcommit 1
