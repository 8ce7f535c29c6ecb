# The paper's outcome from one setting: configs/paper-sigmoid.ini, smaller and shorter, answers the largest class to every
# image; without its marked line it tells classes apart. Of the one it is said, of the other not. A training on images
# that are not shuffled finds nothing, and with rescue = on both classes.
. tests/rules/_check.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Train 267 steps at 16 pixels, and print what is said on the test part.
short() {
    "$BALLAST" train "$1" --out "$work/$2" --quiet --set run.name=run --set data.size=16 --set train.classifier.epochs=3 \
        --set 'train.classifier.optimizer=adam lr=2e-3' 2>"$work/err"
}
# The last epoch's validation balanced accuracy.
last() { tail -n 1 "$work/$1/run/classifier/log.csv" | cut -d , -f 8; }

sed '/; here, /d' configs/paper-sigmoid.ini >"$work/healthy.ini"
verdict one_line_apart "$([ "$(diff "$work/healthy.ini" configs/paper-sigmoid.ini | grep -c '^[<>]')" -eq 1 ] || echo "not one line")"
said=$(short configs/paper-sigmoid.ini sigmoid)
if grep -q 'no OpenCL device' "$work/err"; then
    bad device "$(cat "$work/err")"
    finish
fi
verdict benign_to_every_image "$(printf '%s\n' "$said" | grep -q '^ *benign  *0\.51  *1\.00 ' || echo "$said")"
verdict no_other_class "$([ "$(printf '%s\n' "$said" | grep -c ' n/a  *0\.00 ')" -eq 3 ] || echo "$said")"
verdict alarm_with_its_cause "$(grep -q 'training has collapsed .*Likely cause: the last layer keeps outputs in a range' "$work/err" || cat "$work/err")"
verdict alarm_in_the_log "$([ "$(cut -d , -f 10 "$work/sigmoid/run/classifier/log.csv" | paste -sd ,)" = alarm,0,1,0 ] || cat "$work/sigmoid/run/classifier/log.csv")"
verdict alarm_in_the_report "$(printf '%s\n' "$said" | grep -q 'Training has collapsed: epoch 2: one answer, likely cause: outputs' || echo "$said")"
verdict stays_at_chance "$([ "$(last sigmoid)" = 0.25 ] || last sigmoid)"
short "$work/healthy.ini" healthy >"$work/out"
verdict healthy_twin_no_alarm "$(grep 'collapsed' "$work/err" "$work/healthy/run/report.txt")"
verdict healthy_twin_learns "$(last healthy | awk '!($1 > 0.32)')"

# The highest validation balanced accuracy of 400 updates.
sorted() {
    "$BALLAST" train "$work/sorted.ini" --out "$work/$1" --quiet --set run.name=run --set data.size=16 \
        --set train.classifier.epochs=40 --set train.classifier.shuffle=off \
        --set 'train.classifier.optimizer=adam lr=2e-3' --set train.classifier.rescue=$1 >"$work/$1.out" 2>&1
    tail -n +2 "$work/$1/run/classifier/log.csv" | cut -d , -f 8 | sort -g | tail -n 1
}
sed '/batch_norm/d' configs/paper-xray-stale-norm.ini >"$work/sorted.ini"
verdict sorted_images_collapse "$(sorted off | awk '$1 > 0.53')"
verdict rescued "$(sorted on | awk '!($1 > 0.6)')"
verdict rescue_says_what_it_did "$(grep -q ': rescue 1 of 3, at step 100: back to the last good state, shuffled' "$work/on.out" || cat "$work/on.out")"
verdict rescue_in_its_file "$(grep -q '^10,100,.*,one answer,not shuffled,restart shuffle,' "$work/on/run/classifier/collapse.csv" || cat "$work/on/run/classifier/collapse.csv")"
finish
