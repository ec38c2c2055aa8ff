# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# It would start, and crash at the first access behind the end.
mkelf "$1/server" --truncate 700
