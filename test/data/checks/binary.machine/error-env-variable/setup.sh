# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A variable that the policy does not tell.
mkdir -p "$1/image/usr/bin"
mkelf "$1/image/usr/bin/env"
# shellcheck disable=SC2016
printf '#!/usr/bin/env -S ${RUNNER} -u\n' >"$1/image/server"
chmod 0755 "$1/image/server"
