#!/usr/bin/env bash
# Installs what is missing, builds, and runs the tests, in any clone on Debian 12.
#
#   --quick   the dev build, without the tests labelled slow
#   (none)    what CI runs: every test under AddressSanitizer and UndefinedBehaviorSanitizer, then
#             under ThreadSanitizer, then what takes thousands of years and hundreds of crashes, and
#             the demo, on the release build; and each parser of foreign bytes fuzzed for a minute
#   --full    the dev build as well, every test in all three but the storms of ten thousand, which are
#             long in each, and clang-tidy over every file
set -euo pipefail
cd "$(dirname "$0")/.."

extent=${1:---normal}
case $extent in
    --quick | --normal | --full) ;;
    *)
        echo "usage: ${0##*/} [--quick | --full]" >&2
        exit 64
        ;;
esac

jobs=$(nproc)
logs=build/logs
mkdir -p "$logs"
summary=()

# step NAME COMMAND...: runs it, notes how long it took, ends the run when it fails.
step() {
    local name=$1 started=$SECONDS result=passed
    shift
    echo "== $name"
    "$@" || result="FAILED ($?)"
    summary+=("$(printf '%-28s %5d s  %s' "$name" $((SECONDS - started)) "$result")")
    [[ $result == passed ]] || exit 1
}

