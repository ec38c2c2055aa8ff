# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
tree_volume
(cd "$1/data" && sha256sum app.yaml bin/server) >"$1/manifest"
mkdir -p "$1/data/bin/old" "$1/data/empty"
mkdir -m 0700 "$1/data/lost+found"
