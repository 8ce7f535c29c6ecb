#!/bin/sh
# The table of real images (bench/results/README.md): what `ballast plan` wrote for each set (bench/real), untouched but for the seeds
# and the images' folder, beside the arms original and classic. Resumable: run it again after it was stopped, or stop it by the clock:
#     timeout -s INT 2h bench/real.sh DATA OUT [SET ...]
# DATA holds chest-xray-362, chest-xray, pneumoniamnist.npz and ham10000. Two parts at a time, with one core each.
set -eu
data=$(cd "$1" && pwd) && mkdir -p "$2" && out=$(cd "$2" && pwd)
shift 2
cd "$(dirname "$0")/.."
ballast=${BALLAST:-build/release/ballast}
export POCL_MAX_PTHREAD_COUNT=1

# NAME CONFIG IMAGES SETTING...: the settings and seeds of a part never change, so neither do its bits.
go() {
    name=$1 config=bench/real/$2.ini images=$3
    shift 3
    if [ -e "$out/$name/config.ini" ]; then
        "$ballast" experiment --resume "$out/$name" --jobs 2 --quiet
        return
    fi
    for setting; do set -- "$@" --set "$setting"; shift; done
    "$ballast" experiment "$config" --out "$out" --jobs 2 --quiet --set run.name="$name" --set run.tune=off \
        --set data.path="$data/$images" "$@"
}

# A set by its name here. PneumoniaMNIST once more with one normal image for every 10, 30, 100 others.
set_of() {
    case $1 in
    xray362) go xray362 xray362 chest-xray-362 'experiment.seeds=1 2 3' ;;
    xray) go xray xray chest-xray ;;
    pneumonia) go pneumonia pneumonia pneumoniamnist.npz ;;
    pneumonia-*) go "$1" pneumonia pneumoniamnist.npz data.imbalance="${1#pneumonia-}" ;;
    skin4) go skin4 skin4 ham10000/skin4.csv ;;
    ham10000) go ham10000 ham10000 ham10000/ham10000.csv data.folds=0 'experiment.seeds=1 2 3' ;;
    *) echo "bench/real.sh: no set \"$1\"" >&2 && exit 2 ;;
    esac
}

[ $# -gt 0 ] || set -- xray362 pneumonia pneumonia-10 pneumonia-30 pneumonia-100 skin4 xray ham10000
for name; do set_of "$name"; done
