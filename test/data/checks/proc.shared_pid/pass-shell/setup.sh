# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Started by a shell that is pid 1, as a container's entrypoint often is.
true
