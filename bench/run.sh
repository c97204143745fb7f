#!/usr/bin/env bash
# Measures backupwatch against PostgreSQL's plain tools in one run; writes bench/results.md.
#
#   run.sh dump|drill [--rounds N] [--scale S] [--plain]
#
# --scale 1 is 1 GB; --plain leaves backupwatch out. It needs about 6 GB of disk at scale 1, has a
# PostgreSQL of its own, and removes everything at the end. See bench/README.md.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=tests/tools/throwaway_postgres.sh
. tests/tools/throwaway_postgres.sh

usage() {
    echo "usage: ${0##*/} dump|drill [--rounds N] [--scale S] [--plain]" >&2
    exit 64
}

what=${1:-}
[[ $what == dump || $what == drill ]] || usage
shift
rounds=3 scale=1 program=$PWD/build/release/backupwatch
while [[ $# -gt 0 ]]; do
    case $1 in
        --rounds) rounds=${2:?}; shift 2 ;;
        --scale) scale=${2:?}; shift 2 ;;
        --plain) program= ; shift ;;
        *) usage ;;
    esac
done

./deploy/install-dependencies.sh --build --test --run
if [[ -n $program ]]; then
    cmake --preset release >/dev/null
    cmake --build --preset release --target backupwatch -j "$(nproc)"
fi

# /var/tmp, because /tmp is memory on many machines.
folder=$(mktemp --directory --tmpdir=/var/tmp backupwatch-bench.XXXXXX)
trap 'stop_postgres "$folder"; rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM

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
    ${program:+--program "$program"} --results bench/results.md
