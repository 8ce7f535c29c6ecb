# A whole run by the program: every file there, the same bits for the same seed, after a stop, a kill and a resume; going
# on beyond the end; generate, predict and eval on it; what is said where.
. tests/rules/_check.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
config=tests/cli/good/gan.ini

# same A B: nothing if the files that must be equal to the bit are.
same() {
    for file in gan/PNEUMONIA/last.safetensors gan/PNEUMONIA/generator.safetensors gan/PNEUMONIA/log.csv \
        gan/PNEUMONIA/progression.png gan/PNEUMONIA/quality.json gan/PNEUMONIA/nearest.png gan/PNEUMONIA/samples/step_000060.png classifier/last.safetensors \
        classifier/best.safetensors classifier/log.csv predictions.csv report.json report.txt split.csv; do
        cmp "$1/$file" "$2/$file" 2>&1
    done
    diff -r "$1/examples" "$2/examples" 2>&1
}
# Start a run of its own and wait until it has written a checkpoint; its process is $!, its folder $run.
start() {
    run=$work/$1/tiny
    "$BALLAST" train $config --out "$work/$1" --set train.gan.steps=90 >"$work/out" 2>"$work/err" &
    waited=0
    while [ ! -e "$run/gan/PNEUMONIA/last.safetensors" ] && [ $waited -lt 600 ]; do
        sleep 0.05
        waited=$((waited + 1))
    done
}

said=$("$BALLAST" train $config --out "$work" --json 2>"$work/err")
code=$?
if grep -q 'no OpenCL device' "$work/err"; then
    bad device "$(cat "$work/err")"
    finish
fi
verdict exit_0 "$([ $code -eq 0 ] || echo "exit $code: $(cat "$work/err")")"
verdict json_lines "$(printf '%s\n' "$said" | grep -v '^{.*}$')"
verdict all_files "$(for file in config.ini run.json split.csv gan/PNEUMONIA/speed.csv gan/PNEUMONIA/real.png report.html roc.svg precision_recall.svg reliability.svg confusion.svg counts.svg \
    examples/wrong-01.png examples/wrong-01-heat.png examples/right-01.png examples/right-01-heat.png \
    classifier/curves.svg classifier/speed.csv; do
    [ -s "$work/tiny/$file" ] || echo "no $file"
done)"

said=$("$BALLAST" train $config --out "$work" --quiet 2>"$work/err")
verdict taken_name_gets_a_number "$([ -d "$work/tiny-2" ] || ls "$work")"
# Four epochs teach this net nothing, and that is said.
verdict report_says_how_good_images_are "$(grep -q '"generators"' "$work/tiny/report.json" && grep -q "in features of this run's classifier" "$work/tiny/report.txt" &&
    grep -q 'features of' "$work/tiny/report.html" || echo no)"
verdict quiet "$(grep -v 'training has collapsed at epoch 4 (76 updates)' "$work/err")"
verdict report_on_stdout "$(printf '%s\n' "$said" | grep -q 'balanced accuracy' || echo "$said")"
verdict same_seed_same_bits "$(same "$work/tiny" "$work/tiny-2")"
"$BALLAST" train $config --out "$work/seed" --seed 2 --quiet >/dev/null
verdict other_seed_other_bits "$(cmp -s "$work/tiny/classifier/last.safetensors" "$work/seed/tiny/classifier/last.safetensors" && echo equal)"

for signal in TERM INT; do
    start $signal
    # A shell's background jobs ignore INT; the program listens to it all the same.
    kill -$signal $!
    wait $!
    code=$?
    verdict stop_exits_1_$signal "$([ $code -eq 1 ] || echo "exit $code: $(cat "$work/err")")"
    verdict stop_says_how_to_go_on_$signal "$(grep -q "ballast train --resume $run" "$work/err" || cat "$work/err")"
    "$BALLAST" train --resume "$run" --quiet >"$work/out" 2>&1 || cat "$work/out"
    verdict resumed_same_bits_$signal "$(same "$work/tiny" "$run")"
done
start KILL
"$BALLAST" train --resume "$run" --quiet >"$work/out" 2>&1
verdict one_process_at_a_time "$(grep -q "$run: process $! is working on this run" "$work/out" || cat "$work/out")"
kill -KILL $!
wait $! 2>/dev/null
touch "$run/gan/PNEUMONIA/last.safetensors.tmp.1"
"$BALLAST" train --resume "$run" --quiet >"$work/out" 2>&1 || cat "$work/out"
verdict killed_and_resumed_same_bits "$(same "$work/tiny" "$run")"

