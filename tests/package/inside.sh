#!/bin/bash
# Run by systemd in the booted container, as root: the package's whole life. Its last line is "passed" where all went well.
set -euo pipefail
cd /root
trap 'echo "FAILED in line $LINENO: $BASH_COMMAND"' ERR
unit=backupwatch.service
secret=canary-4711-of-the-webhook

step() {
    printf '%3d s  %s\n' "$SECONDS" "$*"
}

fail() {
    echo "FAILED: $*"
    systemctl status --no-pager "$unit" || true
    journalctl --no-pager --lines=30 --unit="$unit" --unit=backupwatch-failure || true
    exit 1
}

# within SECONDS WHAT COMMAND...: until it succeeds.
within() {
    local deadline=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < deadline)) || fail "not within time: $what"
        sleep 0.1
    done
}

# refused WHAT COMMAND...: it must not succeed.
refused() {
    local what=$1
    shift
    if "$@" >/dev/null 2>&1; then fail "$what"; fi
}

property() {
    systemctl show --property="$1" --value "${2:-$unit}"
}

status_says() {
    [[ $(property StatusText) == *"$1"* ]]
}

# Asked at once: between two questions it may have been ended.
another_pid() {
    local now
    now=$(systemctl show --property=MainPID,ActiveState "$unit" | sort | paste --serial --delimiters=' ')
    [[ $now =~ ^ActiveState=active\ MainPID=[1-9] && $now != *"=$1" ]]
}

sink_has() {
    grep -q "$1" /root/sink
}

sink_has_twice() {
    [[ $(grep -c "$1" /root/sink) == 2 ]]
}

# What lies in the state alone.
knows_what_was() {
    backupwatch history shop >/root/history
    grep -q 'before-it-ends' /root/history && grep -qE 'drill +nightly +[0-9TZ]+ passed' /root/history
}

write_config() {
    cat >/etc/backupwatch/config.yaml <<YAML
databases:
  - name: shop
    url: "\${SHOP_DATABASE_URL}"
    backups:
      - name: nightly
        source: dump
        directory: /var/lib/backupwatch/dumps/shop
        take: "03:00"
        drill: {when: "04:00"}
$*
notifiers:
  - {name: slack, type: slack, webhook_url: "\${credential:secret_slack}"}
YAML
}

# A drill that takes more memory than there is, is ended by the kernel, and the daemon goes on.
drill_too_much() {
    local limited_by pid code=0
    limited_by=$(cat /root/limited-by)
    if [[ $limited_by == nobody ]]; then
        step "left out: a drill that takes too much memory (nobody can limit it here)"
        return
    fi
    step "a drill that takes more memory than there is, is ended by the kernel; the daemon goes on (limit: $limited_by)"
    psql --command='CREATE DATABASE hungry'
    # In the throw-away server alone: it is the one that syncs nothing.
    psql hungry <<'SQL'
CREATE FUNCTION devour() RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('fsync') = 'on' THEN RETURN 0; END IF;
    RETURN (SELECT count(a) FROM (SELECT array_agg(repeat('x', 1000)) AS a FROM generate_series(1, 5000000)) AS big);
END $$;
CREATE MATERIALIZED VIEW meal AS SELECT public.devour() AS count;
SQL
    write_config "  - name: hungry
    url: postgresql:///hungry?host=/var/run/postgresql
    backups: [{name: nightly, source: dump, directory: /var/lib/backupwatch/dumps/hungry, take: '03:00', drill: {when: '04:00'}}]"
    [[ $limited_by == container ]] || systemctl set-property --runtime "$unit" MemoryMax=700M
    systemctl reload "$unit"
    pid=$(property MainPID)
    backupwatch backup hungry
    backupwatch drill hungry >/root/drill || code=$?
    cat /root/drill
    [[ $code == 3 ]] || fail "the drill ended with $code"
    grep -q 'for want of memory' /root/drill
    [[ $(property MainPID) == "$pid" && $(property ActiveState) == active && $(property NRestarts) == 0 ]]
    backupwatch drill shop >/root/drill || [[ $? == 1 ]] || fail "the next drill: $(cat /root/drill)"
    [[ $limited_by == systemd ]] || return 0
    grep -E '^oom' "/sys/fs/cgroup$(property ControlGroup)/memory.events"
    grep -qE '^oom_kill [1-9]' "/sys/fs/cgroup$(property ControlGroup)/memory.events" || fail "the kernel has ended nothing"
    journalctl --no-pager --unit="$unit" >/root/journal
    grep 'killed by the OOM killer' /root/journal || fail "systemd has not seen it"
    systemctl set-property --runtime "$unit" MemoryMax=80%
    rm -r "/run/systemd/system.control/$unit.d"
    systemctl daemon-reload
}

