# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# An image for another machine than the one that judges it.
mkelf "$1/server" --machine 183
