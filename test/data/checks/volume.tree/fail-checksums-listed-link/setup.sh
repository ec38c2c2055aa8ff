# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# sha256sum -c would follow it.
tree_volume
(cd "$1/data" && sha256sum app.yaml bin/server run) >"$1/manifest"
