# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A program of this machine, with this machine's loader.
mkdir "$1/app"
cp /usr/bin/env "$1/app/server"
