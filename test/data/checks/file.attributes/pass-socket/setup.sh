# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$1/socket"
