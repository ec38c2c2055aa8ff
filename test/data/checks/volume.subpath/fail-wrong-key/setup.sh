# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The kubelet makes an empty folder in the volume for a key that is not there.
source=$(config_map config app.yaml x)
mkdir "$source/app.yml"
mount_at "$source/app.yml" "$1/app.yml"
