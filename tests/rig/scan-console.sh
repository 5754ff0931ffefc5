#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# scan-console.sh LOG: prints the lines of a kernel's console log that tell of
# trouble, whatever the tests said. Fails if there are any, or if there is no log.

set -euo pipefail

trouble='WARNING:|BUG:|BUG at |kernel BUG|Oops|Call trace:|Kernel panic'
trouble+='|INFO: task |blocked for more than|INFO: rcu|rcu:.*(stall|detected)|soft lockup|hard LOCKUP|workqueue lockup'
trouble+='|possible (recursive|circular|irq lock)|circular locking|recursive locking|inconsistent lock state|suspicious RCU|held lock freed|bad unlock balance'
trouble+='|KASAN|KCSAN|KMSAN|KFENCE|UBSAN|kmemleak: [0-9]+ new'
trouble+='|Unhandled fault|[Ee]xternal abort|SError|Internal error|Unable to handle kernel|Bad page (state|map)'
trouble+='|refcount_t:|list_(add|del) corruption|scheduling while atomic|sleeping function called'

[ "$#" -eq 1 ] || { echo "usage: scan-console.sh LOG" >&2; exit 2; }
[ -s "$1" ] || { echo "there is no console log $1, or it is empty"; exit 1; }
# The command line may name some of these words harmlessly.
! grep --extended-regexp "$trouble" "$1" |
  grep --invert-match --extended-regexp 'Kernel command line:|Unknown kernel command line'
