# Reads CTest's log, prints the skips and, last, one line with cmocka's counts. A test that died without counts is one failure.
/^"?[0-9]+\/[0-9]+ Testing: / { name = $NF; counted = listed = 0 }
/^\[ *PASSED *\] [0-9]+ test/ { passed += number() }
/^\[ *FAILED *\] [0-9]+ test/ { failed += number(); counted = 1 }
/^\[ *SKIPPED *\] [0-9]+ test/ { skipped += number(); listed = 1 }
listed && /^\[ *SKIPPED *\] [A-Za-z_]/ { sub(/^\[ *SKIPPED *\] /, ""); print "skipped: " name " " $0 }
/^Invalid (read|write) of|data race at|^Uninitialized value|^Work-group divergence/ { faults++; if (faults <= 20) print name ": " $0 }
/^Test (Failed|Timeout)/ { if (!counted) failed++ }
function number() { match($0, /\] [0-9]+/); return substr($0, RSTART + 2, RLENGTH - 2) }
END {
    if (faults) { print faults " faults seen by oclgrind"; failed += faults }
    printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
    exit failed > 0 || passed == 0
}
