# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Its digest is compared all the same.
mkelf --mode 0757 "$1/server"
