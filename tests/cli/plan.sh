# `ballast plan`: its file passes check, train and experiment as it is, for folders, given parts, a manifest and an npz
# file; what it says to bad input.
. tests/rules/_check.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
program=$BALLAST
case $program in /*) ;; *) program=$(pwd)/$program ;; esac
data=$(pwd)/../shared/data
cd "$work" || exit 1
plan() { "$program" plan --quiet --measure=off "$@"; }

# same NAME EXPECTED SEEN
same() { if [ "$2" = "$3" ]; then ok; else bad "$1" "expected: $2
seen:     $3"; fi; }
# value FILE KEY
value() { sed -n "s/^$2 = //p" "$1"; }
# passes NAME FILE: check has no fault in it.
passes() { verdict "$1" "$("$program" check "$2" 2>&1 >said || { cat said; echo "exit 1"; })"; }

"$program" phantom --kind xray --size 28 --out images --quiet >/dev/null
said=$(plan images --out own.ini)
verdict facts "$(printf '%s\n' "$said" | grep -qx '362 images of 2 classes: NORMAL 235, PNEUMONIA 127' || echo "$said")"
verdict next "$(for verb in check train experiment; do
    printf '%s\n' "$said" | grep -q "^  ballast $verb own.ini " || echo "no $verb in: $said"; done)"
same group '(patient[0-9]+)' "$(value own.ini group)"
same size 28 "$(value own.ini size)"
same path images "$(value own.ini path)"
same positive PNEUMONIA "$(value own.ini positive)"
passes folder own.ini
verdict every_setting_has_a_reason "$(awk -F' = ' '/^\[/ { fresh = 1; next } /^;/ { why = 1; next } / = / && fresh && !why && !/^(init|images) / { print } { fresh = why = 0 }' own.ini)"
verdict repeats "$(plan images >again.ini; diff own.ini again.ini)"
said=$(plan images --out 'my own.ini')
verdict next_is_quoted "$(printf '%s\n' "$said" | grep -q "^  ballast train 'my own.ini' " || echo "$said")"
# Steps are timed: the figures in the reasons differ, the settings need not; a minute is too short for large images.
said=$("$program" plan images --out timed.ini 2>&1)
verdict steps_are_timed "$(printf '%s\n' "$said" | grep -q '^timing steps on ' || echo "$said")"
passes timed timed.ini
same timed_size 28 "$(value timed.ini size)"
"$program" phantom --kind xray --size 64 --seed 3 --out larger --quiet >/dev/null
plan larger --out larger.ini >/dev/null
plan larger --out hasty.ini --minutes 0.02 >/dev/null
same as_large_as_they_are 64 "$(value larger.ini size)"
verdict as_small_as_time_allows "$([ "$(value hasty.ini size)" -lt 64 ] || cat hasty.ini)"
passes hasty hasty.ini
said=$("$program" plan images --device nonesuch 2>&1 >out) && rc=0 || rc=$?
verdict a_device_that_is_asked_for "$([ $rc -eq 1 ] && printf '%s\n' "$said" | grep -q nonesuch || echo "$rc $said")"

mkdir elsewhere
plan images --out elsewhere/own.ini >/dev/null
passes another_folder elsewhere/own.ini

# Trained as it is, but shorter.
short='--set train.classifier.epochs=2'
said=$("$program" train own.ini $short --quiet --out runs 2>&1)
verdict train "$([ -s runs/own/report.html ] && [ ! -e runs/own/gan ] || echo "$said")"
rm own.ini
plan images --gan --out own.ini >/dev/null
said=$("$program" train own.ini --only gan --quiet --out runs 2>&1)
verdict no_gan_unless_asked_for "$(case $said in *'classes = none'*) ;; *) echo "$said" ;; esac)"
said=$("$program" experiment own.ini --quiet --out parts --folds 0 --set train.gan.steps=4 $short 2>&1)
verdict experiment "$([ -s parts/own/report.html ] || echo "$said")"
said=$("$program" train own.ini $short --out runs 2>&1)
verdict another_run_says_where "$(printf '%s\n' "$said" | grep -q '^runs/own is there already and stays as it is: this run goes into runs/own-' || echo "$said")"
verdict all_arms "$(for arm in original classic planned balanced_classic; do
    [ -s "parts/own/fold0/seed1/$arm/report.json" ] || echo "no $arm"; done)"
verdict one_gan "$(ls parts/own/fold0/gan | grep -vx PNEUMONIA)"

# Given parts, one of them missing; a manifest; damage.
mkdir -p given/train given/test
cp -r images/* given/train
"$program" phantom --kind xray --size 28 --seed 2 --out given/more --quiet >/dev/null
mv given/more/* given/test && rmdir given/more
said=$(plan given --out given.ini)
verdict given_parts "$(printf '%s\n' "$said" | grep -qx 'given parts: train 362, validation 0, test 362' || echo "$said")"
same given_parts_have_no_folds '8:1:1' "$(value given.ini split)$(value given.ini folds)"
passes given given.ini
{ echo 'path,label,group'; find images -name '*.png' | sort | sed 's|^\(images/\([^/]*\)/\(patient[0-9]*\).*\)$|\1,\2,\3|'; } >list.csv
plan list.csv --out list.ini >/dev/null
same manifest manifest "$(value list.ini source)"
same the_column_names_groups '' "$(value list.ini group)"
passes manifest list.ini
head -c 99 images/NORMAL/patient00001-1.png >images/NORMAL/patient00001-1.png.cut
mv images/NORMAL/patient00001-1.png.cut images/NORMAL/patient00001-1.png
said=$(plan images --out damaged.ini)
verdict damage_is_said "$(printf '%s\n' "$said" | grep -qx '1 image cannot be read' || echo "$said")"
same damage_is_skipped skip "$(value damaged.ini on_error)"
passes damaged damaged.ini

# fault FIRST-LINE ARGUMENTS...
fault() {
    line=$1
    shift
    said=$(plan "$@" 2>&1 >out) && rc=0 || rc=$?
    same "plan $*" "1 ballast: $line" "$rc $(printf '%s\n' "$said" | head -n 1)"
}
mkdir -p empty deep/only
cp -r images deep/only/inside
fault 'imagse: there is no such file or folder; did you mean images?' imagse
fault 'nowhere: there is no such file or folder' nowhere
fault 'empty: no images here: expected a folder for each class, or train, validation and test folders of such' empty
fault 'deep: all images are of one class, "only"; expected a folder for each of two or more classes. If they lie deeper, name the folder that holds them' deep
fault 'own.ini: expected a folder with a folder of images for each class, an .npz file in MedMNIST'"'"'s layout, or a .csv file of path,label' own.ini
fault '--out own.ini: is there already; name another file, or remove it' images --out own.ini
fault '--out own.txt: name a file that ends in .ini, such as own.ini' images --out own.txt
fault '--out no/own.ini: there is no such folder to write it into' images --out no/own.ini
fault 'runs/own: is the folder of a run, not of images' runs/own
verdict nothing_is_written_on_a_fault "$(ls no* 2>/dev/null)"

# Real images.
for path in chest-xray-362 pneumoniamnist.npz; do
    if [ -e "$data/$path" ]; then
        plan "$data/$path" --out "real_$(basename "$path" | tr . _).ini" >/dev/null
        passes "$path" "real_$(basename "$path" | tr . _).ini"
    else
        skipped "$path" "../shared/data/$path is not here"
    fi
done
finish
