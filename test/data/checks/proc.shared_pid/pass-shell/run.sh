# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
exec unshare --pid --fork --mount-proc bash -c '"$@"; exit $?' shell "$@"
