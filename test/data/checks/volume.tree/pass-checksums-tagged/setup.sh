# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
tree_volume
rm "$1/data/run"
(cd "$1/data" && sha256sum --tag app.yaml bin/server) >"$1/manifest"
