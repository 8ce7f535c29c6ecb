# Experiments by the program: the same bits one part at a time, several at a time, stopped or killed and resumed; a failure
# that spoils nothing; what --dry-run lists.
. tests/rules/_check.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
config=$(pwd)/tests/cli/good/experiment.ini
pick='--folds 0 --seeds 1 --set train.classifier.epochs=10 --set train.gan.steps=100 --set train.gan.checkpoint=5'
arms='original balanced mine paper'

# experiment NAME ARGUMENT...: in a folder of its own, so that the paths in all files are the same. Ends the shell.
experiment() {
    mkdir -p "$work/$1"
    cd "$work/$1" || exit 1
    shift
    # shellcheck disable=SC2086
    exec "$BALLAST" experiment "$@" $pick --arms "$arms"
}
# same NAME: nothing if all files of its run are those of `one`, but for what differs from run to run.
same() { diff -r -x run.json -x speed.csv "$work/one/runs/tiny" "$work/$1/runs/tiny" 2>&1; }
# interrupted NAME SIGNAL: started, and sent the signal when a GAN has a checkpoint; $code. Ends when all processes have.
interrupted() {
    {
        experiment "$1" "$config" --jobs 2 &
        echo $! >"$work/pid"
        wait $!
        echo $? >"$work/code"
    } 2>&1 | cat >"$work/said" &
    waited=0
    while [ ! -e "$work/$1/runs/tiny/fold0/gan/NORMAL/last.safetensors" ] && [ $waited -lt 600 ]; do
        sleep 0.05
        waited=$((waited + 1))
    done
    kill -"$2" "$(cat "$work/pid")"
    wait $!
    code=$(cat "$work/code")
}

(experiment one "$config" --quiet) >"$work/one.out" 2>"$work/err"
code=$?
if grep -q 'no OpenCL device' "$work/err"; then
    bad device "$(cat "$work/err")"
    finish
fi
verdict exit_0 "$([ $code -eq 0 ] || echo "exit $code: $(cat "$work/err")")"
report=$work/one/runs/tiny/fold0/seed1
verdict generated_tests_have_their_real_one "$(grep -q 'real_balanced_accuracy":.[01]' "$report/paper/report.json" && grep -q '"generated":.null' "$report/original/report.json" ||
    cat "$report/paper/report.json")"
verdict real_one_is_said "$(grep 'on the real test images [01]' "$work/one.out" | grep -q '^paper is tested on generated' || cat "$work/one.out")"
(experiment two "$config" --jobs 4) >"$work/two.out" 2>"$work/err"
code=$?
verdict several_jobs_exit_0 "$([ $code -eq 0 ] || echo "exit $code: $(cat "$work/err")")"
verdict several_jobs_same_bits "$(same two)"
verdict several_jobs_same_words "$(diff "$work/one.out" "$work/two.out")"
# Some of these trainings are so short that nothing is learnt, and that is said.
verdict every_line_has_its_part "$(grep -v '^\(warning: \)\{0,1\}fold0/\(gan/[A-Z]*\|seed1/[a-z]*\)\(: begun\|: done in \| *step \| classifier  step \|: classifier: training has collapsed at \|: KID \|: the generator of step \|: [A-Z]*: [0-9]* of [0-9]* generated images are copies\)' "$work/err")"
verdict every_task_once "$(grep -c ': begun' "$work/err" | grep -vx 6)"
verdict gans_before_what_needs_them "$(awk '/gan.*: done/ { n++ } /(balanced|mine|paper): begun/ && n < 2' "$work/err")"

interrupted stopped TERM
verdict stop_exits_1 "$([ "$code" -eq 1 ] || echo "exit $code: $(cat "$work/said")")"
verdict stop_says_how_to_go_on "$(grep -q 'ballast experiment --resume runs/tiny' "$work/said" || cat "$work/said")"
verdict stop_is_in_the_middle "$([ ! -e "$work/stopped/runs/tiny/fold0/gan/NORMAL/progression.png" ] || cat "$work/said")"
(experiment stopped --resume runs/tiny --jobs 2 --quiet) >"$work/out" 2>&1 || cat "$work/out"
verdict stopped_and_resumed_same_bits "$(same stopped)"
interrupted killed KILL
verdict kill_stops_them_all "$([ ! -e "$work/killed/runs/tiny/fold0/gan/NORMAL/progression.png" ] || cat "$work/said")"
(experiment killed --resume runs/tiny --quiet) >"$work/out" 2>&1 || cat "$work/out"
verdict killed_and_resumed_same_bits "$(same killed)"

