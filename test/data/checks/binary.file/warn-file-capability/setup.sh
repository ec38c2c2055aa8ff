# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
mkelf "$1/server"
setcap cap_net_bind_service=ep "$1/server"
