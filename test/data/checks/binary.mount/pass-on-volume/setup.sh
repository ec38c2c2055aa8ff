# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The mount of a folder above it hides nothing that the policy names.
volume=$(kubelet_volume empty-dir shared)
mkelf "$volume/server"
mount_at "$volume" "$1/shared"
