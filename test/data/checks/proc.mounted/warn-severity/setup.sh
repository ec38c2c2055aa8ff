# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What depends on it then says itself that it cannot be evaluated.
true
