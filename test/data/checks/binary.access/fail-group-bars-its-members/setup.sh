# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkelf --mode 0705 "$1/server"
chgrp 2000 "$1/server"
