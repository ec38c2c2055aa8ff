# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkelf --mode 0775 "$1/server"
chgrp 3000 "$1/server"