step "the package is installed, and starts nothing"
dpkg --install /root/backupwatch.deb >/root/dpkg.log 2>&1 || fail "$(cat /root/dpkg.log)"
grep -q 'write /etc/backupwatch/config.yaml' /root/dpkg.log
[[ $(property ActiveState) == inactive && $(property UnitFileState) == disabled ]]
[[ $(stat -c '%U %a' /var/lib/backupwatch) == 'backupwatch 711' ]]
[[ $(stat -c '%U %a' /etc/backupwatch/credentials) == 'root 700' ]]
grep -q config.example.yaml /var/lib/dpkg/info/backupwatch.conffiles

step "every command has its place in the manual page, and completes"
commands=$(backupwatch --help | sed -nE '/^Subcommands:/,$ s/^  ([a-z][a-z-]*) .*/\1/p')
[[ $(wc -w <<<"$commands") -gt 15 ]]
zcat /usr/share/man/man1/backupwatch.1.gz | sed 's/\\-/-/g' >/root/manual
for command in $commands; do
    grep -qE "^\.SS \\\\fB\\\\fC${command}[ \\\\]" /root/manual ||
        fail "the manual page does not have $command"
done
(
    # shellcheck source=deploy/debian/backupwatch.bash-completion
    . /usr/share/bash-completion/completions/backupwatch
    COMP_WORDS=(backupwatch --config x dr) COMP_CWORD=3
    _backupwatch
    [[ ${COMPREPLY[*]} == drill ]]
    COMP_WORDS=(backupwatch drill --re) COMP_CWORD=2
    _backupwatch
    [[ ${COMPREPLY[*]} == --report ]]
)

step "every link of README and docs/ leads somewhere"
cd /usr/share/doc/backupwatch
grep --recursive --include='*.md' --only-matching --perl-regexp '\]\(\K(?!https?:)[^)#]+' . >/root/links
[[ $(wc -l </root/links) -gt 50 ]]
while IFS=: read -r file link; do
    [[ -e $(dirname "$file")/$link ]] || fail "a dead link in $file: $link"
done </root/links

step "a source whose restore runs what JIT compiled"
pg_createcluster --start 15 main >/dev/null
cd /tmp
psql() {
    runuser -u postgres -- psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 "$@"
}
psql --command='CREATE ROLE backupwatch LOGIN BYPASSRLS IN ROLE pg_read_all_data, pg_read_all_stats' \
    --command='CREATE DATABASE shop'
psql shop <<'SQL'
CREATE TABLE orders AS SELECT i AS id, md5(i::text) AS word FROM generate_series(1, 5000) AS i;
CREATE FUNCTION jitted() RETURNS bigint LANGUAGE plpgsql SET jit = on SET jit_above_cost = 0 AS $$
DECLARE total bigint;
BEGIN
    IF NOT pg_jit_available() THEN RAISE EXCEPTION 'no JIT here'; END IF;
    SELECT sum(id * 2 + length(word)) INTO total FROM public.orders WHERE id % 3 <> 1;
    RETURN total;
END $$;
CREATE MATERIALIZED VIEW totals AS SELECT jitted() AS total;
SQL

