#!/usr/bin/env bash
# Runs each target that was built for so many seconds (60), twice as many at a time as there are cores:
# most that a minute finds is found in its first seconds, and all of CI is to end within 25.
# Ends with 1, and names the input, where one crashes, leaks, takes over 5 s or over 512 MB for it.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
built=build/fuzz
found=$built/found
mkdir -p "$found"

fuzz() {
    local name=$1
    local log=$found/$name.log
    # What was found before is begun from as well: it is as far as earlier runs have come.
    mkdir -p "$built/corpus/$name"
    # Freed memory that is only kept to catch its use is no memory that the parser needs.
    if ASAN_OPTIONS=quarantine_size_mb=16 "$built/fuzz_$name" \
        -max_total_time="$seconds" -timeout=5 -rss_limit_mb=512 -max_len=65536 \
        -print_final_stats=1 -verbosity=1 -artifact_prefix="$found/$name-" \
        "$built/corpus/$name" "tests/fuzz/corpus/$name" >"$log" 2>&1; then
        printf '%-16s %s inputs\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
        return
    fi
    tail -n 40 "$log"
    echo "fuzz_$name failed, with the input $(sed -n 's/.*Test unit written to //p' "$log")"
    return 1
}
export -f fuzz
export seconds built found

names=()
for target in tests/fuzz/*.cpp; do
    name=$(basename "$target" .cpp)
    [[ -d tests/fuzz/corpus/$name ]] || {
        echo "tests/fuzz/corpus/$name is missing: a target begins from something" >&2
        exit 1
    }
    names+=("$name")
done
# xargs says 123 where one failed.
printf '%s\0' "${names[@]}" | xargs --null --max-procs="$((2 * $(nproc)))" -I{} bash -c 'fuzz {}' || exit 1
