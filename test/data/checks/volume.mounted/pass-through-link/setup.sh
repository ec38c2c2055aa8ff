# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# /var/run is a link in most images; a runtime mounts behind it.
mkdir "$1/run"
ln -s run "$1/var-run"
mount_at "$(kubelet_volume empty-dir sockets)" "$1/run/app"
