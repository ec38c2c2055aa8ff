# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The folders above what is ignored, or mounted, may be there.
tree_volume
rm "$1/data/run"
mkdir -p "$1/data/cache/log/x" "$1/data/var" "$1/data/mounts/of/tmp" "$1/data/lost+found"
echo old >"$1/data/var/old.txt"
(cd "$1/data" && sha256sum app.yaml bin/server var/old.txt) >"$1/manifest"
mount -t tmpfs tmp "$1/data/mounts/of/tmp"
