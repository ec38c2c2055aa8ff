# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Only an effective one that is out of bounds makes execve give EPERM.
mkelf "$1/server"
setcap cap_sys_admin=p "$1/server"
