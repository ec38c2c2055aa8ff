# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir -p "$1/app"
mkelf "$1/app/server"
