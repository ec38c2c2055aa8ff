# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Nothing of the main container's image can be missed in the gate's own.
container "$1/container"
mount_at "$(kubelet_volume empty-dir plugins)" "$1/container/check"
