# The paper's outcome from one setting: configs/paper-sigmoid.ini, smaller and shorter, answers the largest class to every
# image; without its marked line it tells classes apart.
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
verdict stays_at_chance "$([ "$(last sigmoid)" = 0.25 ] || last sigmoid)"
short "$work/healthy.ini" healthy >"$work/out"
verdict healthy_twin_learns "$(last healthy | awk '!($1 > 0.32)')"
finish
