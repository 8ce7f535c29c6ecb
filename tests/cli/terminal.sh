# What is shown on a terminal (a bar that is redrawn, colours unless NO_COLOR) and elsewhere (plain lines).
. tests/rules/_check.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
esc=$(printf '\033')
cr=$(printf '\r')
# A data set with a class of few images warns; a bar shows the writing of images.
phantom="'$BALLAST' phantom --kind xray --size 28 --out '$work'"

plain=$("$BALLAST" phantom --kind xray --size 28 --out "$work/plain" 2>&1 >/dev/null)
verdict no_terminal_no_escapes "$(printf '%s' "$plain" | grep -e "$esc" -e "$cr")"
if ! command -v script >/dev/null || ! script -qec true /dev/null >/dev/null 2>&1; then
    skipped on_a_terminal "there is no program \`script\`"
    finish
fi
# on_terminal NAME COMMAND: runs it on a terminal of its own, 80 columns wide.
on_terminal() { TERM=xterm script -qec "stty cols 80; $2" /dev/null </dev/null >"$work/$1.out" 2>&1; }

on_terminal bar "$phantom/bar"
verdict bar_is_redrawn "$(grep -q "$cr.*\[=.*\] image" "$work/bar.out" || cat -v "$work/bar.out")"
verdict bar_fits "$(tr '\r' '\n' <"$work/bar.out" | grep 'image [0-9]*/362' | sed "s/$esc\[K//" | awk 'length($0) > 80')"
on_terminal quiet "$phantom/quiet --quiet"
verdict quiet_has_no_bar "$(grep '\[=' "$work/quiet.out")"
head -c 100 "$work/plain/NORMAL/patient00001-1.png" >"$work/plain/NORMAL/cut.png"
broken="'$BALLAST' train tests/cli/good/small.ini --set data.source=folder --set data.path='$work/plain'"
on_terminal colour "$broken"
verdict errors_in_colour "$(grep -q "$esc\[31merror: $esc\[0m.*cut.png" "$work/colour.out" || cat -v "$work/colour.out")"
on_terminal no_colour "NO_COLOR=1 $broken"
verdict no_color "$(grep "$esc\[3" "$work/no_colour.out"; grep -q 'error: .*cut.png' "$work/no_colour.out" || cat -v "$work/no_colour.out")"
TERM=dumb script -qec "$phantom/dumb" /dev/null </dev/null >"$work/dumb.out" 2>&1
verdict dumb_terminal_has_no_bar "$(grep "$esc" "$work/dumb.out")"
finish