"$BALLAST" train --resume "$run" --set train.gan.steps=100 --quiet >"$work/out" 2>&1 || cat "$work/out"
"$BALLAST" train $config --out "$work/long" --set train.gan.steps=100 --quiet >/dev/null
verdict extended_same_bits "$(cmp "$run/gan/PNEUMONIA/last.safetensors" "$work/long/tiny/gan/PNEUMONIA/last.safetensors" 2>&1)"
verdict other_data_is_noticed "$("$BALLAST" train --resume "$run" --set data.split=7:2:1 2>&1 | grep -q 'the data or its split has changed' || echo no)"

"$BALLAST" generate "$work/tiny" --count 70 --grid --out "$work/one" --quiet >"$work/out" 2>&1 || cat "$work/out"
"$BALLAST" generate "$work/tiny" --count 70 --grid --out "$work/two" --quiet >"$work/out" 2>&1
verdict generate_repeats "$(diff -r "$work/one" "$work/two")"
verdict generate_counts "$([ "$(ls "$work/one/PNEUMONIA" | wc -l)" -eq 70 ] && [ "$(wc -l <"$work/one/manifest.csv")" -eq 71 ] || ls "$work/one")"
# What was generated becomes the training images: the generator now copies.
mkdir "$work/images"
cp -r "$work/one/PNEUMONIA" "$work/images/"
cp -r "$work/one/PNEUMONIA" "$work/images/NORMAL"
cp -r "$work/tiny" "$work/copier"
sed -i "s|^source = phantom.*|source = folder|; s|^size = 16|path = $work/images\nsize = 16|" "$work/copier/config.ini"
"$BALLAST" generate "$work/copier" --count 70 --out "$work/own" >"$work/out" 2>&1
verdict generate_leaves_out_copies "$([ "$(ls "$work/own/PNEUMONIA" | wc -l)" -eq 70 ] && cmp "$work/own/PNEUMONIA/000070.png" "$work/one/PNEUMONIA/000070.png" | grep -q differ &&
    [ "$(sed -n 's/.*left out: \([0-9]*\) copies.*/\1/p' "$work/out")" -ge 56 ] || cat "$work/out")"
"$BALLAST" generate "$work/copier" --count 70 --copies --grid --out "$work/all" --quiet >"$work/out" 2>&1
verdict generate_copies_on_request "$(diff -r "$work/one" "$work/all")"
rm -r "$work/images"
said=$("$BALLAST" generate "$work/copier" --count 70 --grid --out "$work/far" --quiet 2>&1)
verdict generate_without_the_images "$(printf '%s\n' "$said" | grep -q 'copies of training images are not looked for: .*there is no file' || echo "$said"; diff -r "$work/one" "$work/far")"
verdict generate_refuses_a_full_folder "$("$BALLAST" generate "$work/tiny" --out "$work/one" 2>&1 | grep -q 'is not empty' || echo no)"
"$BALLAST" predict "$work/tiny" "$work/one" --out "$work/p.csv" --quiet
verdict predict_all "$([ "$(wc -l <"$work/p.csv")" -eq 72 ] || wc -l "$work/p.csv")"
said=$(cd "$work" && "$BALLAST" predict tiny ../"$(basename "$work")"/one/PNEUMONIA/00000[1-3].png --heatmap maps --quiet 2>&1 &&
    "$BALLAST" predict tiny one/PNEUMONIA --heatmap more --out again.csv --quiet 2>&1)
