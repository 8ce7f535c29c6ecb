#!/bin/sh
# Whether the detector of a collapse is right: the paper's seven collapsed trainings, each with an alarm, and 20 healthy
# ones, none. A line for each: its highest validation balanced accuracy, its alarms, the first one's cause.
# usage: bench/collapse.sh DATA OUT [collapsed|rescued|healthy]; DATA holds chest-xray-362 and ham10000/skin4.csv.
set -eu
data=$(cd "$1" && pwd) out=$2 which=${3:-all}
cd "$(dirname "$0")/.."
ballast=${BALLAST:-build/release/ballast}
mkdir -p "$out"
sed '/; here, /d' configs/paper-sigmoid.ini >"$out/plain.ini"
sed 's/momentum=0.01/momentum=0.1/' configs/paper-xray-stale-norm.ini >"$out/fresh.ini"

# NAME CONFIG SETTING...
go() {
    name=$1 config=$2
    shift 2
    for setting; do set -- "$@" --set "$setting"; shift; done
    "$ballast" train "$config" --only classifier --quiet --out "$out" --set "run.name=$name" "$@" >"$out/$name.txt" 2>"$out/$name.err"
    best=$(tail -n +2 "$out/$name/classifier/log.csv" | cut -d , -f 8 | sort -g | tail -n 1)
    printf '%-24s best %.2f  alarms %s%s\n' "$name" "$best" "$(grep -c 'training has collapsed' "$out/$name.err")" \
        "$(sed -n 's/.*at epoch \([0-9]*\) (\([0-9]*\) updates).*ikely cause: \([^,;]*\).*/ (epoch \1, \2 updates: \3)/p' "$out/$name.err" | head -n 1)"
}
t=train.classifier
paper="few-updates rate-low rate-high unshuffled sigmoid stale-norm xray-stale-norm"
if [ "$which" = all ] || [ "$which" = collapsed ]; then
    for name in $paper; do go "$name" "configs/paper-$name.ini"; done
fi
if [ "$which" = all ] || [ "$which" = rescued ]; then
    for name in $paper; do go "$name-rescue" "configs/paper-$name.ini" $t.rescue=on; done
fi
[ "$which" = all ] || [ "$which" = healthy ] || exit 0
real="data.source=folder data.path=$data/chest-xray-362 data.group=(person[0-9]+|IM-[0-9]+)"
skin="data.source=manifest data.path=$data/ham10000/skin4.csv"
small="data.size=16 $t.epochs=6"
for seed in 1 2 3 4; do go xray-$seed configs/paper-xray.ini run.seed=$seed; done
for seed in 1 2 3; do go xray-real-$seed configs/paper-xray.ini run.seed=$seed $t.epochs=15 $real; done
for seed in 1 2 3; do go xray-real-norm-$seed "$out/fresh.ini" run.seed=$seed $real; done
for seed in 1 2 3 4; do go skin-$seed "$out/plain.ini" run.seed=$seed $small; done
for seed in 1 2; do go skin-real-$seed "$out/plain.ini" run.seed=$seed $small $skin; done
for seed in 1 2; do go one-hot-$seed configs/paper-one-hot.ini run.seed=$seed $small; done
go skin-balanced "$out/plain.ini" $small $t.sampler=balanced
go skin-weights "$out/plain.ini" $small "$t.weights=inverse power=0.5" $t.prior_bias=on
