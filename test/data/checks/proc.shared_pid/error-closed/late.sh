# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
chmod 0700 /proc
