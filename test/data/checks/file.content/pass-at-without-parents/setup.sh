# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Neither the gate's image nor this root has a folder for the mount point: a runtime makes it.
delivery=$(kubelet_volume empty-dir delivery)
echo "port: 8080" > "$delivery/app.yaml"
mount_at "$delivery" "$1/check"
