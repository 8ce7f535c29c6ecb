# What README.md tells a newcomer to type works: its configuration passes `ballast check` on folders of images.
. tests/rules/_check.sh

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$BALLAST" phantom --kind xray --out "$folder/images" --quiet >/dev/null 2>&1 || bad phantom "no images were written"
sed -n '/^```ini$/,/^```$/p' README.md | grep -v '^```' >"$folder/own.ini"
if said=$("$BALLAST" check "$folder/own.ini" --set "data.path=$folder/images" 2>&1); then ok; else bad own_ini "$said"; fi
verdict commands "$(grep -o '\./run [a-z-]*' README.md CONTRIBUTING.md tests/README.md .ci/run | sed 's/.* //' | sort -u |
    while read -r command; do grep -qE "^$command( \| [^)]*)*\)" run || echo "./run $command is not there"; done)"
finish