mkdir -p "$work/fails/runs/tiny/fold0/seed1" "$work/fails/runs/tiny/fold0/gan"
cp "$work/one/runs/tiny/config.ini" "$work/fails/runs/tiny"
touch "$work/fails/runs/tiny/fold0/gan/NORMAL" "$work/fails/runs/tiny/fold0/seed1/classic"
said=$(arms='original classic balanced' && experiment fails --resume runs/tiny --jobs 2 2>&1)
code=$?
verdict failure_exits_1 "$([ $code -eq 1 ] || echo "exit $code: $said")"
verdict failures_are_named "$(for part in gan/NORMAL seed1/classic seed1/balanced; do
    echo "$said" | grep -q "^error: .*runs/tiny/fold0/$part failed: " || echo "$said"
done)"
verdict failures_are_counted "$(echo "$said" | grep -q '^to try again: ballast experiment --resume ' || echo "$said")"
verdict failures_spoil_nothing "$(cmp "$work/one/runs/tiny/fold0/seed1/original/report.json" "$work/fails/runs/tiny/fold0/seed1/original/report.json" 2>&1)"

rm -r "$work/killed/runs/tiny/fold0/seed1/mine/report.json" "$work/killed/runs/tiny/fold0/seed1/paper"
cp -r "$work/killed" "$work/before"
said=$(experiment killed --resume runs/tiny --dry-run 2>"$work/err" | sed 's/  *\(< 1 s\|[0-9:][0-9:]*\( s\)*\)  /  TIME  /; s/about [0-9: s]* on .*,/about TIME on DEVICE,/')
verdict dry_run_lists "$(echo "$said" | diff - /dev/fd/3 3<<END
done              runs/tiny/fold0/seed1/original
done              runs/tiny/fold0/gan/NORMAL
done              runs/tiny/fold0/gan/PNEUMONIA
done              runs/tiny/fold0/seed1/balanced
to do  TIME  runs/tiny/fold0/seed1/paper
begun  TIME  runs/tiny/fold0/seed1/mine
2 of 6 to do, one at a time about TIME on DEVICE, by steps timed now
END
)"
verdict dry_run_writes_nothing "$(diff -r "$work/before" "$work/killed" 2>&1)"
said=$(experiment killed "$config" --dry-run --json 2>&1)
verdict dry_run_of_a_new_run "$([ "$(echo "$said" | grep -c '"folder":"runs/tiny-2/.*"done":false,"step":0,"total":[0-9]*,"seconds":[0-9]')" -eq 6 ] || echo "$said")"
said=$(arms=balanced; export OCL_ICD_VENDORS=/nonexistent; experiment killed "$config" --dry-run 2>"$work/err")
verdict dry_run_names_the_judge "$(echo "$said" | diff - /dev/fd/3 3<<END
to do             runs/tiny-2/fold0/seed1/original (its classifier judges the GANs)
to do             runs/tiny-2/fold0/gan/NORMAL
to do             runs/tiny-2/fold0/gan/PNEUMONIA
to do             runs/tiny-2/fold0/seed1/balanced
4 of 4 to do
END
)"
said=$(export OCL_ICD_VENDORS=/nonexistent; experiment killed --resume runs/tiny --dry-run 2>&1)
code=$?
verdict dry_run_without_a_device "$([ $code -eq 0 ] && echo "$said" | grep -q '^no estimate of the time: no OpenCL device' &&
    echo "$said" | grep -q '^to do             runs/tiny/fold0/seed1/paper$' || echo "exit $code: $said")"

mkdir "$work/again"
cp -r "$work/one/runs" "$work/again/"
run=$work/again/runs/tiny
rm "$run/report.html" "$run/forest.svg" "$run/predictions.csv" "$run/fold0/seed1/mine/report.html" "$run/fold0/seed1/mine/curves.svg"
rm -r "$run/arms"
said=$(cd "$work/again" && OCL_ICD_VENDORS=/nonexistent "$BALLAST" report runs/tiny 2>"$work/err")
verdict report_makes_the_same_bits "$(same again; printf '%s\n' "$said" | cmp - "$run/experiment.txt" 2>&1)"
finish
