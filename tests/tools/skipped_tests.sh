#!/usr/bin/env bash
# What a green run did not prove: each test that was skipped, with its reason, one a line.
#
#   skipped_tests.sh LAST_TEST_LOG     as ctest writes it: build/<preset>/Testing/Temporary/LastTest.log
#
# Of GoogleTest's programs, also where others of the same program ran; and of scripts that say
# `skipped: REASON`.
set -euo pipefail

awk '
# A program of many tests says of each by itself that it was skipped.
/^\[ RUN / { test = "" }
/^[0-9]+\/[0-9]+ Test: / { sub(/^[0-9]+\/[0-9]+ Test: /, ""); test = $0; reason = "no reason given" }
# Of a whole suite it stands before the first of its tests.
wants_reason { if ($0 != "") reason = $0; wants_reason = 0 }
/: Skipped$/ { wants_reason = 1 }
/^\[  SKIPPED \] .* \([0-9]+ ms\)$/ {
    sub(/^\[  SKIPPED \] /, "")
    sub(/ \([0-9]+ ms\)$/, "")
    print $0 ": " reason
}
/^skipped: / && test { sub(/^skipped: /, ""); print test ": " $0 }
' "${1:?usage: skipped_tests.sh LAST_TEST_LOG}"
