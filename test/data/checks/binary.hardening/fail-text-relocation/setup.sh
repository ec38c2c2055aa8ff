# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# An address in the code of a program that is loaded anywhere.
cat >"$1/server.s" <<'END'
    .globl main
main:
    ret
    .quad main
    .section .note.GNU-stack, "", %progbits
END
gcc -pie -Wl,-z,notext -o "$1/server" "$1/server.s"
