#!/usr/bin/env bash
# The package, from packing to purging, in a minimal Debian 12 that systemd has booted:
#
#   run.sh BUILD     a build folder in which backupwatch was built; nothing is built here
#
# It packs, has lintian look at it, has buildah build deploy/container/Containerfile and run what is in the image, boots the tree of that with
# systemd-nspawn, without a network, and runs inside.sh there. Where it is not run by root, or Debian's mirror cannot be reached, it exits
# with 77; nothing else excuses it, since deploy/install-dependencies.sh --test installs what it needs. It takes about three minutes, most of
# them for Debian's packages; the minimal system is kept as BUILD/package.minimal.tar.
#
# With BACKUPWATCH_TEST_KERNEL=FILE it boots a machine instead, emulated by qemu, with that kernel, which must have nvme and ext4 built in
# (as that of Debian's linux-image-cloud-amd64). There systemd has every controller of cgroup2 to itself, and all that is tried is that
# MemoryMax= and OOMPolicy= act: it takes five minutes.
set -euo pipefail
build=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
containerfile=$(cd "$here/../../deploy/container" && pwd)/Containerfile
minimal=$build/package.minimal.tar
# shellcheck source=tests/tools/debian_sources.sh
. "$here/../tools/debian_sources.sh"
longest_boot=300
longest_emulation=1500

skip() {
    echo "skipped: the package was not tested: $*"
    exit 77
}

fail() {
    echo "package: $*" >&2
    exit 1
}

[[ $EUID -eq 0 ]] || skip "only root boots a container"
can_reach_debian || skip "Debian's mirror cannot be reached from here"
for needed in debootstrap buildah systemd-nspawn lintian cpack dpkg-shlibdeps; do
    command -v "$needed" >/dev/null || fail "no $needed here (deploy/install-dependencies.sh --test)"
done
grep -qw cgroup2 /proc/filesystems || fail "this kernel has no cgroup2"

