# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir "$1/image"
ln -s /opt/server-1.2/server "$1/image/server"
