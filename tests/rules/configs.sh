# Every configuration in configs/ passes `ballast check`; those whose images are not here are skipped.
. tests/rules/_check.sh

for file in configs/*.ini; do
    [ -e "$file" ] || continue
    name=$(basename "$file" .ini)
    path=$(sed -n 's/^ *path *= *\([^ ;]*\).*/\1/p' "$file" | head -n 1)
    if [ -n "$path" ] && [ ! -e "configs/$path" ]; then
        skipped "$name" "configs/$path is not here"
    elif said=$("$BALLAST" check "$file" 2>&1); then
        ok
    else
        bad "$name" "$said"
    fi
done
finish
