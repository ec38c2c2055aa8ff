# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkelf --mode 0710 "$1/server"
chgrp 12 "$1/server"
