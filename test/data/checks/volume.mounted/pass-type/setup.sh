# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir "$1/secret"
mount -t tmpfs secret "$1/secret"
