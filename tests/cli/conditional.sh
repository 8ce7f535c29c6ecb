# A GAN that is told the class, whose discriminator has outputs for other classes than the data: `check` says so with its
# line, an experiment before it trains anything.
. tests/rules/_check.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed 's/filters=3 kernel=4/filters=6 kernel=4/; /^pretrain/d' tests/cli/bad/conditional_pretrain.ini >"$work/six.ini"
line=$(grep -n 'filters=6' "$work/six.ini" | cut -d : -f 1)
fault="$work/six.ini:$line: [discriminator] has 6 outputs; [train.gan] classes = conditional with 2 classes needs 3: "
fault="${fault}one for all together, one for each"
said=$("$BALLAST" check "$work/six.ini" 2>&1)
code=$?
verdict check "$([ $code -eq 1 ] && printf '%s\n' "$said" | grep -qxF "fault: $fault" || printf '%s\n' "$code" "$said")"
verdict counted "$(printf '%s\n' "$said" | grep -q '^1 fault, ' || printf '%s\n' "$said")"
said=$("$BALLAST" check --json "$work/six.ini" | grep -F "$fault")
verdict json "$([ -n "$said" ] || echo 'no line has it')"

sed 's/filters=6/filters=3/' "$work/six.ini" >"$work/three.ini"
said=$("$BALLAST" check "$work/three.ini" 2>&1)
verdict fits "$(printf '%s\n' "$said" | grep -q '^0 faults, ' || printf '%s\n' "$said")"

cat >>"$work/six.ini" <<'END'
[classifier]
layer = flatten
layer = dense units=2
[experiment]
arms = balanced
END
said=$("$BALLAST" experiment --dry-run --quiet --out "$work" "$work/six.ini" 2>&1)
verdict experiment "$([ $? -eq 1 ] && printf '%s\n' "$said" | grep -qF "$fault" || printf '%s\n' "$said")"
finish
