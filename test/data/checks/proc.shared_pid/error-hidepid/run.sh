# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
exec unshare --pid --fork bash -c '
mount -t proc -o hidepid=2 proc /proc
setpriv --reuid 1001 --regid 1001 --clear-groups "$@"
exit $?' shell "$@"
