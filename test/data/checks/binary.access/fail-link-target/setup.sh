# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The directory that a link leads through.
mkdir "$1/private"
mkelf "$1/private/server"
chmod 0700 "$1/private"
ln -s private/server "$1/server"
