# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# One of the runtime's default set, but the container drops ALL. A warning of the owner's is not in
# its way.
mkelf "$1/server"
chown 1001 "$1/server"
setcap cap_net_bind_service=ep "$1/server"
