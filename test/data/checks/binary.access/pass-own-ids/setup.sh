# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkelf --mode 0750 "$1/server"
chgrp 1001 "$1/server"
