# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The policy knows that it is one.
source=$(kubelet_volume empty-dir shared)
mkdir "$source/app.yaml"
mount_at "$source/app.yaml" "$1/app.yaml"
