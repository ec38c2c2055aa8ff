# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/lower" "$1/empty" "$1/upper" "$1/work" "$1/target" "$1/models"
echo x > "$1/lower/model"
mount -t overlay -o "lowerdir=$1/lower:$1/empty" overlay "$1/models"
