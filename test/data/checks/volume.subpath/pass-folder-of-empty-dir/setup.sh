# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Only volumes made of keys have wrong ones.
volume=$(kubelet_volume empty-dir data)
mkdir "$volume/made-by-kubelet"
mount_at "$volume/made-by-kubelet" "$1/app"
