# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# In a pod a mount that names no kubelet is a volume too: a Secret, a PersistentVolume.
mkelf --mode 0775 "$1/server"
chgrp 3000 "$1/server"
pod
