# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir "$1/image"
touch "$1/image/config.yaml"
