# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The name leads to another file once the gate has opened the first one.
mkelf --pad 0x20000000 "$1/server"
mkelf "$1/new"
python3 -c '
import glob, os, sys
server = sys.argv[1] + "/server"
def opened():
    for comm in glob.iglob("/proc/[0-9]*/comm"):
        try:
            if open(comm).read() == "initgate\n":
                links = glob.glob(os.path.dirname(comm) + "/fd/*")
                if any(os.path.samefile(link, server) for link in links):
                    return True
        except OSError:
            pass
while not opened():
    pass
os.rename(sys.argv[1] + "/new", server)' "$1" &
