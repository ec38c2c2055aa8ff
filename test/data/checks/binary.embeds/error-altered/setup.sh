# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkgo "$1/server" --go go1.25.3 --digest 1.24 --embed static/app.css 'body {}' \
    --embed static/index.html '<html>'
mkgo "$1/server" --go go1.25.3 --embed a one --embed b two --alter one six
