#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# read-gcov.sh FOLDER [GCOV]: prints what objects in the folder have counted, a document of gcov's
# in each line. GCOV is that of the compiler which built them (gcov). Runs inside the rig's root.

set -euo pipefail

find "${1:?a folder}" -name '*.gcda' -exec "${2:-gcov}" --json-format --branch-probabilities --stdout {} +
