# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
exec setpriv --reuid 1001 --regid 1001 --clear-groups --bounding-set=-all "$@"
