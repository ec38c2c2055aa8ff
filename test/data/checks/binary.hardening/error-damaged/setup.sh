# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
echo 'int main(void) { return 0; }' >"$1/server.c"
gcc -static-pie -fPIE -o "$1/server" "$1/server.c"
# DT_STRTAB, where the dynamic strings are, past the end.
python3 - "$1/server" <<'END'
import struct, sys
data = bytearray(open(sys.argv[1], "rb").read())
at = data.index(struct.pack("=QQ", 11, 24)) - 48  # three in front of DT_SYMENT
assert data[at] == 5
data[at + 8:at + 16] = struct.pack("=Q", 1 << 40)
open(sys.argv[1], "wb").write(data)
END
