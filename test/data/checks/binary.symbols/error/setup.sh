# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# binary.libraries is off, so that it cannot say what is missing.
image "$1/image"
mkso "$1/libig.so.1" -Wl,-soname,libig.so.1
mkprogram "$1/image/app/server" "$1/libig.so.1"
