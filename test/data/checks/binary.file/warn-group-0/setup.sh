# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# An image made for OpenShift, run elsewhere: the program is not in group 0.
mkelf --mode 0775 "$1/server"
