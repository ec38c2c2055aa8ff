# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What looks like another generation may hold anything: it is on the volume, and extra.
tree_volume
mkdir "$1/data/..1" "$1/data/..2"
mv "$1/data/app.yaml" "$1/data/bin" "$1/data/run" "$1/data/..1"
ln -s ..1 "$1/data/..data"
for name in app.yaml bin run; do ln -s "..data/$name" "$1/data/$name"; done
echo x >"$1/data/..2/evil"
