# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Somebody touches it all the time. (Its digest is a wrong one: reading it takes a while.)
mkelf --pad 0x20000000 "$1/server"
python3 -c '
import os, sys, time
while True:
    os.utime(sys.argv[1])
    time.sleep(0.001)' "$1/server" &
