# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Under --root without runAs it is not known whose the program is.
mkdir "$1/image"
mkelf "$1/image/server"
chown 1001:1001 "$1/image/server"
