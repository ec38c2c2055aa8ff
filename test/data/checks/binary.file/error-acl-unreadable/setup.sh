# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# ACLs are read through /proc, which is gone.
mkelf "$1/server"
