#!/usr/bin/env bash
# A real Prometheus scrapes a daemon that has taken and drilled a backup, with the rules of deploy/prometheus loaded; then
# queries.py asks it every query of every rule and dashboard.
#
#   run.sh PROGRAM
set -euo pipefail
program=$1
here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../.." && pwd)
# shellcheck source=tests/tools/throwaway_postgres.sh
. "$here/../tools/throwaway_postgres.sh"

for needed in prometheus promtool; do
    command -v "$needed" >/dev/null || {
        echo "skipped: no $needed here (deploy/install-dependencies.sh --test)"
        exit 77
    }
done

folder=$(mktemp --directory)
processes=()
clean_up() {
    local process
    for process in "${processes[@]}"; do
        kill -TERM "$process" 2>/dev/null || true
        wait "$process" || true
    done
    stop_postgres "$folder"
    rm -rf "$folder"
}
trap clean_up EXIT

fail() {
    echo "observability: $*" >&2
    tail -n 20 "$folder"/*.log >&2
    exit 1
}

# The first port of loopback from the one given that nobody listens on.
free_port() {
    local port=$1
    while (: >"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
        port=$((port + 1))
    done
    echo "$port"
}

await() {
    local tries
    for tries in {1..300}; do
        python3 -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1])' "$1" 2>/dev/null && return
        sleep 0.1
    done
    fail "no answer from $1 after $tries tries"
}

promtool check rules "$repository"/deploy/prometheus/*.rules.yaml
promtool test rules "$repository"/deploy/prometheus/tests/*.test.yaml
promtool check config --syntax-only "$repository/deploy/prometheus/prometheus.example.yaml"
python3 -B "$repository/deploy/grafana/dashboards.py" --check
python3 -B "$here/worst_checks.py" "$repository" >"$folder/worst.test.yaml"
promtool test rules "$folder/worst.test.yaml"

start_postgres "$folder"
psql() {
    /usr/lib/postgresql/15/bin/psql --no-psqlrc --quiet --host="$folder/postgres" --username=postgres "$@"
}
psql --command='CREATE DATABASE shop' postgres
psql --command='CREATE TABLE orders AS SELECT i AS id FROM generate_series(1, 99) AS i' shop

port=$(free_port 19856)
# Nobody listens at port 1, so what is to be delivered waits.
cat >"$folder/config.yaml" <<YAML
state_dir: $folder/state
control_socket: $folder/control.sock
http: {listen: "127.0.0.1:$port"}
databases:
  - name: shop
    url: postgresql:///shop?host=$folder/postgres&user=postgres
    backups:
      - {name: nightly, source: dump, directory: $folder/dumps, take: every 7d, drill: {}, after_backup: ["true"]}
    disk: {source: filesystem, path: /, poll: 1s}
  # Of which nothing is known yet: its series are there all the same.
  - name: cloud
    backups:
      - {source: supabase, project: aaaaaaaaaaaaaaaaaaaa, access_token: none, api_url: "http://127.0.0.1:1"}
notifiers:
  - {name: slack, type: slack, webhook_url: "http://127.0.0.1:1/"}
heartbeat: {url: "http://127.0.0.1:1/"}
YAML
"$program" --config "$folder/config.yaml" run 2>"$folder/daemon.log" &
daemon=$!
processes+=("$daemon")
await "http://127.0.0.1:$port/healthz"
"$program" --config "$folder/config.yaml" backup shop
"$program" --config "$folder/config.yaml" drill shop >"$folder/drill.log"

prometheus_port=$(free_port 19900)
cat >"$folder/prometheus.yaml" <<YAML
global: {scrape_interval: 500ms, scrape_timeout: 400ms, evaluation_interval: 500ms}
rule_files: ["$repository/deploy/prometheus/*.rules.yaml"]
scrape_configs:
  - job_name: backupwatch
    static_configs: [{targets: ["127.0.0.1:$port"]}]
YAML
prometheus --config.file="$folder/prometheus.yaml" --storage.tsdb.path="$folder/prometheus" \
    --web.listen-address="127.0.0.1:$prometheus_port" 2>"$folder/prometheus.log" &
processes+=($!)
await "http://127.0.0.1:$prometheus_port/-/ready"
python3 -B "$here/queries.py" "http://127.0.0.1:$prometheus_port" "http://127.0.0.1:$port/metrics" "$repository" ||
    fail "see above"
kill -TERM "$daemon"
wait "$daemon" || fail "the daemon ended with $?"
