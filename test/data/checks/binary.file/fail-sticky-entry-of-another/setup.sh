# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir "$1/open"
chmod 1777 "$1/open"
mkelf "$1/open/server"
chown 5000:5000 "$1/open/server"
