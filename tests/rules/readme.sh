# What README.md tells a newcomer to type works: the verbs on their own images, in order; the part of a plan that it shows.
. tests/rules/_check.sh

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$BALLAST" phantom --kind xray --out "$folder/images" --quiet >/dev/null 2>&1 || bad phantom "no images were written"
case $BALLAST in /*) program=$BALLAST ;; *) program=$(pwd)/$BALLAST ;; esac
mkdir -p "$folder/build/release"
ln -s "$program" "$folder/build/release/ballast"
# run NAME VERB: the line of README.md with that verb, on the images above.
run() {
    line=$(sed -n "s|^    \\(build/release/ballast $1 [^#]*\\).*|\\1|p" README.md | sed "s|/path/to/images|images|")
    said=$(cd "$folder" && eval "$line $2" 2>&1) && [ -n "$line" ] || { bad "$1" "$line: $said"; return; }
    ok
}
run plan
run check
run train --dry-run
run experiment --dry-run
# The part of a plan that is shown, as chosen for the real images.
if [ -e ../shared/data/chest-xray-362 ]; then
    "$BALLAST" plan ../shared/data/chest-xray-362 --quiet >"$folder/real.ini"
    verdict shown "$(sed -n '/^```ini$/,/^```$/p' README.md | grep -v '^```' | while IFS= read -r line; do
        grep -qxF -e "$line" "$folder/real.ini" || echo "plan does not write: $line"; done)"
else
    skipped shown "../shared/data/chest-xray-362 is not here"
fi
verdict commands "$(grep -o '\./run [a-z-]*' README.md CONTRIBUTING.md tests/README.md .ci/run | sed 's/.* //' | sort -u |
    while read -r command; do grep -qE "^$command( \| [^)]*)*\)" run || echo "./run $command is not there"; done)"
finish