verdict predict_heatmaps "$([ "$(ls "$work/maps/_/"*/one/PNEUMONIA | wc -l)" -eq 3 ] || echo "$said")"
verdict predict_heatmaps_repeat "$(cmp "$work/maps/_/"*/one/PNEUMONIA/000002.png "$work/more/one/PNEUMONIA/000002.png" 2>&1)"
verdict predict_heatmaps_differ "$(cmp -s "$work/more/one/PNEUMONIA/000001.png" "$work/more/one/PNEUMONIA/000002.png" && echo equal)"
verdict predict_never_overwrites_an_image "$(cd "$work" && "$BALLAST" predict tiny one/PNEUMONIA --heatmap . 2>&1 | grep -q 'would overwrite one/PNEUMONIA/000001.png' || echo no)"
verdict predict_unknown_layer "$("$BALLAST" predict "$work/tiny" "$work/one" --heatmap "$work/none" --layer nose 2>&1 | grep -q 'no layer is named "nose" by as=' || echo no)"
cp -r "$work/one" "$work/damaged"
head -c 60 "$work/one/PNEUMONIA/000001.png" >"$work/damaged/PNEUMONIA/000001.png"
said=$("$BALLAST" predict "$work/tiny" "$work/damaged" --out "$work/d.csv" --quiet 2>&1)
code=$?
verdict predict_leaves_out_what_is_damaged "$([ $code -eq 1 ] && [ "$(wc -l <"$work/d.csv")" -eq 71 ] || echo "exit $code: $said")"
verdict predict_answers_the_others_the_same "$(grep 00002.png "$work/p.csv" | cut -d, -f2- >"$work/a"; grep 00002.png "$work/d.csv" | cut -d, -f2- | cmp - "$work/a" 2>&1)"
"$BALLAST" predict "$work/tiny" "$work/one/manifest.csv" --out "$work/labelled.csv" --quiet
verdict predictions_can_be_reported "$("$BALLAST" eval --predictions "$work/labelled.csv" 2>&1 | grep -q PNEUMONIA || echo no)"
"$BALLAST" eval "$work/tiny" --out "$work/again" --quiet >/dev/null
verdict eval_repeats "$(diff -r "$work/tiny/examples" "$work/again/examples" 2>&1; cmp "$work/tiny/report.json" "$work/again/report.json" 2>&1; cmp "$work/tiny/predictions.csv" "$work/again/predictions.csv" 2>&1)"
cp -r "$work/tiny" "$work/remade"
sed -i 1d "$work/remade/report.txt" "$work/remade/report.json" "$work/remade/report.html" "$work/remade/curves.json"
said=$(OCL_ICD_VENDORS=/nonexistent "$BALLAST" report "$work/remade" 2>"$work/err")
verdict report_makes_the_same_bits "$(diff -r "$work/tiny" "$work/remade"; printf '%s\n' "$said" | cmp - "$work/tiny/report.txt" 2>&1)"
"$BALLAST" eval --predictions "$work/tiny/predictions.csv" --seed 7 --out "$work/seed7" --quiet >/dev/null
cp -r "$work/seed7" "$work/seed7b"
cp "$work/tiny/config.ini" "$work/seed7b/"
"$BALLAST" report "$work/seed7b" --quiet >/dev/null
verdict report_keeps_the_seed "$(cmp "$work/seed7/report.json" "$work/seed7b/report.json" 2>&1; cmp -s "$work/seed7/report.json" "$work/tiny/report.json" && echo 'seed 7 is seed 1')"
cp -r "$work/tiny" "$work/changed"
sed '2s/^[^,]*/elsewhere.png/' "$work/tiny/split.csv" >"$work/changed/split.csv"
said=$("$BALLAST" eval "$work/changed" --quiet 2>&1)
verdict eval_refuses_another_split "$([ $? -eq 1 ] && [ -s "$work/changed/split.csv.now" ] || echo "$said")"
verdict eval_other_data "$("$BALLAST" eval "$work/tiny" --data "$work/one/manifest.csv" --out "$work/other" 2>&1 | grep -q PNEUMONIA || echo no)"
verdict eval_other_data_shows_examples "$([ -s "$work/other/examples/right-01-heat.png" ] || [ -s "$work/other/examples/wrong-01-heat.png" ] || ls "$work/other")"

"$BALLAST" train $config --out "$work/all" --set train.gan.classes=each --set train.gan.pretrain=20 --set train.gan.steps=20 --quiet >/dev/null 2>"$work/err"
verdict classes_begin_with_what_all_learned "$([ -s "$work/all/tiny/gan/NORMAL/quality.json" ] && [ -s "$work/all/tiny/gan/all/quality.json" ] || cat "$work/err")"

# A threshold for a wanted recall: the same whether asked for at first, after a stop, or of a run that is done.
"$BALLAST" train $config --out "$work/want" --only classifier --set train.classifier.want='recall 0.95' --quiet >/dev/null
cp -r "$work/tiny" "$work/later"
rm -r "$work/later/gan" # the report would say how good its images are
"$BALLAST" train --resume "$work/later" --only classifier --set train.classifier.want='recall 0.95' --quiet >"$work/out" 2>&1 || cat "$work/out"
verdict want_later_same_bits "$(for file in classifier/best.safetensors predictions.csv report.json report.txt; do
    cmp "$work/want/tiny/$file" "$work/later/$file" 2>&1
