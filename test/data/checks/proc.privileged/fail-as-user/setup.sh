# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A privileged container whose user is not root has the capability in its bounding set.
mount -t proc proc /proc
