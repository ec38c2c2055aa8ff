# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# arm64 runs 32-bit ARM, riscv64 nothing of 32 bits.
mkelf "$1/server" --machine 243 --bits 32
