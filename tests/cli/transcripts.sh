# Each tests/cli/transcripts/X.txt holds commands ("$ ballast ...") and, behind each, all that it prints and how it ends
# ("[exit 2]", nothing for 0). The commands run here again and must say the same. UPDATE=1 writes what they say now.
. tests/rules/_check.sh
: "${BALLAST:?names the program}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ballast() { "$BALLAST" "$@"; }

# Standard output, then standard error, so that buffering makes no difference.
transcript() {
    grep '^\$ ' "$1" | while IFS= read -r line; do
        printf '%s\n' "$line"
        (eval "${line#??}") >"$work/out" 2>"$work/err" </dev/null
        code=$?
        cat "$work/out" "$work/err"
        [ $code -eq 0 ] || printf '[exit %d]\n' $code
    done
}

# No driver is in sight: what is shown here needs no device.
export OCL_ICD_VENDORS=/nonexistent
unset BAL_DEVICE
for file in tests/cli/transcripts/*.txt; do
    transcript "$file" >"$work/now"
    [ -z "${UPDATE:-}" ] || cp "$work/now" "$file"
    verdict "$(basename "$file" .txt)" "$(diff "$file" "$work/now")"
done
finish
