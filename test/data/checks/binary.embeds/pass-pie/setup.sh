# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkgo "$1/server" --go go1.25.3 --pie --digest 1.19 --embed static/app.css 'body {}' \
    --embed static/index.html '<html>'
mkdir -p "$1/app/static"
printf '<html>' >"$1/app/static/index.html"
ln -s index.html "$1/app/static/app.html"
