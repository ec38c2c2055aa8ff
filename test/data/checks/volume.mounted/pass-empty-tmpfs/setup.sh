# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir "$1/models"
mount -t tmpfs -o ro cache "$1/models"