step "the service is ready when it says so"
perl /root/sink.pl /root/sink &
install -m 0600 /dev/null /etc/backupwatch/credentials/slack
printf 'http://127.0.0.1:8088/%s' "$secret" >/etc/backupwatch/credentials/slack
write_config
mkdir -p /run/systemd/system/$unit.d
[[ -e /root/slow ]] || printf '[Service]\nWatchdogSec=8s\nRestartSec=500ms\n' >/run/systemd/system/$unit.d/test.conf
# Of the service alone: what tells of its end does without.
database_url='postgresql:///shop?host=/var/run/postgresql'
printf '[Service]\nEnvironment="SHOP_DATABASE_URL=%s"\n' "$database_url" >/run/systemd/system/$unit.d/variable.conf
systemctl daemon-reload
systemctl enable --now "$unit" 2>/dev/null || fail "it does not start"
backupwatch status >/root/status || [[ $? -le 3 ]]
status_says '1 database, no incident, next slot 0' || fail "$(property StatusText)"
[[ $(property IOWeight) == 50 && $(property CPUWeight) == 50 ]]
weight=/sys/fs/cgroup$(property ControlGroup)/io.weight
if [[ -e $weight ]]; then grep -q '^default 50$' "$weight"; else step "left out: the weight that the kernel has (it lets nobody here set one)"; fi
[[ $(property User) == backupwatch && $(stat -c '%U %a' /run/backupwatch) == 'backupwatch 755' ]]

# A machine without a processor of its own: the rest has its moments.
if [[ -e /root/slow ]]; then
    backupwatch backup shop
    drill_too_much
    step "done"
    echo passed
    exit
fi

step "a dump and a drill, inside the sandbox"
backupwatch backup shop || fail "no dump"
backupwatch drill shop >/root/drill || fail "$(cat /root/drill)"
sed -n '1,4p; /sandbox/p' /root/drill
backupwatch mark shop before-it-ends
knows_what_was || fail "$(cat /root/history)"
refused "the sandbox of the service keeps that of the drill from being made" grep -E 'filters no system calls|lists no children|fences nobody from files' /root/drill

step "secrets are credentials, and nowhere else"
backupwatch notify-test slack >/dev/null
within 5 "the test message arrives" sink_has TEST
journalctl --no-pager --unit="$unit" >/root/journal
cp "/proc/$(property MainPID)/environ" /root/environ
grep -q CREDENTIALS_DIRECTORY /root/environ
refused "a secret is in the journal" grep "$secret" /root/journal
refused "a secret is in the environment" grep --text "$secret" /root/environ
refused "anybody reads a secret" runuser -u nobody -- cat /etc/backupwatch/credentials/slack
refused "anybody reads a credential" runuser -u nobody -- cat "/run/credentials/$unit/secret_slack"
runuser -u backupwatch -- grep -q "$secret" "/run/credentials/$unit/secret_slack"

# As whoever is woken at night types it.
SHOP_DATABASE_URL=$database_url backupwatch check-config >/root/checked || fail "$(cat /root/checked)"

step "the journal has priorities and fields"
write_config "bakcups: []"
refused "a bad configuration was reloaded" systemctl reload "$unit"
journal_has() {
    journalctl --no-pager --output=json _PID="$(property MainPID)" "_SYSTEMD_UNIT=$unit" SYSLOG_IDENTIFIER=backupwatch \
        "PRIORITY=$1" >/root/journal
    grep -q "$2" /root/journal
}
# Neither the time nor the priority is in the words again: those are fields.
within 5 "an error" journal_has 3 '"MESSAGE":"configuration not reloaded'
within 5 "what is no error" journal_has 6 '"MESSAGE":"running version='
refused "errors are marked as such" journal_has 6 'configuration not reloaded'

step "a bad reload fails and changes nothing, a good one is in use when it returns"
[[ $(property ActiveState) == active ]]
status_says 'the newest configuration is bad' || fail "$(property StatusText)"
write_config "  - {name: crm, disk: {source: filesystem, path: /}}"
systemctl reload "$unit" || fail "a good configuration was not reloaded"
status_says '2 databases' || fail "$(property StatusText)"
[[ $(property NRestarts) == 0 ]]

drill_too_much
write_config "  - name: crm
    disk: {source: filesystem, path: /}"
systemctl reload "$unit"

step "the watchdog ends one that stands still, and it is begun again; that is noted"
pid=$(property MainPID)
kill -STOP "$pid"
within 30 "a new process" another_pid "$pid"
journalctl --no-pager --unit="$unit" >/root/journal
grep -qi 'watchdog timeout' /root/journal
grep -q 'watchdog$' /run/backupwatch.ends

