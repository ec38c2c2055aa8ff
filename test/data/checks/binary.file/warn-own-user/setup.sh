# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# COPY --chown=app
mkelf "$1/server"
chown 1001:1001 "$1/server"
