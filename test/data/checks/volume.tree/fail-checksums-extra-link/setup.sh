# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
tree_volume
(cd "$1/data" && sha256sum app.yaml bin/server) >"$1/manifest"
