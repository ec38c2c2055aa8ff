# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the kernel refuses, and the policy does not ask.
mkelf "$1/server" --type 1 --interp /lib/ld.so
