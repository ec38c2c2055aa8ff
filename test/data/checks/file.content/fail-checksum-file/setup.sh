# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
printf 'listen: 8080\n' >"$1/config.yaml"
sha256sum --tag "$1/config.yaml" >"$1/SHA256SUMS"
printf 'listen: 8081\n' >"$1/config.yaml"
