# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A 64-bit kernel runs its family's 32-bit programs.
mkelf "$1/server" --machine 3 --bits 32
