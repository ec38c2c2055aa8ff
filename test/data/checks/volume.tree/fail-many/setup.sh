# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
tree_volume
printf 'port: 8080\n' >"$1/data/app.yaml"
ln -sfn bin/other "$1/data/run"
printf 'PROGRAM\n' >"$1/data/bin/server"
chown 7 "$1/data/bin"
touch "$1/data/a" "$1/data/z"
