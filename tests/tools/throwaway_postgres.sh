# shellcheck shell=bash
# To be sourced: starts and stops a PostgreSQL of one's own, reached by a private socket alone.
# As root its programs run as nobody, since PostgreSQL refuses root.
#
#   start_postgres FOLDER [BIN]   afterwards psql finds it by PGHOST=FOLDER/postgres, PGUSER=postgres
#   stop_postgres FOLDER          ends it at once and removes what it kept
#   as_server COMMAND...          runs a command as the user that PostgreSQL runs as

as_server() {
    if [[ $EUID -eq 0 ]]; then
        (cd / && setpriv --reuid=nobody --regid=nogroup --clear-groups --inh-caps=-all "$@")
    else
        "$@"
    fi
}

start_postgres() {
    local folder=$1/postgres bin=${2:-/usr/lib/postgresql/15/bin}
    mkdir -m 700 "$folder"
    if [[ $EUID -eq 0 ]]; then
        chown nobody:nogroup "$folder"
        chmod 711 "$1"
    fi
    echo "$bin" >"$1/postgres.bin"
    as_server "$bin/initdb" --pgdata="$folder/data" --username=postgres --auth=trust \
        --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$1/initdb.log" 2>&1 || {
        cat "$1/initdb.log" >&2
        return 1
    }
    as_server "$bin/pg_ctl" start --silent --wait --pgdata="$folder/data" --log="$folder/log" \
        --options="-c listen_addresses='' -c unix_socket_directories='$folder'" || {
        as_server tail -n 20 "$folder/log" >&2
        return 1
    }
}

stop_postgres() {
    local folder=$1/postgres
    if [[ -e $folder/data/postmaster.pid ]]; then
        as_server "$(<"$1/postgres.bin")/pg_ctl" stop --silent --mode=immediate --pgdata="$folder/data"
    fi
    rm -rf "$folder" "$1/postgres.bin" "$1/initdb.log"
}
