# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source="$1/node/data"
mkdir -p "$source"
mkdir -m 2770 "$source/data"
install -m 0660 /dev/null "$source/data/a"
chgrp -R 2000 "$source/data"
mount_at "$source" "$1/data"
