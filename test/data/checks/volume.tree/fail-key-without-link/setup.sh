# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A key that the generation holds and the volume does not show.
tree_volume
mkdir "$1/data/..1"
mv "$1/data/app.yaml" "$1/data/bin" "$1/data/run" "$1/data/..1"
ln -s ..1 "$1/data/..data"
for name in app.yaml bin run; do ln -s "..data/$name" "$1/data/$name"; done
echo x >"$1/data/..1/evil"
