#!/usr/bin/env bash
# Measures backupwatch against PostgreSQL's plain tools, or its delivery against itself with a channel
# that is sick, in one run; writes bench/README.md.
#
#   run.sh dump|drill [--rounds N] [--scale S] [--plain]
#   run.sh delivery [--rounds N]
#
# --scale 1 is 1 GB; --plain leaves backupwatch out. dump and drill need about 6 GB of disk at scale 1
# and have a PostgreSQL of their own. Everything is removed at the end. See bench/README.md.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/tools/throwaway_postgres.sh
. tests/tools/throwaway_postgres.sh

usage() {
    echo "usage: ${0##*/} dump|drill [--rounds N] [--scale S] [--plain]" >&2
    echo "       ${0##*/} delivery [--rounds N]" >&2
    exit 64
}

what=${1:-}
[[ $what == dump || $what == drill || $what == delivery ]] || usage
shift
rounds=3 scale=1
[[ $what != delivery ]] || rounds=10
program=$PWD/build/release/backupwatch
while [[ $# -gt 0 ]]; do
    case $1 in
        --rounds) rounds=${2:?}; shift 2 ;;
        --scale) scale=${2:?}; shift 2 ;;
        --plain) program= ; shift ;;
        *) usage ;;
    esac
done
[[ $what != delivery || -n $program ]] || usage

./deploy/install-dependencies.sh --build --test --run
if [[ -n $program ]]; then
    cmake --preset release >/dev/null
    cmake --build --preset release --target backupwatch -j "$(nproc)"
fi

# /var/tmp, because /tmp is memory on many machines. What a disk does to a message is not wanted.
where=/var/tmp
[[ $what != delivery ]] || where=/dev/shm
folder=$(mktemp --directory --tmpdir="$where" backupwatch-bench.XXXXXX)
trap 'stop_postgres "$folder"; rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM

if [[ $what == delivery ]]; then
    trap 'rm -rf "$folder"' EXIT
    python3 -B bench/delivery.py --folder "$folder" --rounds "$rounds" --program "$program" \
        --results bench/README.md
    exit
fi

cat >"$folder/config.yaml" <<YAML
state_dir: $folder/state
control_socket: $folder/control.sock
http: {listen: "127.0.0.1:19856"}
log: {level: warning}
databases:
  - name: big
    url: postgresql:///big?host=$folder/postgres&user=postgres
    backups:
      - {name: nightly, source: dump, directory: $folder/dumps, take: "03:00", jobs: 2, drill: {target: 5m}}
YAML

echo "making a database of $scale GB"
start_postgres "$folder"
export PGHOST=$folder/postgres PGUSER=postgres
/usr/lib/postgresql/15/bin/createdb big
/usr/lib/postgresql/15/bin/pgbench --initialize --quiet \
    --scale="$(awk "BEGIN { scale = int(30 * $scale); print scale < 1 ? 1 : scale }")" big 2>/dev/null
/usr/lib/postgresql/15/bin/psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --set=scale="$scale" \
    --file=tests/databases/big.sql big
/usr/lib/postgresql/15/bin/psql --no-psqlrc --quiet --command=CHECKPOINT big
unset PGHOST PGUSER

python3 -B bench/compare.py "$what" --folder "$folder" --rounds "$rounds" \
    ${program:+--program "$program"} --results bench/README.md
