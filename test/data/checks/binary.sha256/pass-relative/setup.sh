# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# From the working directory, in which the cases are run.
mkelf "$1/server"
