#!/bin/sh
# All that there is to measure on a GPU, in one command; results in bench/results/DEVICE/. Both benchmark nets at two
# batch sizes, with the table of their layers, beside PyTorch in fp32, with TF32 and mixed, in turns; the kernels alone;
# that every answer is right; what the tuner finds. Without an OpenCL GPU it is a dry run: the GPU class's kernels on
# what there is, tiny, results in build/gpu-dry.
# usage: bench/gpu.sh [PYTHON], PYTHON being one whose torch has CUDA. ROUNDS, STEPS, BATCHES, NETS: more or fewer.
set -eu
cd "$(dirname "$0")/.."
python=${1:-}
ballast=${BALLAST:-build/release/ballast}
[ -x "$ballast" ] || ./run build

say() { printf '%s\n' "$*" >&2; }

if "$ballast" devices --json --device gpu 2>/dev/null | grep '"used":true' | grep -q '"type":"gpu"'; then
    dry= device=gpu rounds=${ROUNDS:-5} steps=${STEPS:-20} batches=${BATCHES:-64 256}
    name=$("$ballast" devices --json --device gpu | sed -n '/"used":true/s/.*"name":"\([^"]*\)".*/\1/p')
    out=bench/results/$(printf '%s' "$name" | tr -cs 'A-Za-z0-9' '-' | sed 's/-$//' | tr 'A-Z' 'a-z')
else
    say "gpu.sh: no OpenCL GPU here: a dry run of the GPU class's kernels, whose times mean nothing"
    dry=yes device=${BAL_DEVICE:-0} rounds=${ROUNDS:-1} steps=${STEPS:-1} batches=${BATCHES:-2} out=build/gpu-dry
    BAL_KERNELS=gpu
    export BAL_KERNELS
fi
nets=${NETS:-dcgan64 cnn64}
BAL_DEVICE=$device
export BAL_DEVICE
mkdir -p "$out"

# What goes wrong is said and the rest goes on.
failed=0
attempt() {
    what=$1
    shift
    say "gpu.sh: $what"
    "$@" || { say "gpu.sh: FAILED: $what"; failed=1; }
}

trainer() { case $1 in dcgan*) echo gan ;; *) echo classifier ;; esac; }

# NET BATCH MORE...
ours() {
    net=$1 batch=$2
    shift 2
    "$ballast" bench "configs/$net.ini" --quiet --set "train.$(trainer "$net").batch=$batch" --steps "$steps" "$@"
}

median() { sort -n | awk '{ v[NR] = $1 } END { if (NR) printf "%.1f", v[int((NR + 1) / 2)] }'; }

# NET BATCH PRECISION: images per second of PyTorch's better layout.
torch() {
    for layout in plain channels_last; do
        answer=$(echo "train $layout $steps" | "$python" bench/peers/torch_nets.py "$1" 1 "$2" "$3" | tail -n 1)
        case $answer in failed*) say "$answer"; continue ;; esac
        printf '%s\n' "$answer" | tr ' ' '\n' | median | awk -v batch="$2" '{ printf "%.1f\n", batch * 1000 / $1 }'
    done | sort -n | tail -n 1
}

peers=
if [ -z "$python" ]; then
    say "gpu.sh: no PYTHON given: nothing is compared with PyTorch"
elif "$python" -c 'import sys, torch; sys.exit(not torch.cuda.is_available())' 2>/dev/null; then
    peers="fp32 tf32 mixed"
    "$python" -c 'from torch import __version__, backends, cuda, version
print("torch", __version__, "cuda", version.cuda, "cudnn", backends.cudnn.version(), cuda.get_device_name())' \
        >"$out/torch.txt"
else
    say "gpu.sh: $python has no torch with CUDA that finds a GPU: nothing is compared with PyTorch"
fi

"$ballast" --version >"$out/version.txt"
"$ballast" devices --json | grep '"used":true' >"$out/device.json"
[ "$dry" ] || attempt "measuring the device" sh -c "'$ballast' devices --measure --json >'$out/measured.json'"
attempt "known answers" sh -c "'$ballast' selftest >'$out/selftest.txt'"
tests='^(ops|layers|losses|optims)/'
[ "$dry" ] || attempt "tests of the kernels" sh -c "./run test -R '$tests' -E measure >'$out/tests.txt' 2>&1"
[ "$dry" ] || attempt "kernels alone" sh -c "'$ballast' bench --json --quiet >'$out/kernels.json'"

echo "net,batch,ballast,pytorch fp32,pytorch tf32,pytorch mixed,ratio to fp32" >"$out/steps.csv"
for net in $nets; do
    if "$ballast" help tune >/dev/null 2>&1 && [ -z "$dry" ]; then
        attempt "tuner, $net" sh -c "'$ballast' tune 'configs/$net.ini' >'$out/$net-tune.txt'"
    fi
    for batch in $batches; do
        say "gpu.sh: $net at batch $batch"
        ours "$net" "$batch" >"$out/$net-$batch.txt" || { say "gpu.sh: FAILED"; failed=1; continue; }
        rates= round=0
        for precision in ballast fp32 tf32 mixed; do : >"$out/.$precision"; done
        while [ $round -lt "$rounds" ]; do
            ours "$net" "$batch" --json >"$out/$net-$batch.json" || { failed=1; break; }
            sed -n 's/.*"images_per_second":\([0-9.]*\).*/\1/p' "$out/$net-$batch.json" >>"$out/.ballast"
            for precision in $peers; do torch "$net" "$batch" $precision >>"$out/.$precision" || failed=1; done
            round=$((round + 1))
        done
        for precision in ballast fp32 tf32 mixed; do
            rates="$rates,$(median <"$out/.$precision")"
            rm "$out/.$precision"
        done
        echo "$net,$batch$rates" | awk -F, '{ print $0 "," ($4 ? sprintf("%.2f", $3 / $4) : "") }' >>"$out/steps.csv"
    done
done
cat "$out/steps.csv"
say "gpu.sh: results in $out"
exit $failed
