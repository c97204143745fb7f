#!/usr/bin/env bash
# Holds the dashboards against the schema that Grafana publishes: a key that it does not know, a value that it does not have, or one that
# is missing is an error of the TypeScript compiler. Both come from npm; exit code 77, with the reason, where they cannot be had.
set -euo pipefail
schema=13.2.3
compiler=5.4.5
repository=$(cd "$(dirname "$0")/../.." && pwd)
cache=$repository/build/grafana_schema
home=$cache/$schema-$compiler

skip() {
    echo "skipped: the schema of Grafana is not to be had: $*" >&2
    exit 77
}

fetch() {
    command -v npm >/dev/null || skip "npm is not installed"
    rm -rf "$cache/new" && mkdir "$cache/new"
    (cd "$cache/new" && echo '{}' >package.json && timeout 100 npm install --silent --no-audit --no-fund --ignore-scripts --fetch-retries=1 \
        "@grafana/schema@$schema" "typescript@$compiler" >/dev/null 2>"$cache/npm.log") ||
        skip "npm install failed: $(tail -n 1 "$cache/npm.log")"
    mv "$cache/new" "$home"
}

mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
[[ -d $home ]] || fetch

folder=$(mktemp --directory)
trap 'rm -rf "$folder"' EXIT
ln -s "$home/node_modules" "$folder/node_modules"
python3 -B "$(dirname "$0")/typed_dashboards.py" "$repository/deploy/grafana" "$folder"
compile() {
    node "$home/node_modules/typescript/bin/tsc" --strict --noEmit --skipLibCheck --moduleResolution node --module esnext --target es2020 "$@"
}
(cd "$folder" && compile fleet.ts database.ts)
# That it can be seen: a key that is none, and a value that is none, somewhere deep.
for fault in 's/"asDropdown"/"asDropDown"/' 's/"mode": "absolute"/"mode": "relative"/' 's/"match": "nan"/"match": "NaN"/' \
    's/"schemaVersion": 38/"schemaVersion": "38"/'; do
    sed "$fault" "$folder/fleet.ts" >"$folder/broken.ts"
    cmp -s "$folder/fleet.ts" "$folder/broken.ts" && { echo "nothing was broken by $fault"; exit 1; }
    if (cd "$folder" && compile broken.ts >/dev/null); then
        echo "nobody noticed $fault"
        exit 1
    fi
done
echo "2 dashboards are as Grafana's schema $schema has them"
