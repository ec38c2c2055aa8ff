# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The gate's own container has it elsewhere than the main one.
mount_at "$(kubelet_volume empty-dir cache)" "$1/check"
