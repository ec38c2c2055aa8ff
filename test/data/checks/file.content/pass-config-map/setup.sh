# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A key of a ConfigMap is a link to ..data/key, and that to ..TIMESTAMP.
mount_at "$(config_map config config.yaml 'listen: 8080')" "$1/etc/app"
