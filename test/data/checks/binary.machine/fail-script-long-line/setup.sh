# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the kernel reads, 256 bytes, has no end of the name.
{
    printf '#!/'
    printf 'a/%.0s' {1..200}
    printf 'sh\n'
} >"$1/server"
chmod 0755 "$1/server"
