# The manual, written by `ballast man`: a page for each verb, nothing missing, and nothing that mandoc or man warns of.
. tests/rules/_check.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$BALLAST" man --out "$work" --date 2026-01-02 >"$work/said" 2>&1 || bad written "$(cat "$work/said")"
verbs=$("$BALLAST" help | sed -n 's/^  \([a-z]*\) .*/\1/p')

verdict page_for_each_verb "$(for verb in $verbs; do [ -s "$work/ballast-$verb.1" ] || echo "$verb"; done)"
verdict verbs_in_overview "$(for verb in $verbs; do grep -q "fB$verb.fR" "$work/ballast.1" || echo "$verb"; done)"
verdict sections "$(for section in NAME SYNOPSIS DESCRIPTION OPTIONS 'EXIT STATUS' 'SEE ALSO'; do
    grep -L "^\.SH $section\$" "$work"/*.1
done)"
# Each option of a verb's help is in its page.
verdict options "$(for verb in $verbs; do
    "$BALLAST" help "$verb" | sed -n 's/^  --\([a-z-]*\) .*/\1/p' | while read -r option; do
        grep -q "fB.-.-$(printf '%s' "$option" | sed 's/-/.-/g').fR" "$work/ballast-$verb.1" || echo "$verb --$option"
    done
done)"
verdict plug_ins "$(for kind in layer loss optimizer schedule source augment; do
    "$BALLAST" help $kind | sed -n 's/^  \([a-z_]*\) .*/\1/p' | while read -r name; do
        grep -q "fB$name.fR" "$work/ballast.ini.5" || echo "$kind $name"
    done
done)"
# shellcheck disable=SC2013
verdict variables "$(for name in $(grep -rhoE 'getenv\("[A-Z_]+"' src | cut -d'"' -f2 | sort -u); do
    grep -q "fB.*$name" "$work/ballast.1" || echo "$name is read, and not in the manual"
done)"
verdict date "$(grep -L '^\.TH .* 2026-01-02 "ballast ' "$work"/*.[15])"
verdict printed "$("$BALLAST" man ballast-train --date 2026-01-02 | diff - "$work/ballast-train.1")"

if command -v mandoc >/dev/null; then verdict mandoc "$(mandoc -Tlint -W warning "$work"/*.[15])"
else skipped mandoc "there is no mandoc here (package mandoc)"; fi
if command -v man >/dev/null; then
    verdict man "$(for page in "$work"/*.[15]; do LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null; done)"
else skipped man "there is no man here (package man-db)"; fi
finish
