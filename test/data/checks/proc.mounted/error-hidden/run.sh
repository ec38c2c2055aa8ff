# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
exec chroot --userspec=1001:1001 "$ROOT/container" "$@"
