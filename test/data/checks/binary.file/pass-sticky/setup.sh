# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# As /tmp: only a file's owner may replace it there.
mkdir "$1/open"
chmod 1777 "$1/open"
mkelf "$1/open/server"
