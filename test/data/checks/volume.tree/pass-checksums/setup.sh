# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
tree_volume
rm "$1/data/run"
(cd "$1/data" && find . -type f -exec sha256sum {} +) >"$1/manifest"
