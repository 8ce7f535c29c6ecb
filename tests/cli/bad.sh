# Each tests/cli/bad/X.ini is wrong in one way. `ballast check` must print exactly X.txt and exit 1; `ballast train` must
# end with the same line before it looks for a device (no driver is in sight here). UPDATE=1 writes what is printed now.
. tests/rules/_check.sh

export OCL_ICD_VENDORS=/nonexistent
unset BAL_DEVICE
runs=$(mktemp -d)
trap 'rm -rf "$runs"' EXIT
cd tests/cli/bad || exit 1
for file in *.ini; do
    name=${file%.ini}
    said=$("$BALLAST" check "$file" 2>&1)
    code=$?
    [ -z "${UPDATE:-}" ] || printf '%s\n' "$said" >"$name.txt"
    faults=$(printf '%s\n' "$said" | diff "$name.txt" - 2>&1)
    [ $code -eq 1 ] || faults="$faults
check: exit $code, not 1"
    trained=$("$BALLAST" train --out "$runs" "$file" 2>&1)
    [ $? -eq 1 ] && [ "$trained" = "$(printf '%s\n' "$said" | tail -n 1)" ] || faults="$faults
train says: $trained"
    verdict "$name" "$faults"
done
verdict no_run_begun "$(ls "$runs")"
finish
