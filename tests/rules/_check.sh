# For tests in sh: . this file, then per check `ok NAME`, `bad NAME LINES` or `skipped NAME WHY`, and `finish` at the end.
# Counts are printed as cmocka prints them, so that ./run test adds them up.
passed=0
failed=
skips=

ok() { passed=$((passed + 1)); }
bad() {
    printf '[  ERROR   ] --- %s\n' "$1"
    printf '%s\n' "$2" | sed 's/^/    /'
    failed="$failed $1"
}
skipped() {
    printf '%s: %s\n' "$1" "$2"
    skips="$skips $1"
}
# verdict NAME LINES: fine if there is nothing to say.
verdict() { if [ -z "$2" ]; then ok; else bad "$1" "$2"; fi; }

# summary WORD NAMES: one of cmocka's closing lists.
summary() {
    word=$1
    shift
    [ $# -gt 0 ] || return 0
    printf '[  %s ] %d test(s), listed below:\n' "$word" $#
    for name; do printf '[  %s ] %s\n' "$word" "$name"; done
}
finish() {
    printf '[  PASSED  ] %d test(s).\n' "$passed"
    # shellcheck disable=SC2086
    summary 'SKIPPED' $skips
    # shellcheck disable=SC2086
    summary 'FAILED ' $failed
    [ -z "$failed" ] || exit 1
    exit 0
}

# A C file's code without comments and the contents of strings, line numbers kept.
code() {
    awk '{
        line = $0; out = ""
        while (line != "") {
            if (comment) {
                if (!(at = index(line, "*/"))) break
                line = substr(line, at + 2); comment = 0
            } else if (match(line, /"([^"\\]|\\.)*"|\/\*|\/\//)) {
                out = out substr(line, 1, RSTART - 1)
                found = substr(line, RSTART, RLENGTH)
                line = substr(line, RSTART + RLENGTH)
                if (found == "//") break
                if (found == "/*") comment = 1
                else out = out (out ~ /#[ ]*include[ ]*$/ ? found : "\"\"")
            } else { out = out line; break }
        }
        print FILENAME ":" FNR ": " out
    }' "$1"
}
# Every C file under these folders, through `code`.
all_code() { find "$@" -name '*.[ch]' 2>/dev/null | sort | while read -r file; do code "$file"; done; }
