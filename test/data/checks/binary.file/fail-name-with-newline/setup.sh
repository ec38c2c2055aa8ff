# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A name must not forge a line of the report.
true
