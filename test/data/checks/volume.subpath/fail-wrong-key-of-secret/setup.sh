# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
source=$(kubelet_volume secret tls)
mkdir "$source/tls.cert"
mount_at "$source/tls.cert" "$1/tls.cert"
