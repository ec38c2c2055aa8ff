# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# More bytes come than the file had when it was opened.
mkelf --pad 0x20000000 "$1/server"
python3 -c '
import sys, time
with open(sys.argv[1], "ab", buffering=0) as f:
    while True:
        f.write(b"more")
        time.sleep(0.001)' "$1/server" &
