# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A mount on the link itself: readlink gives EINVAL.
mkelf "$1/other"
