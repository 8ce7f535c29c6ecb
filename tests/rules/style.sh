# Style that a machine can see: calls that are banned below the command line, left-overs, long lines.
. tests/rules/_check.sh

banned='v?printf|puts|putchar|exit|_exit|abort|atoi|atol|atof|strcpy|strcat|v?sprintf|strtok|rand|srand|gets'
below=$(find src include -name '*.[ch]' | grep -v '^src/cli/' | sort)
everything=$(find src include cl tests bench -name '*.[ch]' -o -name '*.cl' 2>/dev/null | sort)

verdict banned_calls "$(for file in $below; do code "$file"; done | grep -E "(^|[^A-Za-z0-9_])($banned)[ ]*\(")"
verdict no_printing_below_cli "$(for file in $below; do code "$file"; done | grep -E '(fprintf|fputs|fputc|fwrite|putc)[ ]*\(.*(stdout|stderr)')"
# shellcheck disable=SC2086
verdict no_leftovers "$(grep -nE 'TODO|FIXME|#[ ]*if[ ]+0([^-9x.]|$)' $everything /dev/null)"
# shellcheck disable=SC2086
verdict no_tabs_or_trailing_blanks "$(grep -nE "$(printf '\t')| +\$" $everything /dev/null)"
# shellcheck disable=SC2086
verdict at_most_120_columns "$(awk 'length($0) > 120 { print FILENAME ":" FNR ": " length($0) " columns" }' $everything /dev/null)"
verdict headers_compile_alone "$(for file in include/ballast/*.h; do
    cc -std=c11 -Wall -Wextra -Wpedantic -Iinclude -fsyntax-only -x c "$file" 2>&1
done)"
finish
