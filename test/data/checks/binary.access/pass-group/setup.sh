# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir "$1/app"
mkelf --mode 0710 "$1/app/server"
chgrp -R 2000 "$1/app"
chmod 0750 "$1/app"
