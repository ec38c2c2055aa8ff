# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the runtime mounts itself is none.
mount -t tmpfs -o mode=0755 run /run
mkelf --mode 0775 /run/server
chgrp 3000 /run/server
pod
