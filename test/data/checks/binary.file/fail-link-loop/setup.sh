# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
ln -s b "$1/a"
ln -s a "$1/b"
