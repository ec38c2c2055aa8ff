# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# No severity relaxes that.
mkdir "$1/target"
