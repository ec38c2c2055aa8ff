# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkgo "$1/server" --go go1.25.3 --embed a 1 --embed b 2 --embed c 3 --embed d 4
mkdir "$1/app"
touch "$1/app/a" "$1/app/b" "$1/app/c" "$1/app/d"
