# `ballast bench` and --trace: what is there, not how fast it is.
. tests/rules/_check.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bench() { "$BALLAST" bench "$@" --quiet; }

cat >"$work/both.ini" <<'END'
[run]
name = both
[data]
source = phantom kind=xray
size = 28
channels = 1
[generator]
latent = 8
layer = deconv filters=16 kernel=7 pad=0 bias=off
layer = batch_norm
layer = relu
layer = deconv filters=16 kernel=4 stride=2 pad=1
layer = deconv filters=1 kernel=4 stride=2 pad=1
layer = tanh
[discriminator]
layer = conv filters=16 kernel=4 stride=2 pad=1
layer = leaky_relu slope=0.2
layer = conv filters=1 kernel=14
[train.gan]
steps = 12
batch = 4
sample = 0
checkpoint = 0
[classifier]
layer = conv filters=16 kernel=3 pad=1
layer = relu
layer = global_avg_pool
layer = flatten
layer = dense units=2
[train.classifier]
steps = 12
batch = 4
END

# has NAME FILE TEXTS...: each stands in the file
has() {
    name=$1 file=$2
    shift 2
    for text; do
        if grep -qF -- "$text" "$file"; then ok; else bad "$name" "no $text in:
$(head -c 2000 "$file")"; fi
    done
}

# fails NAME CODE LINE ARGUMENTS...
fails() {
    name=$1 code=$2 line=$3
    shift 3
    seen=$(bench "$@" 2>&1 >/dev/null) && rc=0 || rc=$?
    first=$(printf '%s\n' "$seen" | head -n 1)
    if [ "$rc $first" = "$code $line" ]; then ok; else bad "$name" "$rc $seen"; fi
}

bench "$work/both.ini" --steps 2 --peaks=off >"$work/text" || bad text 'failed'
has text "$work/text" 'gan: ' 'classifier: ' 'generator 3 deconv backward weights' 'generator 3 deconv backward data' \
    'discriminator 0 conv forward' 'classifier 4 dense backward' "generator's optimizer" 'of them must live' 'is outside them'

bench "$work/both.ini" --steps 3 --json --trace "$work/trace.json" >"$work/json" || bad json 'failed'
has json "$work/json" '"trainer":"gan"' '"trainer":"classifier"' '"images_per_second":' '"step_ms":' '"peak_gflops":' \
    '"peak_gbps":' '"layers":[{' '"algorithm":"thin' '"of_peak":' '"device_bytes_needed":'
has trace "$work/trace.json" '"traceEvents":[{' '"name":"queue a step"' '"name":"wait for the feeder"' \
    '"name":"prepare a batch"' '"name":"wait for the device"' '"name":"upload"' '"kernel":"'

# The same measurement differs from itself only by noise; a step said to have taken a second, and a layer that is new, are named.
bench "$work/both.ini" --steps 2 --peaks=off --compare "$work/json" >"$work/compared" || bad compare 'failed'
has compare "$work/compared" "gan, beside $work/json" 'the same within the noise: '
sed 's/"step_ms":[^,]*,"step_ms_low":[^,]*,"step_ms_high":[^,]*/"step_ms":1e6,"step_ms_low":1e6,"step_ms_high":1e6/
s/"scope":"loss"/"scope":"lost"/' "$work/json" >"$work/old"
bench "$work/both.ini" --steps 2 --peaks=off --compare "$work/old" >"$work/compared" || bad compare 'failed'
has 'compare-with-an-old-one' "$work/compared" ' 1000000.00 -> ' 'x as fast' 'gone'
bench "$work/both.ini" --steps 2 --peaks=off --compare "$work/old" --json >"$work/compared" || bad compare 'failed'
has 'compare-as-JSON' "$work/compared" '"changes":[{"scope":"step","ms_before":1000000,' '"scope":"lost"'

# The model takes such lines.
if command -v python3 >/dev/null; then
    grep '"trainer":"gan"' "$work/json" | sed 's/^{/{"name":"both",/' >"$work/shapes"
    python3 bench/model.py predict "$work/shapes" >"$work/model" || bad model 'failed'
    has model "$work/model" '| net, batch | RX 6600 XT | Arc A380 |' '| both, 4 | '
else skipped model 'there is no python3'; fi

bench --steps 1 --peaks=off --json >"$work/kernels" || bad kernels 'failed'
has kernels "$work/kernels" '"group":"4x4 stride 2"' '"group":"3x3"' '"group":"thin"' '"kernel":"product 1152 x 1152 x 1152"'

"$BALLAST" train "$work/both.ini" --out "$work/runs" --only gan --quiet --trace "$work/train.json" >/dev/null || bad train 'failed'
has 'trace-of-training' "$work/train.json" '"name":"generator 3 deconv forward"' '"name":"read back"'
BAL_TRACE=$work/variable.json "$BALLAST" train "$work/both.ini" --only classifier --out "$work/runs" --quiet >/dev/null
has BAL_TRACE "$work/variable.json" '"name":"classifier 0 conv backward"'

bench "$work/both.ini" --sweep "$work/sweep.svg" --sweep-seconds 4 >"$work/sweep" || bad sweep 'failed'
has sweep "$work/sweep" 'images in a batch ' 'time grows as batch^' 'not measured: 4 s are over'
has plot "$work/sweep.svg" '<svg' 'measured' 'as the work grows' 'base channels'

echo '{"layers":[],"trainer":"else"}' >"$work/foreign"
fails 'a-foreign-file' 1 "$work/foreign: holds no line of ballast bench --json about a gan" \
    "$work/both.ini" --steps 1 --peaks=off --compare "$work/foreign"
fails 'compare-without-CONFIG' 2 'ballast bench: --compare, --trace, --sweep, --set and --seed go with CONFIG' --compare "$work/old"
finish
