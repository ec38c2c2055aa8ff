# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkdir "$1/image"
printf '#!/bin/bash\n' >"$1/image/server"
chmod 0755 "$1/image/server"
