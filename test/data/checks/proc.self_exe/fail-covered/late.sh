# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
python3 - "$1/other" "/proc/$2/exe" <<'END'
import ctypes, os, sys
fd = os.open(sys.argv[2], os.O_PATH | os.O_NOFOLLOW)
libc = ctypes.CDLL(None, use_errno=True)
assert libc.mount(sys.argv[1].encode(), f"/proc/self/fd/{fd}".encode(), None, 0x1000, None) == 0
END
