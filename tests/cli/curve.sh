# `ballast report` of several experiments: the curve over imbalance. The experiments are made up, so no device is needed; what
# does not belong together is refused in one line.
. tests/rules/_check.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. tests/cli/_curve.sh

export OCL_ICD_VENDORS=/nonexistent
cd "$work" || exit 1
said=$("$BALLAST" report ten thirty three --out curve 2>err)
code=$?
verdict exit_0 "$([ $code -eq 0 ] || cat err)"
verdict says_the_curve "$(echo "$said" | head -2 | diff - /dev/fd/3 3<<END
3 experiments, the same test images: from 3 to 30 training images of NORMAL for each of PNEUMONIA.
classic against original in balanced accuracy, by more than chance: by the test images better at every ratio; by how trainings scatter better at 2 of 3 ratios (1:3, 1:10).
END
)"
verdict writes_all "$(for file in report.html imbalance.txt imbalance.json imbalance.csv imbalance.svg; do [ -s "curve/$file" ] || echo "no $file"; done)"
verdict csv_has_a_row_each "$(awk -F, 'NR > 1 { print $1, $2, $3, $4, $5, $6 + 0, $9 + 0 }' curve/imbalance.csv | diff - /dev/fd/3 3<<END
three 3 20 original 2 0.825 0.65
three 3 20 classic 2 0.95 0.9
ten 10 6 original 2 0.7 0.4
ten 10 6 classic 2 0.825 0.65
thirty 30 2 original 2 0.575 0.15
thirty 30 2 classic 2 0.7125 0.425
END
)"
"$BALLAST" report three ten thirty --out again --quiet >/dev/null
verdict order_does_not_matter "$(diff -r curve again 2>&1)"
said=$("$BALLAST" report three ten --out json --json 2>/dev/null)
verdict json_on_stdout "$(printf '%s\n' "$said" | cmp - json/imbalance.json 2>&1)"

# The report of an experiment itself has the ratio and what its arms added.
"$BALLAST" report ten --quiet >/dev/null
verdict experiment_has_the_ratio "$(grep -q '"imbalance":.10' ten/experiment.json && grep -q '"PNEUMONIA":.6' ten/experiment.json || cat ten/experiment.json)"
verdict experiment_has_what_was_added "$(grep -A 1 '^classic  *original  *0.125 \[ 0.125,  0.125\]' ten/experiment.txt | grep -q 'original with .augment = classic.' || cat ten/experiment.txt)"

verdict experiment_has_all_together "$(grep -q '^classic  *original  *0.125 \[ 0.0[0-9]*,  0.2' ten/experiment.txt || cat ten/experiment.txt)"

# An arm that is not in all, and one that is another: left out, and said so.
cp -r thirty fewer
rm -r fewer/split/seed?/classic
said=$("$BALLAST" report three ten fewer --out without 2>&1)
verdict arms_that_not_all_have "$(echo "$said" | grep -q '^Left out: classic is not in fewer.$' && ! grep -q ',classic,' without/imbalance.csv || echo "$said")"
cp -r thirty other
sed -i 's/^epochs = 2/epochs = 4/' other/config.ini
said=$("$BALLAST" report three ten other --out changed 2>&1)
verdict other_settings "$(echo "$said" | grep -q "^ballast: three: no arm has the same settings in all of the experiments$" || echo "$said")"

# refused NAME WORDS ARGUMENT...: exit 1, one line, nothing written.
refused() {
    name=$1 words=$2
    shift 2
    said=$("$BALLAST" report "$@" --out refused 2>&1)
    code=$?
    verdict "$name" "$([ $code -eq 1 ] && [ "$(echo "$said" | wc -l)" -eq 1 ] && echo "$said" | grep -qF "$words" || echo "exit $code: $said"
        ls -d refused 2>/dev/null)"
    rm -rf refused
}
cp -r three images
sed -i 's/p3.png/q3.png/' images/split/seed?/*/predictions.csv
sed -i '/^r1.png/d' images/split.csv
refused other_test_part 'three and images: have different test parts; only one of them has p3.png, PNEUMONIA, fold none' three images
cp -r ten classes
sed -i 's/NORMAL/HEALTHY/g' classes/split/seed?/*/predictions.csv classes/split.csv
refused other_data 'three and classes: are of different data, their classes are not the same' three classes
cp -r ten same
refused same_ratio 'ten and same: have the same imbalance, 10 to 1' ten same
cp -r ten run
echo '{}' >run/report.json
refused a_run 'run: is a run; reports on several are of experiments' three run
mkdir empty
cp ten/config.ini empty
refused nothing_done 'empty: no part of the experiment is done' three empty
finish