done)"
"$BALLAST" train $config --out "$work/half" --only classifier --set train.classifier.want='recall 0.95' --set train.classifier.epochs=2 --quiet >/dev/null
"$BALLAST" train --resume "$work/half/tiny" --set train.classifier.epochs=4 --only classifier --quiet >"$work/out" 2>&1 || cat "$work/out"
"$BALLAST" train --resume "$work/half/tiny" --set train.classifier.epochs=4 --set train.classifier.want=none --only classifier --quiet >/dev/null
verdict want_none_takes_it_back "$(grep -q '"operating_point":.null' "$work/half/tiny/report.json" || grep operating "$work/half/tiny/report.json")"
verdict want_is_reported "$(grep -q '"operating_point":.{' "$work/want/tiny/report.json" && grep -q 'PNEUMONIA is answered from a probability of' "$work/want/tiny/report.txt" &&
    grep -q 'PNEUMONIA is answered from a probability of' "$work/want/tiny/report.html" || cat "$work/want/tiny/report.txt")"
"$BALLAST" eval "$work/want/tiny" --out "$work/want/again" --quiet >/dev/null
verdict want_is_applied_by_eval "$(cmp "$work/want/tiny/predictions.csv" "$work/want/again/predictions.csv" 2>&1)"
cp -r "$work/want/tiny" "$work/want/remade"
"$BALLAST" report "$work/want/remade" --quiet >/dev/null
verdict want_is_reported_again "$(cmp "$work/want/tiny/report.json" "$work/want/remade/report.json" 2>&1; cmp "$work/want/tiny/report.txt" "$work/want/remade/report.txt" 2>&1)"
"$BALLAST" eval "$work/want/tiny" --threshold none --out "$work/want/none" --quiet >/dev/null
verdict want_can_be_left_out "$(cmp "$work/tiny/predictions.csv" "$work/want/none/predictions.csv" 2>&1)"
"$BALLAST" predict "$work/want/tiny" "$work/one" --out "$work/w.csv" 2>"$work/err"
"$BALLAST" predict "$work/want/tiny" "$work/one" --threshold none --out "$work/n.csv" --quiet
verdict want_is_applied_by_predict "$(cmp "$work/n.csv" "$work/p.csv" 2>&1; cmp -s "$work/w.csv" "$work/p.csv" && echo equal; grep -q 'from a probability' "$work/err" || cat "$work/err")"
verdict want_that_cannot_be_had_is_said "$("$BALLAST" train --resume "$work/later" --only classifier --set train.classifier.want='precision 1' 2>&1 | grep -q 'No operating point: precision 1 was wanted' || echo no)"

# The other things that are made of a trained classifier: the same whenever they are asked for, and taken back.
"$BALLAST" train $config --out "$work/finish" --only classifier --set train.classifier.head=retrain --set train.classifier.tta=flip \
    --set train.classifier.temperature=on --set train.classifier.decide=balanced --quiet >/dev/null
cp -r "$work/tiny" "$work/finished"
rm -r "$work/finished/gan"
"$BALLAST" train --resume "$work/finished" --only classifier --set train.classifier.head=normalize --quiet >/dev/null
"$BALLAST" train --resume "$work/finished" --only classifier --set train.classifier.head=retrain --set train.classifier.tta=flip \
    --set train.classifier.temperature=on --set train.classifier.decide=balanced --quiet >/dev/null
verdict finish_later_same_bits "$(for file in classifier/best.safetensors predictions.csv report.json; do
    cmp "$work/finish/tiny/$file" "$work/finished/$file" 2>&1
done; cmp -s "$work/tiny/predictions.csv" "$work/finished/predictions.csv" && echo unchanged)"
"$BALLAST" predict "$work/finished" "$work/one" --out "$work/f.csv" --quiet
"$BALLAST" eval "$work/finished" --out "$work/finish/again" --quiet >/dev/null
verdict finish_is_applied "$(cmp "$work/finished/predictions.csv" "$work/finish/again/predictions.csv" 2>&1; cmp -s "$work/f.csv" "$work/p.csv" && echo equal)"
"$BALLAST" train --resume "$work/finished" --only classifier --set train.classifier.head=keep --set train.classifier.tta=none \
    --set train.classifier.temperature=off --set train.classifier.decide=likeliest --quiet >/dev/null
verdict finish_is_taken_back "$(cmp "$work/tiny/predictions.csv" "$work/finished/predictions.csv" 2>&1)"
verdict decide_and_want "$("$BALLAST" train $config --dry-run --set train.classifier.decide=prior --set train.classifier.want='recall 0.9' 2>&1 | grep -q 'decide and want' || echo no)"

