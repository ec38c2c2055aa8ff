# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
tree_volume
sed -i -e '1s/$/ without owner/' -e '2,$s/ 0:0 / - /' "$1/manifest"
