# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
(for _ in 1 2 3 4 5 6 7 8; do sleep 0.2; echo more >>"$ROOT/data/app.jar"; done) &
"$@"
