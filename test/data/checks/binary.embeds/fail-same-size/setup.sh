# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkgo "$1/server" --go go1.25.3 --digest 1.24 --embed static/app.css 'body {}' \
    --embed static/index.html '<html>'
mkdir -p "$1/app/static"
printf '<HTML>' >"$1/app/static/index.html"
printf 'body {}' >"$1/app/static/app.css"
