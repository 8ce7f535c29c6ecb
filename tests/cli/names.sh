# Names that would do harm if they were taken for more than names, from the folders of images to every file and line that
# names them: markup, quotes, a formula, control characters, 200 characters, scripts that are wide.
. tests/rules/_check.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
long=$(printf '%0200d' 0 | tr 0 w)
escape=$(printf 'red \033[31m\007 \302\2332J')
control=$(printf '[\001-\010\013-\037\177]')
"$BALLAST" phantom --kind xray --size 28 --out "$work/images" --quiet >/dev/null
i=0
for name in '<img src=x onerror=alert(1)>' "=1+1|'calc'!A1" '"a", b & <b>' "$escape" "$long" 'größe 日本'; do
    mkdir -p "$work/data/$name"
    n=0
    for file in "$work"/images/NORMAL/*; do
        n=$((n + 1))
        [ $((n % 6)) -ne $i ] || cp "$file" "$work/data/$name/"
    done
    i=$((i + 1))
done
sed 's/^source.*/source = folder/; s/units=2$/units=6/; s/^epochs.*/epochs = 1/' tests/cli/good/gan.ini >"$work/names.ini"
"$BALLAST" train "$work/names.ini" --only classifier --set data.path="$work/data" --out "$work" --set run.name=names >"$work/out" 2>"$work/err"
code=$?
if grep -q 'no OpenCL device' "$work/err"; then
    bad device "$(cat "$work/err")"
    finish
fi
verdict exit_0 "$([ $code -eq 0 ] || echo "exit $code: $(cat "$work/err")")"
"$BALLAST" predict "$work/names" "$work/data" >>"$work/out" 2>>"$work/err"
"$BALLAST" check "$work/names/config.ini" >>"$work/out" 2>>"$work/err"
"$BALLAST" eval --predictions "$work/names/predictions.csv" --json >>"$work/out" 2>>"$work/err"
"$BALLAST" check "$work/names/config.ini" --json >>"$work/out" 2>>"$work/err"
run=$work/names
verdict terminal "$(LC_ALL=C grep -an "$control" "$work/out" "$work/err" "$run/report.txt" | cat -v)"
verdict terminal_c1 "$(LC_ALL=C grep -an "$(printf '\302[\200-\237]')" "$work/out" "$work/err" "$run/report.txt" | cat -v)"
for file in $(cd "$run" && find . -name '*.svg' -o -name '*.html'); do
    verdict "no_markup_$file" "$(grep -n '<img src=x\|<b>' "$run/$file" | cut -c1-200)"
    verdict "no_control_$file" "$(LC_ALL=C grep -an "$control" "$run/$file" | cut -c1-200 | cat -v)"
done
verdict formula_is_guarded "$(grep -n '^=\|,=\|,"=' "$run/predictions.csv" "$run/split.csv")"
verdict formula_is_there "$(grep -q ",'=1+1|'calc'!A1," "$run/predictions.csv" || head -n 3 "$run/predictions.csv")"
"$BALLAST" eval --predictions "$run/predictions.csv" --out "$work/back" --quiet >/dev/null 2>"$work/err" || cat "$work/err"
verdict reads_back "$(cmp "$run/curves.json" "$work/back/curves.json" 2>&1)"
verdict table_is_aligned "$(awk 'NR > 2 && NR < 9 { print length($0) }' "$run/report.txt" | sort -u | tail -n +4)"
finish
