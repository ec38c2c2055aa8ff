# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The gate was installed on a volume.
container "$1/container"
mount_at "$(kubelet_volume empty-dir plugins)" "$1/container/check"
