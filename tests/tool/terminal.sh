#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What a person at a terminal sees: colours, lines that fit, status again and again. Prints TAP.
#
# terminal.sh TOOL: the tool, built with sanitizers.

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/tool.sh"

esc=$'\033'
unset NO_COLOR
export TERM=xterm

# at_terminal COLUMNS ARGUMENT...: what the tool prints there is in $scratch/out.
at_terminal() {
  local columns=$1
  shift
  script --quiet --return --command "stty cols $columns rows 24; '$tool' --root '$tree' $*" /dev/null </dev/null | tr --delete '\r' >"$scratch/out" || true
  cat "$scratch/out"
}

# plain: without colours.
plain() { sed "s/$esc\\[[0-9]*m//g" "$scratch/out"; }
# longest: columns of the longest line that is no command.
longest() { plain | grep --invert-match '^ \{15\}\|^Begin' | wc --max-line-length; }

foreign() { pci_unbind "$GPU"; driver_add nvidia 570.1; pci_bind "$GPU" nvidia; }
coloured() { at_terminal 200 doctor && says "${esc}[31mproblem    ${esc}[mGPU's driver" "${esc}[32mok         ${esc}[mArch" "${esc}[34munknown"; }
check "doctor is in colour" foreign coloured
no_colour() { NO_COLOR=1 at_terminal 200 doctor && says "problem    GPU's driver" && ! grep "$esc" "$scratch/out"; }
check "NO_COLOR" foreign no_colour
empty_no_colour() { NO_COLOR='' at_terminal 200 doctor && says "${esc}[31mproblem"; }
check "an empty NO_COLOR is none" foreign empty_no_colour
dumb() { TERM=dumb at_terminal 200 doctor && ! grep "$esc" "$scratch/out"; }
check "a terminal without colours" foreign dumb
piped() { run 2 doctor && ! grep "$esc" "$scratch/out"; }
check "no colours in a pipe" foreign piped
same_words() { run 2 doctor >/dev/null && cp "$scratch/out" "$scratch/wide" && NO_COLOR=1 at_terminal 60 doctor && diff <(tr --squeeze-repeats ' \n' ' ' <"$scratch/wide") <(tr --squeeze-repeats ' \n' ' ' <"$scratch/out"); }
check "narrow: the same words" foreign same_words
fits() { at_terminal "$1" doctor >/dev/null && echo "longest: $(longest)" && [ "$(longest)" -le "$1" ] && [ "$(longest)" -gt $(($1 - 20)) ]; }
short_paths() { foreign; rm --recursive "$tree/lib/modules/$RELEASE/updates"; modules_list "$RELEASE"; }
for columns in 60 80 100; do
  check "lines fit into $columns columns" short_paths fits "$columns"
done
commands_whole() { at_terminal 41 doctor && says "               nvgrace-gpu bind $GPU"; }
check "commands stay in a line" foreign commands_whole
tiny() { at_terminal 5 doctor && plain | grep --quiet '^problem    GPU.s driver: .* nvidia has it'; }
check "a terminal that is too narrow for anything" foreign tiny

# times STATUS TEXT: how often it was printed until it was interrupted.
watched() {
  timeout --signal=INT 5 "$tool" --root "$tree" status --watch=1 >"$scratch/out" 2>&1 || true
  [ "$(grep --count "^$GPU  GH200" "$scratch/out")" -ge 2 ] && ! grep "$esc" "$scratch/out"
}
check "status --watch: again and again" nothing watched
screen() { at_terminal 80 "status --watch & sleep 5; kill \$!" && says "${esc}[H${esc}[2J$GPU"; }
check "status --watch: on an empty screen" nothing screen
nobody_reads() {
  local status=0
  timeout 10 "$tool" --root "$tree" status --watch=1 >/dev/full 2>"$scratch/out" || status=$?
  [ "$status" -eq 1 ] && says 'No space left'
}
check "status --watch: ends where it cannot be written" nothing nobody_reads
goes() {
  local status=0
  { sleep 1.5; rm "$tree/sys/bus/pci/devices/$GPU"; } &
  timeout 20 "$tool" --root "$tree" status --watch=1 "$GPU" >"$scratch/out" 2>&1 || status=$?
  wait
  [ "$status" -eq 1 ] && says "'$GPU' is not there"
}
check "status --watch: ends when the GPU is gone" nothing goes
check "status --watch: not as JSON" nothing run 64 status --watch --json
check "status --watch: not a number" nothing run 64 status --watch=0
check "--watch of another command" nothing run 64 list --watch

tap_done