# Last, so that the runner's own closing lines are the last thing seen, by people and by CI. Whatever
# fails in here, the run's own result is what the caller gets.
print_summary() {
    set +e
    echo
    printf '%s\n' "${summary[@]}"
    local log
    for log in "$logs"/*.ctest; do
        [[ -e $log ]] || continue
        echo
        echo "$(basename "$log" .ctest):"
        sed -n '/tests passed/,$p' "$log"
        print_longest "$log"
        print_figures "build/$(basename "$log" .ctest)/Testing/Temporary/LastTest.log"
        print_skipped "$(basename "$log" .ctest)"
    done
}

print_longest() {
    echo "Longest:"
    sed -nE 's|.* Test +#[0-9]+: (.*[^. ]) \.* +[A-Za-z*]+ +([0-9]+)\.[0-9]+ sec$|\2 s  \1|p' "$1" |
        sort -rn | sed -n '1,12s/^/  /p'
}

# Of the package: its exposure, and what lintian says.
print_figures() {
    [[ ! -e $1 ]] || sed -nE 's/^ *[0-9]+ s  (exposure: .*|backupwatch_.*; lintian: .*)$/\1/p' "$1"
}

# A green run says what it did not prove: ctest calls a program passed that skipped some of its tests.
print_skipped() {
    local log=build/$1/Testing/Temporary/LastTest.log names
    [[ -e $log ]] || return 0
    names=$(tests/tools/skipped_tests.sh "$log")
    if [[ -n $names ]]; then
        echo "Skipped, so not proven:"
        printf '  %s\n' "${names//$'\n'/$'\n'  }"
    else
        echo "No test was skipped."
    fi
}

# A cluster is a thousand small files, made in memory in a tenth of the time, and a test makes many.
# Named, not /dev/shm: that is open to the drills, which must not see what tests keep.
use_memory() {
    local free_kib
    free_kib=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo)
    [[ $EUID == 0 && $free_kib -ge $((12 * 1024 * 1024)) ]] || return 0
    in_memory=$(mktemp -d)
    if mount -t tmpfs -o size=8g,mode=1777 tmpfs "$in_memory" 2>/dev/null; then
        export TMPDIR=$in_memory
    else
        rmdir "$in_memory"
        in_memory=
    fi
}

in_memory=
finish() {
    print_summary
    [[ -z $in_memory ]] || { umount --lazy "$in_memory" && rmdir "$in_memory"; }
}
trap finish EXIT

build() {
    cmake --preset "$1" >"$logs/$1.cmake" || {
        cat "$logs/$1.cmake"
        return 1
    }
    cmake --build --preset "$1" -j "$jobs"
}

# run_tests PRESET [--but VARIABLE=FILTER] CTEST_ARGUMENTS...
run_tests() {
    local preset=$1 setting=()
    shift
    if [[ ${1:-} == --but ]]; then
        setting=("$2")
        shift 2
    fi
    # What ended early leaves the log of the run before.
    rm -f "build/$preset/Testing/Temporary/LastTest.log"
    # Twice as many as cores: what tests do most is wait for a server.
    env "${setting[@]}" ctest --preset "$preset" --parallel $((2 * jobs)) --no-tests=error "$@" 2>&1 |
        tee "$logs/$preset.ctest"
}

build_and_test() {
    local preset=$1
    shift
    step "build $preset" build "$preset"
    step "test $preset" run_tests "$preset" "$@"
}

fuzz() {
    step "build fuzz" build fuzz
    step "fuzz" tests/fuzz/run.sh
}

# What is run as a whole where it is quick. Under a sanitizer a program of unit tests is one test, to
# which GoogleTest's own filter says what to leave out.
ten_years='^TenYears\.'
ten_thousand='^Storm\.of_ten_thousand_'
but_ten_thousand='GTEST_FILTER=-Storm.of_ten_thousand_*'
# ThreadSanitizer finds little where one thread does it all.
but_much_on_one_thread='GTEST_FILTER=-Storm.*:*.takes_whatever_*:*of_ten_thousand_*'
but_much_on_one_thread+=':ManyFiles.are_read_*:KnownFiles.that_are_too_long_*'
but_much_on_one_thread+=':SupabaseFleet.*:SupabaseLargeFleet.*:RestoreLog.*:Outcomes.of_payloads_*:LaneQueue.of_thousands_*'
# The program as a whole, as other suites have it as well: in these it only does more of the same.
same_threads='^FlippedDump\.|^Observability\.|^system_(Big|Damage|CommandLine|Refusal|ExpiringCertificate|NewerServer'
same_threads+='|HostileManifest|KillTable|Morning|SealKill|ProjectRestore|KilledProjectRestore|InterruptedRestore)$'
# Drills of one file after another, which differ in what the file says: of each suite one is left, and
# those that are ended, or written over, while they work.
same_threads+='|^FilesOfSupabase\.(D1_pass_with|D([2-9]|10|11|13|14|15)_|[a-z])|^UnusualDump\.(of|that|with)_'
same_threads+='|^LackingRestore\.of_(an_extension|a_l)|^ForeignDump\.(of|that)_|^ForeignDrill\.takes_no_more_memory'
same_threads+='|^SupabaseDump\.(D4|D7|holds|is_restored|through|without)|^FailingDump\.by_a_role'
long_stories="^Package\\.|$ten_years|^Alerts\\.survive|^LostWrites\\.|^system_StoryKill$|$ten_thousand"

rm -f "$logs"/*.ctest
use_memory
step "install" ./deploy/install-dependencies.sh --build --test --run

case $extent in
    --quick)
        build_and_test dev --label-exclude slow --exclude-regex "$ten_thousand"
        ;;
    --normal)
        build_and_test asan --but "$but_ten_thousand" --exclude-regex "$ten_years"
        build_and_test tsan --but "$but_much_on_one_thread" --label-exclude tools \
            --exclude-regex "$same_threads"
        build_and_test optimised --tests-regex "$long_stories"
        step "demo" ./deploy/demo.sh --once
        fuzz
        ;;
    --full)
        build_and_test dev --exclude-regex "$ten_thousand"
        build_and_test asan --but "$but_ten_thousand"
        build_and_test tsan --but "$but_ten_thousand" --label-exclude tools
        # Every point of tests/system/story_kill_test.cpp: with a sanitizer they would take hours.
        BACKUPWATCH_ALL_POINTS=1 build_and_test optimised --tests-regex "$long_stories"
        step "demo" ./deploy/demo.sh --once
        fuzz
        step "clang-tidy" tests/tidy/clang_tidy.sh build/dev --all
        ;;
esac
