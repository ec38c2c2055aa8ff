# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What is a warning by default.
mkelf "$1/server"
chown 1001 "$1/server"
