# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# execve gives EPERM where the bounding set lacks it.
mkelf "$1/server"
setcap cap_sys_admin=ep "$1/server"
