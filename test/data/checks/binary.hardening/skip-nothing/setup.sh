# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkelf "$1/server" --machine 62
