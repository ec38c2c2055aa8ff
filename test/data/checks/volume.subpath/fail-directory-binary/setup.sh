# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A program that was not delivered.
source=$(kubelet_volume empty-dir shared)
mkdir "$source/app.yaml"
mount_at "$source/app.yaml" "$1/app.yaml"
