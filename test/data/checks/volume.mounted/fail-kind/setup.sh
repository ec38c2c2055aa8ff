# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A wrong key, mounted as an empty folder.
mount_at "$(kubelet_volume configmap config)" "$1/app.yaml"
