# `ballast phantom`: what it writes, and what it says to bad input.
. tests/rules/_check.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
say() { "$BALLAST" phantom --quiet "$@"; }

# same NAME EXPECTED SEEN
same() { if [ "$2" = "$3" ]; then ok; else bad "$1" "expected: $2
seen:     $3"; fi; }

# fault EXIT-CODE FIRST-LINE ARGUMENTS...
fault() {
    code=$1 line=$2
    shift 2
    seen=$(say "$@" 2>&1 >/dev/null) && rc=0 || rc=$?
    same "phantom $*" "$code $line" "$rc $(printf '%s\n' "$seen" | head -n 1)"
}

same results "$work/a/NORMAL: 235 images
$work/a/PNEUMONIA: 127 images" "$(say --kind xray --size 28 --out "$work/a")"
same files 362 "$(find "$work/a" -name 'patient?????-?.png' | wc -l | tr -d ' ')"
say --kind xray --size 28 --seed 1 --out "$work/b" >/dev/null
say --kind xray --size 28 --seed 2 --out "$work/c" >/dev/null
same 'seed 1 is the default' 0 "$(diff -r "$work/a" "$work/b" >/dev/null; echo $?)"
same 'another seed, other images' 1 "$(diff -r "$work/a" "$work/c" >/dev/null; echo $?)"
same 'dry run' "$work/d/NORMAL: 470 images
$work/d/PNEUMONIA: 254 images" "$(say --kind xray --scale 2 --dry-run --out "$work/d")"
same 'a dry run writes nothing' no "$(test -e "$work/d" && echo yes || echo no)"

fault 1 "ballast: $work/a: is not empty; name a new folder" --kind xray --out "$work/a"
fault 2 'ballast phantom: --kind is missing: chest radiographs or skin lesions' --out "$work/e"
fault 2 'ballast phantom: --out is missing: where to write' --kind xray
fault 2 'ballast phantom: option kind: "foot" is not one of xray, skin' --kind foot --out "$work/e"
fault 2 'ballast phantom: option size: "8" is not a whole number from 28 to 256' --kind xray --size 8 --out "$work/e"
fault 2 'ballast phantom: no option "--sise"; did you mean "--size"?' --kind xray --sise 64 --out "$work/e"
finish
