#!/usr/bin/env bash
# A test that is skipped among others that pass is named, and so is one that is no program of ours.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

log=$(mktemp)
trap 'rm -f "$log"' EXIT
cat >"$log" <<'END'
1/3 Testing: system_Big
1/3 Test: system_Big
[ RUN      ] Big.dump_is_quick
/src/tests/system/big_test.cpp:25: Skipped
no room for it here

[  SKIPPED ] Big.dump_is_quick (3 ms)
[ RUN      ] Big.drill_is_quick
skipped: said in a test of ours, which passes
[       OK ] Big.drill_is_quick (30 ms)
[  PASSED  ] 1 test.
[  SKIPPED ] 1 test, listed below:
[  SKIPPED ] Big.dump_is_quick
2/3 Testing: system_NewerServer
2/3 Test: system_NewerServer
/src/tests/system/newer_server_test.cpp:43: Skipped
npm has no PostgreSQL 17 for us

[ RUN      ] NewerServer.one
[  SKIPPED ] NewerServer.one (0 ms)
[ RUN      ] NewerServer.two
[  SKIPPED ] NewerServer.two (0 ms)
3/3 Testing: EmbeddedPostgres.starts
3/3 Test: EmbeddedPostgres.starts
skipped: PostgreSQL 17 is not to be had: npm is not installed
END
diff - <("$here/skipped_tests.sh" "$log") <<'END'
Big.dump_is_quick: no room for it here
NewerServer.one: npm has no PostgreSQL 17 for us
NewerServer.two: npm has no PostgreSQL 17 for us
EmbeddedPostgres.starts: PostgreSQL 17 is not to be had: npm is not installed
END
