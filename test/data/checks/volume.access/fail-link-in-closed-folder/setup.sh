# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The folder refuses its user, and so would the link in it: one mending must name both.
mkdir "$1/data"
mount -t tmpfs -o mode=0755 data "$1/data"
echo one >"$1/data/file"
ln -s file "$1/data/link"
chown -h 5000:5000 "$1/data/link"
chmod 1772 "$1/data"
echo 1 >"$1/on"
mount --bind "$1/on" /proc/sys/fs/protected_symlinks
