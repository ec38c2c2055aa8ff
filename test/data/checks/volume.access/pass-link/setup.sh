# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(kubelet_volume empty-dir data)
mkdir "$source/v1" "$source/private"
ln -s v1 "$source/current"
install -m 0644 /dev/null "$source/v1/a"
install -m 0600 /dev/null "$source/private/b"
# What a link leads to elsewhere, or nowhere, is not this volume's.
ln -s /nowhere "$source/v1/dangling"
ln -s /etc/shadow "$source/v1/outside"
mount_at "$source" "$1/data"
