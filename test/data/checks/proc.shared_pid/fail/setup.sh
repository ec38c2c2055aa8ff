# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
cp /usr/bin/sleep "$1/pause"
