# share/ballast.bash, sourced by a bash that nobody types in: what it offers at the end of some lines. No driver is in sight.
. tests/rules/_check.sh

command -v bash >/dev/null || { skipped bash "there is no bash here"; finish; }
export OCL_ICD_VENDORS=/nonexistent
source=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/runs/one/gan/BENIGN" "$work/runs/empty" "$work/images folder"
touch "$work/runs/one/config.ini" "$work/a.csv" "$work/b.txt"
printf '[experiment]\narms = original mine\n[arm.mine]\n' >"$work/c.ini"

# What is offered where the last argument is being typed, sorted, in one line.
offered() {
    (cd "$work" && bash --norc -c '. "$1"; program=$2; shift 2; COMP_WORDS=(ballast "$@"); COMP_CWORD=$#
        _ballast "$program"; printf "%s\n" "${COMPREPLY[@]}"' bash "$source/share/ballast.bash" "$BALLAST" "$@" 2>&1) |
        LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//'
}
# expect NAME OFFER WORD...
expect() {
    name=$1 wanted=$2
    shift 2
    now=$(offered "$@")
    if [ "$now" = "$wanted" ]; then ok; else bad "$name" "$(printf 'wanted: %s\noffered: %s' "$wanted" "$now")"; fi
}

expect verb 'train' tr
expect nothing '' nothing-is-called-this ''
expect choice 'all classifier gan' train --only ''
expect choice_behind_sign 'classifier' train --only = c
expect on_sign 'all classifier gan' train --only =
expect option_repeats '--seed --set' train x.ini --set run.seed = 2 --se
expect option_again '' train x.ini --seed 1 --see
expect configs 'c.ini images folder runs' train ''
expect runs 'runs/one' eval ru
expect run_elsewhere 'images folder' eval im
expect resume 'runs/one' train --resume r
expect devices 'cpu gpu' train c.ini --device ''
expect classes 'BENIGN' generate runs/one --class ''
expect arms 'mine' experiment c.ini --arms m
expect tables 'a.csv images folder runs' eval --predictions ''
expect paths 'a.csv b.txt c.ini images folder runs' predict runs/one x.png ''
expect setting 'train.gan.steps=' train c.ini --set train.gan.st
expect setting_choice 'crop fit stretch' train c.ini --set data.resize = ''
expect plug_in 'adam adamw' train c.ini --set train.gan.optimizer = ad
expect topic 'layer' help la
expect layer 'conv' help layer conv
expect number '' generate runs/one --count ''
expect behind_end 'c.ini' train -- c

verbs=$("$BALLAST" help | sed -n 's/^  \([a-z]*\) .*/\1/p')
verdict all_verbs "$(for verb in $verbs; do [ "$(offered "$verb" | tr ' ' '\n' | grep -cx "$verb")" = 1 ] || echo "$verb"; done)"
verdict all_options "$(for verb in $verbs; do
    "$BALLAST" help "$verb" | sed -n 's/^  \(--[a-z-]*\) .*/\1/p' | LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//' >"$work/wanted"
    [ "$(cat "$work/wanted")" = "$(offered "$verb" --)" ] || echo "$verb"
done)"
# `help help` names in words what is offered from tables.
sections=$("$BALLAST" help help | sed -n 's/^SECTION: \(.*\)\.$/\1/p' | tr -d ,)
verdict sections_of_help "$(for section in $sections; do "$BALLAST" complete -- help '' | grep -qx "$section" || echo "not offered: $section"; done
    for section in $("$BALLAST" complete -- help '' | grep -E '^(run|data|generator|discriminator|classifier|experiment|[a-z]+[.][a-z]+)$'); do
        case " $sections " in *" $section "*) ;; *) echo "not in help: $section" ;; esac; done)"
finish
