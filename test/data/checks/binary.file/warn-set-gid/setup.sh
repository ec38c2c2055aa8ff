# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkelf "$1/server"
chgrp 42 "$1/server"
chmod 2755 "$1/server"