# Parts that a manifest gives, with copies and groups on both sides; then images that the run has seen.
"$BALLAST" phantom --kind xray --size 28 --out "$work/images" --quiet >/dev/null
(cd "$work/images" && echo path,label,group,split && for label in NORMAL PNEUMONIA; do
    n=0
    for file in "$label"/*; do
        n=$((n + 1))
        case $n in [1-9] | [12][0-9]) echo "$file,$label,g$label$n,train" ;; 3[0-9]) echo "$file,$label,g$label$((n - 10)),validation" ;;
        4[0-9]) echo "$file,$label,h$label$n,test" ;; esac
    done
    first=$(ls "$label" | head -n 1)
    cp "$label/$first" "$label/zz.png" && echo "$label/zz.png,$label,z,test"
done) >"$work/images/leaky.csv"
sed 's/^source.*/source = manifest/' $config >"$work/leaky.ini"
said=$("$BALLAST" train "$work/leaky.ini" --set data.path="$work/images/leaky.csv" --only classifier --set train.classifier.epochs=1 --out "$work" --set run.name=leaky --quiet 2>&1)
verdict leaks_are_said "$(case $said in *'Duplicates or groups across the split make figures look better'*': 2;'*': '*) ;; *) echo "$said" ;; esac)"
said=$("$BALLAST" eval "$work/leaky" --data "$work/images/NORMAL/../leaky.csv" 2>&1)
verdict seen_images_are_said "$(case $said in *'the run was trained or validated'*'on: 80'*) ;; *) echo "$said" ;; esac)"

"$BALLAST" train $config --out "$work/dry" --dry-run >"$work/out" 2>&1
verdict dry_run_writes_nothing "$([ ! -e "$work/dry" ] && grep -q 'would train' "$work/out" || cat "$work/out")"
sed '/^name/d' $config >"$work/my own.ini"
"$BALLAST" train "$work/my own.ini" --out "$work/named" --dry-run >"$work/out" 2>&1
verdict a_run_is_called_like_its_file "$(grep -q "would write $work/named/my own\$" "$work/out" || cat "$work/out")"
said=$("$BALLAST" train $config --set train.gan.classes=PNEUMON --out "$work/none" 2>&1)
verdict a_wrong_class_leaves_no_folder "$([ ! -e "$work/none" ] || echo "$said")"
sed 's/units=2$/units=3/' $config >"$work/three.ini"
said=$("$BALLAST" train "$work/three.ini" --out "$work/none" 2>&1)
verdict wrong_outputs_leave_no_folder "$(case $said in *'ends in 3 outputs'*) ls "$work/none" 2>/dev/null ;; *) echo "$said" ;; esac)"
said=$("$BALLAST" train $config --out "$work/none" --set train.gan.features="$work" 2>&1)
verdict features_of_no_run_leave_no_folder "$(case $said in *'[train.gan] features: '*' is no run with a trained'*) ls "$work/none" 2>/dev/null ;; *) echo "$said" ;; esac)"
"$BALLAST" train $config --only gan --set train.gan.features="$work/tiny" --out "$work/judged" --quiet >"$work/out" 2>&1
verdict features_of_another_run "$(for file in generator.safetensors log.csv quality.json; do
    cmp "$work/tiny/gan/PNEUMONIA/$file" "$work/judged/tiny/gan/PNEUMONIA/$file" 2>&1
done)"
said=$("$BALLAST" train $config --out /dev/null/x 2>&1)
verdict unwritable_is_named "$(case $said in *": /dev/null: "*) ;; *) echo "$said" ;; esac)"
mkdir "$work/a ;b"
cp -r "$work/one/PNEUMONIA" "$work/a ;b"
said=$(config=$(pwd)/$config; cd "$work/a ;b" && "$BALLAST" train "$config" --set data.source=folder --set data.path=. --only gan --out "$work/odd" 2>&1)
verdict a_path_that_cannot_be_written_stops_first "$(case $said in *'cannot stand in an INI file'*) ;; *) echo "$said" ;; esac)"
# A file system that the first checkpoint fits and the second does not.
mkdir "$work/full"
unshare -rm sh -c 'mount -t tmpfs -o size=3m tmpfs "$2" || exit 77
    "$1" train "$3" --only gan --set generator.latent=1024 --out "$2"; code=$?
    cp -r "$2/tiny" "$4/saved"; exit $code' sh "$BALLAST" "$work/full" $config "$work" >"$work/out" 2>&1
code=$?
if [ -d "$work/saved" ]; then
    verdict full_disk_is_named "$([ $code -eq 1 ] && grep -q "$work/full/.*: No space left" "$work/out" || cat "$work/out")"
    verdict full_disk_keeps_the_checkpoint "$("$BALLAST" train --resume "$work/saved" --only gan --quiet 2>&1 | grep -v ': done in')"
else
    skipped full_disk_is_named "no small file system can be mounted here: $(tail -n 1 "$work/out")"
fi
verdict no_temporary_left "$(find "$work" -name '*.tmp.*')"
finish
