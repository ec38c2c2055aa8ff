# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source="$1/node/data"
mkdir -p "$source"
mkdir "$source/data"
install -m 0644 /dev/null "$source/data/a"
chgrp -R 2000 "$source/data"
chmod 0770 "$source/data"
mount_at "$source" "$1/data"
