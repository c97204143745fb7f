#!/usr/bin/env bash
# Shows in a few minutes what backupwatch is for, on a throw-away PostgreSQL of its own:
# a dump, its drill, what a deployment asks, an emergency and its runbook, two damaged dumps that are caught, and the daemon.
#
#   --once    ends there; otherwise the daemon runs until Ctrl-C
#
# Everything but the build and Debian's packages lies in one temporary folder, removed at the end.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/tools/throwaway_postgres.sh
. tests/tools/throwaway_postgres.sh

case ${1:-} in
    '' | --once) once=${1:-} ;;
    *)
        echo "usage: ${0##*/} [--once]" >&2
        exit 64
        ;;
esac

folder=$(mktemp --directory)
program=$PWD/build/release/backupwatch
postgres=/usr/lib/postgresql/15/bin
config=$folder/config.yaml
socket=$folder/control.sock
daemon=

clean_up() {
    if [[ -n $daemon ]] && kill -TERM "$daemon" 2>/dev/null; then
        wait "$daemon" || true
    fi
    stop_postgres "$folder"
    rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

bold='' plain=''
[[ ! -t 1 ]] || bold=$'\e[1m' plain=$'\e[0m'

say() {
    printf '\n%s# %s%s\n' "$bold" "$*" "$plain"
}

# Shows a command as one would type it, runs it, and insists on its exit code, unless that is "any".
show() {
    local expected=$1 code=0
    shift
    printf '%s$ backupwatch %s%s\n' "$bold" "${*/#"$folder"\//}" "$plain"
    "$program" --config "$config" "$@" || code=$?
    [[ $code -eq 0 ]] || printf '(exit code %s)\n' "$code"
    [[ $expected == any || $code -eq $expected ]] || {
        echo "demo: expected exit code $expected" >&2
        exit 1
    }
}

build() {
    ./deploy/install-dependencies.sh --build --run
    cmake --preset release >"$folder/build.log" 2>&1 &&
        cmake --build --preset release --target backupwatch -j "$(nproc)" >>"$folder/build.log" 2>&1 || {
        tail -n 30 "$folder/build.log" >&2
        echo "demo: the build failed" >&2
        exit 1
    }
}

on_source() {
    local tool=$1
    shift
    "$postgres/$tool" --host="$folder/postgres" --username=postgres "$@"
}

run_sql() {
    on_source psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 "$@"
}

start_source() {
    start_postgres "$folder"
    run_sql --command='CREATE DATABASE social' postgres
    run_sql --file=tests/databases/seed.sql social
}

# Of every row, in whatever order. A newer pg_dump marks each dump of its own.
rows_of_source() {
    on_source pg_dump --data-only --schema=public social | sed -E '/^\\(un)?restrict /d' | LC_ALL=C sort | sha256sum
}

# As somebody would in that night: what its blocks of commands say, in one session, as it stands there.
follow_runbook() {
    local before promised started
    promised=$("$program" --config "$config" runbook social --json | grep --only-matching '"promised_seconds":[0-9]*' | cut -d: -f2)
    sed -n '/^```sh$/,/^```$/{/^```/d;p}' "$folder/RUNBOOK.md" >"$folder/commands.sh"
    before=$(rows_of_source)
    run_sql --command='SET client_min_messages = warning' --command='DROP SCHEMA public CASCADE' social
    started=$SECONDS
    (cd / && PATH=$postgres:$PATH TMPDIR=$folder timeout --kill-after=10 "$promised" bash -e "$folder/commands.sh") \
        >"$folder/followed.log" 2>&1 || {
        tail -n 20 "$folder/followed.log" >&2
        echo "demo: followed, the runbook fails, or takes longer than the $promised s that it promises" >&2
        exit 1
    }
    [[ $(rows_of_source) == "$before" ]] || {
        echo "demo: other rows came back than were there" >&2
        exit 1
    }
    echo "Every row is back, after $((SECONDS - started)) s; $promised s are promised (in whole minutes)."
}

# The first port of loopback from 9856 on that nobody listens on.
free_port() {
    local port=9856
    while (: >"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
        port=$((port + 1))
    done
    echo "$port"
}

write_config() {
    mkdir "$folder/copied"
    cat >"$config" <<YAML
state_dir: $folder/state
control_socket: $socket
http: {listen: "127.0.0.1:$port"}
log: {level: warning}

databases:
  - name: social
    url: postgresql:///social?host=$folder/postgres&user=postgres
    backups:
      - name: nightly
        source: dump
        directory: $folder/dumps
        take: every 5m
        drill:
          target: 1m
          verify:
            tables: {public.posts: [user_id, email, status, archetype]}
            queries: ["SELECT * FROM posts LIMIT 10"]
      - name: copied
        source: dump
        directory: $folder/copied
        every: 1d
        check: "03:00"
        drill: {when: "04:00"}
    disk: {source: database, capacity: 8GB}

restore_targets:
  - {name: spare, url: "postgresql:///social_spare?host=$folder/postgres&user=postgres"}
YAML
}

newest_dump() {
    find "$folder/dumps" -mindepth 1 -maxdepth 1 -name '2*' | sort | tail -n 1
}

# Lays a copy of the newest dump where the set `copied` looks for it.
copy_dump() {
    rm -rf "$folder"/copied/*
    copy=$folder/copied/$(basename "$(newest_dump)")
    cp -a "$(newest_dump)" "$copy"
}

data_file_of() {
    grep --only-matching "\"name\":\"$1\",.*" "$copy/manifest.json" |
        grep --only-matching --max-count=1 '"file":"[^"]*"' | head -n 1 | cut -d'"' -f4
}

flip_one_byte() {
    local file=$1 middle byte
    middle=$(($(stat --format=%s "$file") / 2))
    byte=$(od --address-radix=n --format=u1 --skip-bytes="$middle" --read-bytes=1 "$file")
    printf '%b' "\\x$(printf %x $((byte ^ 1)))" |
        dd of="$file" bs=1 seek="$middle" conv=notrunc status=none
}

# Takes a row out of a dump and makes every checksum right again, as no accident would: what is left
# restores without an error, and only the counts taken in the source can tell.
drop_one_row() {
    local file=$copy/archive/$1 manifest=$copy/manifest.json sum size raw
    zstd --decompress --quiet "$file" -o "$folder/rows"
    sed 1000d "$folder/rows" >"$folder/fewer"
    raw=$(stat --format=%s "$folder/fewer")
    zstd --quiet --force "$folder/fewer" -o "$file"
    size=$(stat --format=%s "$file")
    sum=$(sha256sum "$file" | cut -d' ' -f1)
    sed -E -i "s#(\"path\":\"archive/$1\"),\"size\":[0-9]+,\"raw_size\":[0-9]+,\"sha256\":\"[0-9a-f]+\"#\1,\"size\":$size,\"raw_size\":$raw,\"sha256\":\"$sum\"#" \
        "$manifest"
    head -n -1 "$manifest" >"$folder/manifest"
    printf '"sha256":"%s"}\n' "$(sha256sum "$folder/manifest" | cut -d' ' -f1)" >>"$folder/manifest"
    cp "$folder/manifest" "$manifest"
}

http_get() {
    exec 3<>"/dev/tcp/127.0.0.1/$port" || return 1
    printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$1" >&3
    sed '1,/^\r$/d' <&3
    exec 3<&-
}

start_daemon() {
    "$program" --config "$config" run &
    daemon=$!
    for _ in {1..100}; do
        http_get /readyz >/dev/null 2>&1 && return
        sleep 0.1
    done
    echo "demo: the daemon does not answer on port $port" >&2
    exit 1
}

say "Installing what is missing, and building (build/release/backupwatch)"
build

say "A PostgreSQL of our own, with a small social application: 100 MB"
start_source
port=$(free_port)
write_config

say "Every night: a dump, with a manifest of what was in the database at that very moment"
show 0 backup social/nightly

say "Then the proof: restored into a throw-away PostgreSQL, compared row by row, timed"
show 0 drill social/nightly --report "$folder/report.md"

say "The report that a team would file"
cat "$folder/report.md"

say "Before a migration: is there a young backup that itself passed a drill? Then the moment is noted"
show 0 gate social --max-age 1h
show 0 mark social "deploy 2.0"

say "The emergency: what a restore would do and lose, and then the restore, into a new database"
show 1 restore social/nightly --backup "$(basename "$(newest_dump)")" --into spare
show 0 restore social/nightly --backup "$(basename "$(newest_dump)")" --into spare --confirm localhost/social_spare

say "What is left to prepare for that night, and the runbook for it (its beginning)"
show any readiness social
show any runbook social --output "$folder/RUNBOOK.md"
head -n 20 "$folder/RUNBOOK.md"

say "The worst hour: every table is dropped, and the runbook is followed, to the letter"
follow_runbook

say "A disk flips one bit of a copied dump"
copy_dump
flip_one_byte "$copy/archive/$(data_file_of public.posts)"
show 2 drill social/copied

say "One row is missing, all checksums are right, and it restores without an error"
copy_dump
drop_one_row "$(data_file_of public.comments)"
show 2 drill social/copied

say "The daemon does all of that by itself, and serves the result"
start_daemon
show any status
show 0 history social
http_get /metrics | grep -E '^backupwatch_(backup_last_(success|size)|drill_last_(result|duration)|drill_verified|check_status)'

if [[ -z $once ]]; then
    cat <<TEXT

backupwatch runs, and dumps and drills every 5 minutes. Look at
    http://127.0.0.1:$port/metrics
    http://127.0.0.1:$port/api/v1/status
    $program --socket $socket status
until Ctrl-C, which removes all of it.
TEXT
    wait "$daemon"
fi
