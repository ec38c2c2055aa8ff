# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The name leads to another file once the gate has opened the first one.
mkelf --pad 134217728 "$1/server"
mkelf "$1/new"
python3 -c '
import glob, os, sys
server = sys.argv[1] + "/server"
def opened():
    for link in glob.iglob("/proc/[0-9]*/fd/*"):
        try:
            comm = open(link[:-len(os.path.basename(link)) - 3] + "comm").read()
            if comm == "initgate\n" and os.path.samefile(link, server):
                return True
        except OSError:
            pass
while not opened():
    pass
os.rename(sys.argv[1] + "/new", server)' "$1" &
