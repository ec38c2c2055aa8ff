# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The runtime made the folder for the mount in it.
container "$1/container"
mount_at "$(kubelet_volume empty-dir plugins)" "$1/container/app/plugins/check"
