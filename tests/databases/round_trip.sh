#!/usr/bin/env bash
# Every test database loads, and survives PostgreSQL's own tools without one error: so when a drill
# of it fails, the drill is wrong. big.sql is left to the benchmarks.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/tools/throwaway_postgres.sh
. "$here/../tools/throwaway_postgres.sh"

folder=$(mktemp --directory)
trap 'stop_postgres "$folder"; rm -rf "$folder"' EXIT
start_postgres "$folder"
export PGHOST=$folder/postgres PGUSER=postgres PATH=/usr/lib/postgresql/15/bin:$PATH

for name in empty seed pagila_like; do
    createdb "$name"
    psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --set=scale=0.05 --dbname="$name" \
        --file="$here/$name.sql"
    pg_dump --format=directory --jobs=2 --file="$folder/$name" "$name"
    createdb "restored_$name"
    pg_restore --exit-on-error --jobs=2 --dbname="restored_$name" "$folder/$name"
    echo "$name: $(psql -At --command="SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'p')
        AND relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')" \
        "restored_$name") tables restored"
done
