# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# In the generation, but the main container sees no such name.
source=$(config_map config app.yaml x)
rm "$source/app.yaml"
mount_at "$source" "$1/config"
