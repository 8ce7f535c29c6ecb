# The tutorial's commands, run as they stand there, print what it says. In docs/tutorial.md a block ```sh is run, its standard
# output compared with the block ```text behind it: "..." stands for any lines; in "text figures" numbers, times and
# spacing may differ, since they follow from the device; "text example" is not compared.
. tests/rules/_check.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
case $BALLAST in /*) program=$BALLAST ;; *) program=$(pwd)/$BALLAST ;; esac
mkdir "$work/bin" "$work/own"
ln -s "$program" "$work/bin/ballast"
PATH=$work/bin:$PATH

# NN.sh, and NN.text or NN.figures where something is expected.
awk -v to="$work" '
    /^```sh$/ { file = sprintf("%s/%02d.sh", to, ++n); printf "" >file; next }
    /^```text$/ { file = sprintf("%s/%02d.text", to, n); next }
    /^```text figures$/ { file = sprintf("%s/%02d.figures", to, n); next }
    /^```/ { file = ""; next }
    file { print >file }' docs/tutorial.md

# compare EXPECTED SEEN [figures]
compare() {
    awk -v figures="$3" '
        function plain(s) {
            if (!figures) return s
            gsub(/[0-9]+(:[0-9][0-9])+|[0-9]+ s /, "T ", s)
            gsub(/[+-]?[0-9]+([.][0-9]+)?|n\/a/, "N", s)
            gsub(/[ \t]+/, " ", s)
            return s
        }
        FNR == NR { seen[++count] = $0; next }
        $0 == "..." { skip = 1; next }
        {
            for (at++; skip && at <= count && plain(seen[at]) != plain($0); at++);
            if (at > count) { print "missing: " $0; wrong = 1; exit }
            if (plain(seen[at]) != plain($0)) { print "expected: " $0; print "seen:     " seen[at]; wrong = 1; exit }
            skip = 0
        }
        END { if (!wrong && !skip && at < count) print "more is said: " seen[at + 1] }' "$2" "$1"
}

cd "$work/own" || exit 1
for block in "$work"/*.sh; do
    name=$(basename "$block" .sh)_$(head -n 1 "$block" | cut -d ' ' -f 1,2 | tr -c 'a-z\n' _)
    sh -e "$block" >"$work/seen" 2>"$work/said"
    code=$?
    if [ $code -ne 0 ]; then
        bad "$name" "$(cat "$block" "$work/said"; echo "exit $code")"
        break # what follows rests on it
    fi
    faults=
    for kind in text figures; do
        expected=${block%.sh}.$kind
        [ ! -e "$expected" ] || faults=$(compare "$expected" "$work/seen" "$([ $kind = text ] || echo 1)")
    done
    verdict "$name" "$faults"
done
finish
