#!/usr/bin/env bash
# Runs clang-tidy with the list in .clang-tidy.
#
#   clang_tidy.sh BUILD_DIR [--all | FILE...]    default: the C++ sources changed since main
#
# BUILD_DIR is a configured one, such as build/dev. Headers are checked with what includes them.
set -euo pipefail

build=$(realpath "${1:?usage: clang_tidy.sh BUILD_DIR [--all | FILE...]}")
shift
cd "$(dirname "$0")/../.."

command -v run-clang-tidy >/dev/null || {
    echo "clang_tidy: needs clang-tidy: run deploy/install-dependencies.sh --test" >&2
    exit 1
}

# clang cannot read g++'s precompiled header: give it the header itself, and call the compiler
# directly, since clang-tidy takes a compiler launcher for the compiler.
commands=$build/clang_tidy
mkdir -p "$commands"
sed -E -e "s#-Winvalid-pch##; s#-include [^ ]*/cmake_pch\.hxx#-include $PWD/lib/boost/precompiled.hpp#" \
    -e 's#"command": "([^"]* )?(/[^ ]+/[cg]\+\+) #"command": "\2 #' \
    "$build/compile_commands.json" >"$commands/compile_commands.json"

changed_sources() {
    local base
    base=$(git merge-base HEAD origin/main 2>/dev/null || git merge-base HEAD main)
    git diff --name-only --diff-filter=d "$base" -- '*.cpp'
    git ls-files --others --exclude-standard -- '*.cpp'
}

case ${1:-} in
    --all) mapfile -t files < <(git ls-files -- 'daemon/*.cpp' 'lib/*.cpp' ':!lib/boost/*') ;;
    '') mapfile -t files < <(changed_sources) ;;
    *) files=("$@") ;;
esac
[[ ${#files[@]} -gt 0 ]] || {
    echo "clang_tidy: no C++ source changed"
    exit 0
}

# run-clang-tidy passes over in silence what the database has not: in a unity build, every file.
patterns=()
for file in "${files[@]}"; do
    grep --quiet --fixed-strings "$PWD/$file\"" "$commands/compile_commands.json" || {
        echo "clang_tidy: $build does not compile $file by itself: configure it with -DBACKUPWATCH_UNITY=OFF" >&2
        exit 1
    }
    patterns+=("^$PWD/${file//./\\.}\$")
done
run-clang-tidy -quiet -p "$commands" -j "$(nproc)" "${patterns[@]}"