step "a start that hangs is never given up, and somebody is told, once"
systemctl stop "$unit"
# As of a state on a disk that does not answer.
exec 9<>/var/lib/backupwatch/state.lock
flock 9
printf '[Unit]\nStartLimitIntervalSec=0\n[Service]\nTimeoutStartSec=2s\nTimeoutStopSec=1s\n' >/run/systemd/system/$unit.d/hang.conf
systemctl daemon-reload
systemctl start --no-block "$unit"
within 60 "somebody is told that it hangs again and again" sink_has 'ends again and again (timeout)'
ends=$(wc -l </run/backupwatch.ends)
has_ended_again() {
    [[ $(wc -l </run/backupwatch.ends) -gt $ends ]]
}
within 30 "it is begun again all the same" has_ended_again
if sink_has_twice 'again and again'; then fail "it was told more than once"; fi
# Half a day later it would be told again; what is hours ago counts for nothing.
uptime=$(cut --delimiter=. --fields=1 /proc/uptime)
echo "$((uptime - 21700)) timeout" >/run/backupwatch.told
printf '%s timeout\n' $((uptime - 7300)) $((uptime - 7400)) >/run/backupwatch.ends
SERVICE_RESULT=timeout /usr/lib/backupwatch/note-end
refused "what is long ago counts" grep "^$((uptime - 7300)) " /run/backupwatch.ends
within 30 "somebody is told again" sink_has_twice 'again and again'
# What could not be told silences nothing.
rm /run/backupwatch.told
systemctl mask --runtime --quiet backupwatch-failure.service
SERVICE_RESULT=timeout /usr/lib/backupwatch/note-end
refused "what nobody was told counts as told" test -e /run/backupwatch.told
systemctl unmask --runtime --quiet backupwatch-failure.service
exec 9<&-
within 30 "a new process, once its state answers" another_pid 0
status_says '2 databases' || fail "$(property StatusText)"
rm /run/systemd/system/$unit.d/hang.conf
systemctl daemon-reload

step "killed, it is begun again with all that it knew; killed again and again, somebody is told"
pid=$(property MainPID)
kill -KILL "$pid"
within 20 "a new process" another_pid "$pid"
knows_what_was || fail "what it knew is not what it knows: $(cat /root/history)"
gives_up() {
    local pid
    pid=$(property MainPID)
    # Of none there is no process, and 0 would be ourselves.
    [[ $pid == 0 ]] || kill -KILL "$pid"
    [[ $(property ActiveState) == failed ]]
}
within 40 "it is given up" gives_up
within 20 "somebody is told" sink_has 'has ended'
[[ $(property Result backupwatch-failure.service) == success ]]

step "a bad configuration is given up at once, and somebody is told"
good=$(cat /etc/backupwatch/config.yaml)
write_config "bakcups: []"
systemctl reset-failed "$unit"
refused "it starts with a bad configuration" systemctl start "$unit"
[[ $(property ActiveState) == failed && $(property ExecMainStatus) == 78 ]]
within 20 "somebody is told" sink_has 'has ended (exit-code)'

step "where nobody can be told, the terminals are, and root gets a mail"
# One that somebody has logged in at: wall finds those in utmp.
script --quiet --flush --command 'tty >/root/tty; sleep 300' /root/terminal </dev/null >/dev/null 2>&1 &
terminal=$!
within 5 "a terminal" test -s /root/tty
perl -e 'print pack("s x2 l a32 a4 a32 a256 x52", 7, $ARGV[0], $ARGV[1] =~ s{/dev/}{}r, "test", "root", "")' $terminal "$(cat /root/tty)" >>/run/utmp
echo 'databases: [' >/etc/backupwatch/config.yaml
systemctl reset-failed "$unit"
refused "it starts with half a configuration" systemctl start "$unit"
nobody_is_told() {
    [[ $(property ActiveState backupwatch-failure.service) == failed ]]
}
within 20 "nobody can be told, which is said" nobody_is_told
grep -q 'has ended (exit-code)' /root/terminal || fail "the terminal was not told: $(cat /root/terminal)"
kill $terminal
printf '#!/bin/sh\ncat >/var/handed-in\ngrep NoNewPrivs /proc/self/status >/var/its-status\n' >/usr/sbin/sendmail
chmod 755 /usr/sbin/sendmail
systemctl start backupwatch-failure.service || fail "no mail was handed in"
grep -q '^To: root$' /var/handed-in
grep -q 'has ended (exit-code)' /var/handed-in
# One that is setuid or setgid becomes another.
grep -q '0$' /var/its-status || fail "sendmail gets no privileges: $(cat /var/its-status)"
rm /usr/sbin/sendmail /var/handed-in /var/its-status
printf '%s\n' "$good" >/etc/backupwatch/config.yaml

