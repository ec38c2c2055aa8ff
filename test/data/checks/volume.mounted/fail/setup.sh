# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A forgotten volumeMount leaves the image's own folder.
mkdir "$1/cache"
