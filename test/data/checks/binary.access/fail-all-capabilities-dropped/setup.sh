# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# uid 0 without CAP_DAC_OVERRIDE is an ordinary user.
mkelf --mode 0700 "$1/server"
chown 1001 "$1/server"
