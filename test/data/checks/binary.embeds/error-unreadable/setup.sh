# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkgo "$1/server" --go go1.25.3 --digest 1.24 --embed static/app.css 'body {}' \
    --embed static/index.html '<html>'
mkdir -p "$1/app/static"
printf 'body {}' >"$1/app/static/app.css"
chmod 0600 "$1/app/static/app.css"
