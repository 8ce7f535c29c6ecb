# Several classifiers: one run that goes on as one of several, the mean of runs, of an experiment's arm, what is refused.
. tests/rules/_check.sh
: "${BALLAST:?names the program}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
config=tests/cli/good/experiment.ini
short="--quiet --out $work --set train.classifier.epochs=1 --set run.tune=off"

train() { "$BALLAST" train $config $short --only classifier "$@" >/dev/null 2>&1; }
train --set run.name=one
train --set run.name=other --seed 2
train --set run.name=three --set train.classifier.ensemble=3 --set train.classifier.temperature=on

# A run of one goes on as the first of three.
cp -r "$work/one" "$work/grown"
"$BALLAST" train --resume "$work/grown" --only classifier --quiet --set train.classifier.ensemble=3 --set train.classifier.temperature=on >/dev/null 2>&1
verdict one_grows_to_three "$(for file in classifier/best.safetensors classifier/member3/best.safetensors predictions.csv report.json; do
    cmp "$work/three/$file" "$work/grown/$file" 2>&1
done)"
"$BALLAST" report "$work/grown" --quiet >/dev/null
verdict reported_again "$(cmp "$work/three/report.json" "$work/grown/report.json" 2>&1)"
verdict said "$(for file in report.txt report.html; do grep -q 'Made of the outputs: mean of 3 classifiers' "$work/three/$file" || echo "$file"; done)"
verdict said_by_diff "$("$BALLAST" diff "$work/one" "$work/three" 2>&1 | grep -q 'train.classifier.ensemble' || echo no)"

# The mean of two runs.
"$BALLAST" phantom --kind xray --size 32 --out "$work/images" --quiet >/dev/null
image=$(ls "$work"/images/PNEUMONIA/* | head -n 1)
for run in one other; do "$BALLAST" predict "$work/$run" "$image" --quiet --out "$work/$run.csv"; done
"$BALLAST" predict "$work/one" "$work/other" "$image" --quiet --out "$work/mean.csv"
verdict mean_of_two_runs "$(tail -qn 1 "$work/one.csv" "$work/other.csv" "$work/mean.csv" | awk -F, '
    { p[NR] = $4 } END { d = (p[1] + p[2]) / 2 - p[3]; if (NR != 3 || p[1] == p[2] || d > 1e-12 || d < -1e-12) print p[1], p[2], p[3] }')"
verdict mean_on_other_images "$("$BALLAST" eval "$work/one" "$work/three" --data "$work/images" 2>/dev/null | grep -q 'mean of 4 classifiers' || echo no)"
"$BALLAST" eval "$work/one" "$work/other" >/dev/null 2>"$work/err"
verdict own_test_images_differ "$([ $? -eq 2 ] && grep -q 'go with --data' "$work/err" || cat "$work/err")"
verdict other_sizes_have_no_mean "$(
    sed -e '/^\[generator\]/,/^\[classifier\]/{/^\[classifier\]/!d;}' -e '/^\[train.gan\]/,/^\[train.classifier\]/{/^\[train.classifier\]/!d;}' \
        -e '/^\[experiment\]/,$d' -e 's/^size .*/size = 64/' $config >"$work/larger.ini"
    "$BALLAST" train "$work/larger.ini" $short --set run.name=larger >/dev/null 2>&1
    "$BALLAST" predict "$work/one" "$work/larger" "$image" 2>&1 | grep -q 'no mean of them' || echo no)"

# The mean of an arm's parts.
"$BALLAST" experiment $config $short --set run.name=arms --arms original --folds 0,1 --seeds 1 >/dev/null 2>&1
verdict mean_of_an_arm "$("$BALLAST" predict "$work/arms" "$image" --arm original 2>&1 | grep -q 'mean of 2 classifiers' || echo no)"
verdict arm_is_asked_for "$("$BALLAST" predict "$work/arms" "$image" 2>&1 | grep -q 'say whose mean by --arm' || echo no)"
verdict arm_that_is_not_there "$("$BALLAST" predict "$work/arms" "$image" --arm mine 2>&1 | grep -q 'no part of an arm "mine" is done' || echo no)"
finish
