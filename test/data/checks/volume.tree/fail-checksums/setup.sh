# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
tree_volume
rm "$1/data/run"
(cd "$1/data" && sha256sum app.yaml bin/server) >"$1/manifest"
echo x >>"$1/data/bin/server"
echo x >"$1/data/new"
rm "$1/data/app.yaml"
