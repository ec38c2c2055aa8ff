# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Somebody touches it all the time.
mkelf --pad 134217728 "$1/server"
python3 -c '
import os, sys, time
while True:
    os.utime(sys.argv[1])
    time.sleep(0.001)' "$1/server" &
