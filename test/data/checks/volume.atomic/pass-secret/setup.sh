# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A tmpfs, of which mountinfo does not tell who made it; an older generation is about to be removed.
mkdir "$1/config"
mount -t tmpfs secret "$1/config"
mkdir "$1/config/..2026_01_01" "$1/config/..2026_01_02"
echo x > "$1/config/..2026_01_02/token"
ln -s ..2026_01_02 "$1/config/..data"
ln -s ..2026_01_03 "$1/config/..data_tmp"
ln -s ..data/token "$1/config/token"
