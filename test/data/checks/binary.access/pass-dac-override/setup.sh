# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The runtime's default set lets uid 0 pass.
mkdir "$1/app"
mkelf --mode 0700 "$1/app/server"
chown -R 1001:1001 "$1/app"
chmod 0700 "$1/app"
