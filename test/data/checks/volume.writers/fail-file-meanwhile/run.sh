# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The gate reads the large file for a second and more.
(sleep 0.5; echo more >>"$ROOT/app.conf") &
"$@"
