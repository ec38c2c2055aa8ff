# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The loader lies in the main container's image, which this gate does not see.
mkdir "$1/shared"
mkelf "$1/shared/server" --interp /lib64/ld-of-the-main-image.so.2
