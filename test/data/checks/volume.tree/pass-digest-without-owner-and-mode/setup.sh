# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
tree_volume
chown -R 1001:2000 "$1/data"
chmod -R g+rwX "$1/data"
sed -i -e '1s/$/ without owner mode/' -e '2,$s/^\(.\) [0-9-]* [0-9:]* /\1 - - /' "$1/manifest"
