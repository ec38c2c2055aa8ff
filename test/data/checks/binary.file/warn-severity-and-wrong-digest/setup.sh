# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What is lowered here must not take the digest with it.
mkelf --mode 0777 "$1/server"
