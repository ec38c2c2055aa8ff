# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir "$1/delivery"
mount -t tmpfs -o noexec delivery "$1/delivery"
