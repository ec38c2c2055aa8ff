# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# sha256sum -c would follow the link.
tree_volume
rm "$1/data/run"
(cd "$1/data" && sha256sum app.yaml bin/server) >"$1/manifest"
mv "$1/data/bin" "$1/data/programs"
ln -s programs "$1/data/bin"
