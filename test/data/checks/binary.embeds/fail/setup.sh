# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# As a ConfigMap that someone edits.
mkgo "$1/server" --go go1.25.3 --digest 1.24 --embed static/app.css 'body {}' \
    --embed static/index.html '<html>'
source=$(config_map web app.css 'body { color: red }')
mount_at "$source" "$1/app/static"
