# The plan of a run's kernels: taken from the store, noted in run.json, and followed by whoever goes on with the run,
# whatever has become of the store. The device here must have a choice that changes the bits: the CPU class has.
. tests/rules/_check.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export BAL_CACHE_DIR="$work/cache" BAL_KERNELS=cpu
unset BAL_DEVICE
cat >"$work/tiny.ini" <<'END'
[run]
name = tiny
[data]
source = phantom kind=xray
size = 16
channels = 1
[classifier]
layer = conv filters=16 kernel=3 pad=1
layer = relu
layer = conv filters=16 kernel=3 pad=1
layer = relu
layer = global_avg_pool
layer = dense units=2
[train.classifier]
epochs = 2
batch = 16
END
# train NAME ARGUMENT...
train() {
    name=$1
    shift
    "$BALLAST" train "$work/tiny.ini" --out "$work/$name" --quiet "$@" >/dev/null 2>"$work/err" || cat "$work/err"
}
weights() { cksum <"$work/$1/tiny/classifier/last.safetensors"; }
equal() { [ "$(weights "$1")" = "$(weights "$2")" ] || echo "$1 and $2 differ"; }

said=$("$BALLAST" tune "$work/tiny.ini" --minutes 0.0001 2>"$work/err")
if grep -q 'no OpenCL device' "$work/err"; then
    bad device "$(cat "$work/err")"
    finish
fi
store=$(printf '%s\n' "$said" | sed -n 's/.*kept in //p')
verdict tune_says_where "$([ -s "$store" ] || echo "$said" "$(cat "$work/err")")"

train rule
verdict plan_in_run_json "$(grep -q '"cpu conv forward 16x16x16 .*":	"winograd F(' "$work/rule/tiny/run.json" || echo none)"
tile=$(sed -n 's/.*"cpu conv forward 16x16x1 .*":	"shallow \([0-9x]*\)",*$/\1/p' "$work/rule/tiny/run.json")
sed -n 's/^.*"\(cpu conv [a-z_]* 16x16x16 .*\)":	"winograd.*$/\1/p' "$work/rule/tiny/run.json" |
    while IFS= read -r key; do printf 'full %s = direct %s\n' "$key" "$tile"; done >>"$store"
train other
verdict the_store_is_followed "$(grep -q '"cpu conv forward 16x16x16 .*":	"direct' "$work/other/tiny/run.json" || cat "$store")"
verdict other_kernels_other_bits "$([ "$(weights rule)" != "$(weights other)" ] || echo same)"
train off --set run.tune=off
verdict off_is_the_rule "$(equal rule off)"

train half --set train.classifier.epochs=1
echo 'no store' >"$store"
"$BALLAST" train --resume "$work/half/tiny" --set train.classifier.epochs=2 --quiet >/dev/null 2>"$work/err" || cat "$work/err"
verdict a_run_keeps_its_plan "$(equal other half)"
train damaged
verdict damage_is_said "$(grep -q 'left aside' "$work/err" || cat "$work/err")"
verdict damage_does_no_harm "$(equal rule damaged)"

finish
