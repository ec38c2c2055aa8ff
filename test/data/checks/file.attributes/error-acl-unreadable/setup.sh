# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
touch "$1/config.yaml"
