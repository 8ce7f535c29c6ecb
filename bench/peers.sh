#!/bin/sh
# Times training steps of the two benchmark nets, ballast and PyTorch in turns on one machine, and prints CSV: a line for
# each net with the median of the rounds.
# usage: bench/peers.sh PYTHON [ROUNDS [STEPS]], PYTHON being one that has torch. BALLAST: the program.
set -eu
cd "$(dirname "$0")/.."
python=${1:?usage: bench/peers.sh PYTHON [ROUNDS [STEPS]]} rounds=${2:-3} steps=${3:-5}
ballast=${BALLAST:-build/release/ballast} threads=$(getconf _NPROCESSORS_ONLN) batch=64
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

median() { sort -n "$1" | sed -n "$((($(wc -l <"$1") + 1) / 2))p"; }
ours() { "$ballast" bench "configs/$1.ini" --steps "$steps" --json 2>/dev/null | sed -n 's/.*"images_per_second":\([0-9.]*\).*/\1/p'; }

device=$("$ballast" devices --json | sed -n '1s/.*"name":"\([^"]*\)".*"driver":"\([^"]*\)".*/\1, driver \2/p')
torch=$("$python" -c 'import torch; print(torch.__version__)')
commit=$("$ballast" --version | sed -n '1s/.*(\(.*\))/\1/p')
echo "net,batch,ballast,pytorch,pytorch channels_last,ratio to the better,device,ballast commit,pytorch version,threads"
for net in dcgan64 cnn64; do
    round=0
    while [ $round -lt "$rounds" ]; do
        ours $net >>"$work/$net.ours"
        "$python" bench/peers/torch_nets.py $net "$threads" $batch "$steps" >>"$work/$net.plain"
        "$python" bench/peers/torch_nets.py $net "$threads" $batch "$steps" channels_last >>"$work/$net.last"
        round=$((round + 1))
    done
    a=$(median "$work/$net.ours" | awk '{ printf "%.1f", $1 }') b=$(median "$work/$net.plain") c=$(median "$work/$net.last")
    ratio=$(awk -v a="$a" -v b="$b" -v c="$c" 'BEGIN { printf "%.2f", a / (b > c ? b : c) }')
    echo "$net,$batch,$a,$b,$c,$ratio,\"$device\",$commit,$torch,$threads"
done
