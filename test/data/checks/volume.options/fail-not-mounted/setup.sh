# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# volume.mounted is switched off, which excuses nothing.
mkdir "$1/cache"
