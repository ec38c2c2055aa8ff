# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# All capabilities dropped.
mount -t proc proc /proc
