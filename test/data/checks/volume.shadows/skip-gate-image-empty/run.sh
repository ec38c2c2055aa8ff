# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
cp "$1" "$ROOT/container/gate"
exec chroot "$ROOT/container" /gate "${@:2}"
