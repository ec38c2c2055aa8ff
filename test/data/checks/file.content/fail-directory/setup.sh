# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What a subPath with a wrong key leaves.
mkdir "$1/config.yaml"
