# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkgo "$1/server" --go 'go1.25.3-corp X:nodwarf5'
