# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the path leads to in the end is what runs.
mkelf "$1/built"
mkelf "$1/other" --tag other
ln -s other "$1/server"
