# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir "$1/app"
mkelf "$1/app/server"
setfacl -m g:5000:rwx "$1/app"
