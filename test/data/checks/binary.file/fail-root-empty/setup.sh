# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What an image volume of an OCI artifact looks like.
mkdir "$1/target"