folder=$(mktemp --directory "$build/package.XXXXXX")
container=
clean_up() {
    if [[ -n $container ]] && kill -TERM "$container" 2>/dev/null; then
        wait "$container" || true
    fi
    if [[ -n ${memory:-} ]]; then rmdir "$memory" || true; fi
    rm -rf --one-file-system "$folder"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

step() {
    printf '%3d s  %s\n' "$SECONDS" "$*"
}

# In a namespace of its own, so that what is mounted in there ends with it.
inside() {
    unshare --mount --propagation private bash -euo pipefail -c '
        mount -t proc proc "$0/proc"
        mount --rbind /dev "$0/dev"
        exec chroot "$0" /usr/bin/env --ignore-environment HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
            PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin sh -c "$1"' "$root" "$1"
}

pack() {
    cpack --config "$build/CPackConfig.cmake" -B "$folder" >"$folder/cpack.log" 2>&1 || {
        cat "$folder/cpack.log" >&2
        fail "it cannot be packed"
    }
    package=$(echo "$folder"/backupwatch_*.deb)
    local said
    said=$(lintian --fail-on error --allow-root "$package" 2>&1) || fail "lintian: $said"
    step "$(basename "$package"), $(stat -c %s "$package") bytes; lintian: $(grep -c '^E:' <<<"$said") errors, $(grep -c '^W:' <<<"$said") warnings"
    [[ -z $said ]] || echo "$said"
    # The next version, in all but its name the same.
    dpkg-deb --raw-extract "$package" "$folder/newer"
    said=$(man --warnings --local-file "$folder/newer/usr/share/man/man1/backupwatch.1.gz" 2>&1 >/dev/null) || fail "no manual page: $said"
    [[ -z $said ]] || fail "the manual page: $said"
    sed -i 's/^Version: .*/Version: 0.1.1/' "$folder/newer/DEBIAN/control"
    dpkg-deb --root-owner-group --build "$folder/newer" "$folder/newer.deb" >/dev/null
}

# With images of its own, so that nothing of this machine's is seen or changed, copied and not mounted over each other: so it works in a
# container, too.
engine() {
    buildah --storage-driver vfs --root "$folder/storage" --runroot "$folder/run" "$@"
}

# What the Containerfile begins with. A slim Debian has no systemd-sysusers: there the package makes its user otherwise.
make_base_image() {
    local working tree
    working=$(engine from scratch)
    tree=$(engine mount "$working")
    tar --extract --file "$minimal" --directory "$tree"
    use_host_sources "$tree"
    # Nobody needs it after a power cut.
    echo force-unsafe-io >"$tree/etc/dpkg/dpkg.cfg.d/unsafe-io"
    mv "$tree/usr/bin/systemd-sysusers" "$tree/usr/bin/systemd-sysusers.hidden"
    engine commit --quiet --rm "$working" "$(sed -n 's/^FROM //p' "$containerfile")"
}

in_image() {
    engine run --isolation chroot --volume "$folder/etc:/etc/backupwatch:ro" backupwatch-working-container -- "$@"
}

# The image, built and run; its tree is what everything after that is installed into.
containerize() {
    local words
    mkdir "$folder/context" "$folder/etc"
    ln "$package" "$folder/context"
    {
        make_base_image
        engine build --isolation chroot --pull-never --file "$containerfile" --tag backupwatch "$folder/context"
        engine from --pull-never --name backupwatch-working-container localhost/backupwatch
    } >"$folder/step.log" 2>&1 || {
        tail -n 30 "$folder/step.log" >&2
        fail "the image cannot be built"
    }
    root=$(engine mount backupwatch-working-container)
    step "the image is built of deploy/container/Containerfile"
    cat >"$folder/etc/config.yaml" <<'YAML'
http: {listen: "127.0.0.1:0"}
databases:
  - name: shop
    url: postgresql:///postgres?host=/tmp&user=backupwatch
    backups: [{name: nightly, source: dump, directory: /var/lib/backupwatch/dumps/shop, take: "03:00", drill: {when: "04:00"}}]
YAML
    [[ $(in_image backupwatch --version) == "backupwatch $(dpkg-deb --field "$package" Version)" ]] || fail "the image has another version"
    # As its user, by its own entry point. A drill that is slow, on a busy machine, has passed.
    words=$(engine inspect --type image --format '{{range .OCIv1.Config.Entrypoint}}{{.}} {{end}}{{range .OCIv1.Config.Cmd}}{{.}} {{end}}' backupwatch)
    # shellcheck disable=SC2086,SC2016 # words; for the shell in there
    in_image sh -ec '
        backupwatch check-config
        "$@" 2>/tmp/run.log &
        for i in $(seq 100); do [ ! -S /run/backupwatch/control.sock ] || break; sleep 0.1; done
        [ -S /run/backupwatch/control.sock ] || { cat /tmp/run.log; exit 1; }
        bin=/usr/lib/postgresql/15/bin
        $bin/initdb --pgdata=/tmp/source --auth=trust >/tmp/initdb.log
        $bin/pg_ctl --pgdata=/tmp/source --options="-k /tmp -c listen_addresses=" --log=/tmp/source.log --wait start >/tmp/start.log
        psql --host=/tmp --dbname=postgres --quiet --command="CREATE TABLE posts AS SELECT generate_series(1, 1000) AS id"
        backupwatch backup shop
        backupwatch drill shop || [ $? = 1 ]
        $bin/pg_ctl --pgdata=/tmp/source --mode=immediate stop >/tmp/stop.log
        kill -TERM $!
        wait $! || { cat /tmp/run.log; exit 1; }' sh $words >"$folder/step.log" 2>&1 || {
        cat "$folder/step.log" >&2
        fail "what is in the image does not run"
    }
    step "in it the daemon starts, takes a dump, drills it and stops: $(grep '^PASSED' "$folder/step.log" || fail "$(cat "$folder/step.log")")"
    grep -E '^  skipped' "$folder/step.log" || true
    inside 'dpkg --purge backupwatch' >"$folder/step.log" 2>&1 || fail "$(cat "$folder/step.log")"
    mv "$root/usr/bin/systemd-sysusers.hidden" "$root/usr/bin/systemd-sysusers"
    inside 'userdel backupwatch'
    rm -rf "${root:?}"/tmp/*
    # The engine lends its own while it runs something.
    echo "127.0.0.1 localhost" >"$root/etc/hosts"
    [[ ! -e $root/etc/backupwatch && ! -e $root/var/lib/backupwatch ]] || fail "a purge leaves something where there are no dumps"
}

# Who can limit memory in there: systemd itself, where this machine has cgroup2's controller and hands it down; else a group of cgroup 1
# around the whole container; else nobody.
choose_memory_limit() {
    limited_by=nobody memory=
    local ours
    if [[ $(stat -fc %T /sys/fs/cgroup) == cgroup2fs ]]; then
        if grep -qw memory /sys/fs/cgroup/cgroup.subtree_control; then limited_by=systemd; fi
        return
    fi
    ours=/sys/fs/cgroup/memory$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup)
    [[ -w $ours/memory.limit_in_bytes ]] || return 0
    memory=$ours/backupwatch-package-test
    mkdir -p "$memory"
    echo 1200M >"$memory/memory.limit_in_bytes"
    limited_by=container
}

# The system has all that inside.sh needs, and runs it.
prepare() {
    cp "$package" "$root/root/backupwatch.deb"
    cp "$folder/newer.deb" "$here/inside.sh" "$here/sink.pl" "$root/root/"
    cat >"$root/etc/systemd/system/inside.service" <<'UNIT'
[Unit]
After=multi-user.target dbus.service
[Service]
Type=oneshot
ExecStart=/bin/bash /root/inside.sh
ExecStopPost=/bin/systemctl poweroff --no-block
StandardOutput=append:/root/log
StandardError=append:/root/log
UNIT
    mkdir -p "$root/etc/systemd/system/graphical.target.wants"
    ln -s ../inside.service "$root/etc/systemd/system/graphical.target.wants/inside.service"
}

boot_machine() {
    for needed in qemu-system-x86_64 mke2fs debugfs; do
        command -v "$needed" >/dev/null || fail "no $needed here"
    done
    echo systemd >"$root/root/limited-by"
    touch "$root/root/slow"
    mke2fs -q -t ext4 -d "$root" "$folder/disk" 6G
    timeout --kill-after=10 "$longest_emulation" qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 3G -nographic \
        -no-reboot -nic none -kernel "$BACKUPWATCH_TEST_KERNEL" -append "root=/dev/nvme0n1 rw console=ttyS0 quiet" \
        -drive "file=$folder/disk,if=none,id=disk,format=raw,cache=unsafe" -device nvme,drive=disk,serial=disk \
        </dev/null >"$folder/console.log" 2>&1 || fail "no machine: $(tail -n 5 "$folder/console.log")"
    debugfs -R "dump /root/log $root/root/log" "$folder/disk" 2>/dev/null
}

# A pure cgroup2 for it, whatever this machine has; of the controllers that this machine has elsewhere only memory is enforced, from here.
boot_container() {
    choose_memory_limit
    echo "$limited_by" >"$root/root/limited-by"
    unshare --mount --propagation private bash -euo pipefail -c '
        # A name that stays when what it lies on is taken away.
        if [[ -n $2 ]]; then
            exec 9<"$2"
            set -- "$1" "/proc/self/fd/9"
        fi
        if [[ $(stat -fc %T /sys/fs/cgroup) != cgroup2fs ]]; then
            umount --recursive --lazy /sys/fs/cgroup
            mount -t cgroup2 cgroup2 /sys/fs/cgroup
        fi
        group=/sys/fs/cgroup/backupwatch-package-test
        mkdir -p "$group"
        machine() {
            echo "$BASHPID" >"$group/cgroup.procs"
            [[ -z $2 ]] || echo "$BASHPID" >"$2/cgroup.procs"
            exec 9<&-
            exec timeout --kill-after=10 "$1" systemd-nspawn --quiet --directory="$0" --machine=backupwatch-test \
                --register=no --keep-unit --private-network --console=pipe --link-journal=no \
                --system-call-filter="landlock_create_ruleset landlock_add_rule landlock_restrict_self" --boot
        }
        machine "$1" "$2" &
        trap "kill -TERM $!" TERM
        code=0
        wait "$!" || code=$?
        wait "$!" || true
        find "$group" -depth -type d -exec rmdir {} +
        exit "$code"' \
        "$root" "$longest_boot" "$memory" </dev/null >"$folder/console.log" 2>&1 &
    container=$!
    wait "$container" || step "the container ended with $?"
    container=
}

judge() {
    [[ -s $root/root/log ]] || {
        tail -n 30 "$folder/console.log" >&2
        fail "nothing ran in there"
    }
    cat "$root/root/log"
    [[ $(tail -n 1 "$root/root/log") == passed ]] || fail "see above"
    [[ ${limited_by:-} == container ]] || return 0
    local ended
    ended=$(sed -n 's/^oom_kill //p' "$memory/memory.oom_control")
    [[ $ended -ge 1 ]] || fail "the kernel has ended nothing for want of memory"
    step "memory was limited around the container: this machine has no such controller in cgroup2, so MemoryMax= and OOMPolicy= were not seen to act (with BACKUPWATCH_TEST_KERNEL= they are)"
}

pack
if [[ ! -e $minimal ]]; then
    make_debian "$folder/debian" "$folder/debootstrap.log" systemd,systemd-sysv,dbus || fail "$(tail -n 5 "$folder/debootstrap.log")"
    tar --create --file "$folder/minimal.tar" --directory "$folder/debian" .
    rm -rf --one-file-system "$folder/debian"
    mv "$folder/minimal.tar" "$minimal"
fi
step "a minimal Debian 12"
containerize
prepare
if [[ -n ${BACKUPWATCH_TEST_KERNEL:-} ]]; then
    boot_machine
else
    boot_container
fi
judge
step "passed"
