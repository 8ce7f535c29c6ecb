# A run of a small GAN and a small classifier on phantoms; PyTorch loads both with strict=True and makes the same images and
# probabilities. Needs Python with torch: $BALLAST_PYTHON, else python3.
. tests/rules/_check.sh

python=${BALLAST_PYTHON:-python3}
if [ -z "${BALLAST:-}" ] || ! "$python" -c 'import torch' 2>/dev/null; then
    skipped pytorch_loads_a_run "needs the program, and torch for $python (BALLAST_PYTHON names another)"
    finish
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/small.ini" <<'INI'
[run]
name = small
seed = 3
[data]
source = phantom kind=xray
size = 32
channels = 1
[generator]
latent = 12
init = dcgan
layer = deconv filters=16 kernel=4 bias=off
layer = batch_norm
layer = relu
layer = deconv filters=12 kernel=4 stride=2 pad=1 bias=off
layer = batch_norm
layer = leaky_relu
layer = upsample mode=bilinear
layer = conv filters=8 pad=1
layer = group_norm groups=2
layer = relu
layer = deconv filters=1 kernel=4 stride=2 pad=1
layer = tanh
[discriminator]
layer = conv filters=8 kernel=4 stride=2 pad=1
layer = leaky_relu
layer = conv filters=16 kernel=4 stride=2 pad=1
layer = leaky_relu
layer = conv filters=1 kernel=8
[classifier]
layer = conv filters=8 pad=1 bias=off
layer = batch_norm
layer = relu as=a
layer = conv filters=8 pad=1 groups=2
layer = add from=a
layer = max_pool kernel=2
layer = conv filters=8 kernel=3 stride=2 pad=1
layer = flatten
layer = dense units=8
layer = dropout rate=0.2
layer = dense units=2
[train.gan]
steps = 12
batch = 16
classes = all
ema = 0.9
[train.classifier]
epochs = 1
batch = 32
INI

said=$({
    "$BALLAST" train "$work/small.ini" --out "$work/runs" --quiet &&
        "$BALLAST" generate "$work/runs/small" --count 70 --seed 7 --out "$work/images" --quiet &&
        "$BALLAST" phantom --kind xray --size 32 --seed 9 --out "$work/phantoms" --quiet &&
        "$BALLAST" predict "$work/runs/small" "$work/phantoms" --out "$work/predictions.csv" --heatmap "$work/maps" --quiet &&
        "$python" tests/golden/load_in_pytorch.py "$work/runs/small" --images "$work/images" --seed 7 \
            --predictions "$work/predictions.csv" --heatmaps "$work/maps"
} 2>&1)
code=$?
printf '%s\n' "$said" | grep -E 'strict=True|worst' | sed "s|$work/||"
if [ $code = 0 ]; then ok; else bad pytorch_loads_a_run "$said"; fi
finish