step "without its secrets it does not start, and what tells of that does"
mv /etc/backupwatch/credentials /root/credentials
systemctl reset-failed
refused "it is not failed any more" nobody_is_told
refused "it starts without its secrets" systemctl start "$unit"
within 20 "nobody can be told, which is said" nobody_is_told
mv /root/credentials /etc/backupwatch/credentials
systemctl reset-failed
systemctl start "$unit"

exposed_at_most() {
    step "exposure: $(systemd-analyze security --no-pager "$2" | sed -n 's/^→ //p')"
    systemd-analyze security --no-pager --threshold="$1" "$2" >/dev/null || fail "the exposure of $2 is above $1 tenths"
}
exposed_at_most 20 "$unit"
exposed_at_most 30 backupwatch-failure.service

step "an upgrade keeps state and configuration, and the new one runs"
pid=$(property MainPID)
before=$(backupwatch list shop --json)
dpkg --install /root/newer.deb >/root/dpkg.log 2>&1 || fail "$(cat /root/dpkg.log)"
within 10 "a new process" another_pid "$pid"
[[ $(dpkg-query --show --showformat='${Version}' backupwatch) == 0.1.1 ]]
[[ $(cat /etc/backupwatch/config.yaml) == "$good" ]]
[[ $(backupwatch list shop --json) == "$before" ]] || fail "its list is another"
knows_what_was || fail "what it knew is not what it knows: $(cat /root/history)"

step "removed and installed again, it runs as it did, or not where it is disabled"
dpkg --remove backupwatch >/root/dpkg.log 2>&1 || fail "$(cat /root/dpkg.log)"
[[ $(property ActiveState) == inactive && ! -e /usr/bin/backupwatch ]]
dpkg --install /root/newer.deb >/root/dpkg.log 2>&1 || fail "$(cat /root/dpkg.log)"
within 10 "a new process" another_pid 0
knows_what_was || fail "what it knew is not what it knows: $(cat /root/history)"
systemctl disable --quiet "$unit"
dpkg --remove backupwatch >/root/dpkg.log 2>&1 || fail "$(cat /root/dpkg.log)"
dpkg --install /root/newer.deb >/root/dpkg.log 2>&1 || fail "$(cat /root/dpkg.log)"
[[ $(property ActiveState) == inactive ]]
systemctl enable --now --quiet "$unit"

step "it stops in time"
started=$SECONDS
systemctl stop "$unit"
[[ $((SECONDS - started)) -le 6 && $(property Result) == success ]]

step "a purge leaves the dumps, and nothing else"
mkdir -p /var/lib/backupwatch/restores/shop
# A work folder that is a mount stays one.
work=/var/lib/backupwatch/work
rm -rf "$work"
mkdir "$work"
mount -t tmpfs tmpfs "$work"
mkdir "$work/drill-nightly-1"
dpkg --purge backupwatch >/root/dpkg.log 2>&1 || fail "$(cat /root/dpkg.log)"
grep -q 'dumps are yours to remove' /root/dpkg.log
mountpoint --quiet "$work" || fail "$work is no mount any more"
[[ -z $(ls "$work") ]] || fail "left in $work: $(ls "$work")"
umount "$work"
rmdir "$work"
left=$(find / -xdev \( -path /root -o -path /proc -o -path /sys -o -path /var/log -o -path /tmp -o -path /etc/postgresql-common \) -prune -o -name '*backupwatch*' -print |
    grep -v '^/run/systemd/system/backupwatch.service.d' || true)
[[ $left == /var/lib/backupwatch ]] || fail "left behind: $left"
[[ $(ls /var/lib/backupwatch) == dumps && -n $(ls /var/lib/backupwatch/dumps/shop) ]]

step "done"
echo passed
