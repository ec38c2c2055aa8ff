# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# It hides the #! from the kernel.
printf '\357\273\277#!/bin/sh\n' >"$1/server"
chmod 0755 "$1/server"
