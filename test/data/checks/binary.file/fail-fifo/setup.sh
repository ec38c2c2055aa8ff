# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Never opened: that would wait for a writer.
mkfifo -m 0755 "$1/server"
