# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# fs.protected_symlinks: in a sticky world-writable folder a link leads only its owner and the
# folder's on.
mkdir "$1/open"
chmod 1777 "$1/open"
mkelf "$1/server"
ln -s "$1/server" "$1/open/server"
chown -h 5000:5000 "$1/open/server"
echo 1 >"$1/on"
mount --bind "$1/on" /proc/sys/fs/protected_symlinks
