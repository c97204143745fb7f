#!/usr/bin/env bash
# Installs what is missing, builds, and runs the tests, in any clone on Debian 12.
#
#   --quick   the dev build, without the tests labelled slow
#   (none)    what CI runs: every test in the dev build, then unit and integration tests under
#             AddressSanitizer + UndefinedBehaviorSanitizer, and under ThreadSanitizer
#   --full    the same, with the whole suite under the sanitizers and clang-tidy over every file
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

# Last, so that the runner's own closing lines are the last thing seen, by people and by CI.
print_summary() {
    echo
    printf '%s\n' "${summary[@]}"
    local log
    for log in "$logs"/*.ctest; do
        [[ -e $log ]] || continue
        echo
        echo "$(basename "$log" .ctest):"
        sed -n '/tests passed/,$p' "$log"
    done
}
trap print_summary EXIT

build() {
    cmake --preset "$1" >"$logs/$1.cmake" || {
        cat "$logs/$1.cmake"
        return 1
    }
    cmake --build --preset "$1" -j "$jobs"
}

run_tests() {
    local preset=$1
    shift
    ctest --preset "$preset" --parallel "$jobs" --no-tests=error "$@" 2>&1 |
        tee "$logs/$preset.ctest"
}

under_sanitizer() {
    step "build $1" build "$1"
    if [[ $extent == --full ]]; then
        step "test $1" run_tests "$1" --label-exclude tidy
    else
        step "test $1" run_tests "$1" --label-regex 'unit|integration' --label-exclude slow
    fi
}

rm -f "$logs"/*.ctest
step "install" ./deploy/install-dependencies.sh --build --test --run
step "build dev" build dev
if [[ $extent == --quick ]]; then
    step "test dev" run_tests dev --label-exclude slow
else
    step "test dev" run_tests dev
    under_sanitizer asan
    under_sanitizer tsan
fi
[[ $extent != --full ]] || step "clang-tidy" tests/tidy/clang_tidy.sh build/dev --all
