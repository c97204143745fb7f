#!/usr/bin/env bash
# Installs what backupwatch needs from Debian 12's own packages, and nothing else.
#
#   --build   what compiles it (the default)
#   --test    what tests/run.sh needs on top
#   --run     what it calls at run time: PostgreSQL's own programs
#
# Several may be given. What is there already is left as it is, and then nothing is downloaded.
# No service is started, and no PostgreSQL cluster is created: this may be a machine in use.
set -euo pipefail

build_packages=(
    g++ cmake dpkg-dev file go-md2man ninja-build ccache pkg-config
    libboost1.81-dev libcli11-dev libcurl4-openssl-dev libpq-dev libspdlog-dev libsqlite3-dev libsqlitecpp-dev
    libssl-dev libxxhash-dev libyaml-cpp-dev libzstd-dev zlib1g-dev
)
test_packages=(
    buildah clang-14 clang-format clang-tidy debootstrap git libclang-rt-14-dev libgtest-dev lintian lld npm postfix procps prometheus python3
    shellcheck strace systemd-container
)
run_packages=(
    postgresql-15 postgresql-client-15 zstd
)

fail() {
    echo "install-dependencies: $*" >&2
    exit 1
}

# npm comes with a Node.js that is not Debian's, too, and then Debian's own cannot be installed.
is_installed() {
    [[ $1 == npm ]] && command -v npm >/dev/null && return
    [[ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]
}

as_root() {
    if [[ $EUID -eq 0 ]]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "installing packages needs root: run this as root, or install sudo"
    fi
}

# Debian's packages start what they install. Two files, there only while apt runs, prevent it:
# the first is asked before any service is started, the second before postgresql-15 makes a cluster.
services_off=/usr/sbin/policy-rc.d
clusters_off=/etc/postgresql-common/createcluster.d/backupwatch.conf
cleanup=()

keep_services_off() {
    if [[ ! -e $services_off ]]; then
        cleanup+=("$services_off")
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$services_off" >/dev/null
        as_root chmod 755 "$services_off"
    fi
    cleanup+=("$clusters_off")
    as_root mkdir -p "${clusters_off%/*}"
    echo "create_main_cluster = false" | as_root tee "$clusters_off" >/dev/null
}

clean_up() {
    for file in "${cleanup[@]}"; do
        as_root rm -f "$file"
    done
    [[ ! -d ${clusters_off%/*} ]] || as_root rmdir --ignore-fail-on-non-empty "${clusters_off%/*}"
}

# apt says hundreds of lines; they matter only when it fails.
quietly() {
    local log
    log=$(mktemp)
    cleanup+=("$log")
    "$@" >"$log" 2>&1 || {
        tail -n 30 "$log" >&2
        fail "\`$*\` failed; its last lines are above"
    }
}

install() {
    trap clean_up EXIT
    keep_services_off
    quietly as_root apt-get update --quiet
    quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet \
        --no-install-recommends -o DPkg::Lock::Timeout=120 "$@"
    # promtool comes with a server that would start at the next boot, and so does Postfix.
    local service
    for service in prometheus postfix; do
        if [[ " $* " == *" $service "* && -d /run/systemd/system ]]; then
            as_root systemctl disable --quiet "$service"
        fi
    done
}

wanted=()
for argument in "${@:---build}"; do
    case $argument in
        --build) wanted+=("${build_packages[@]}") ;;
        --test) wanted+=("${test_packages[@]}") ;;
        --run) wanted+=("${run_packages[@]}") ;;
        *)
            echo "usage: ${0##*/} [--build] [--test] [--run]" >&2
            exit 64
            ;;
    esac
done

command -v apt-get >/dev/null || fail "this needs apt-get: the packages named here are Debian 12's"

missing=()
for package in "${wanted[@]}"; do
    is_installed "$package" || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

echo "installing ${missing[*]}"
install "${missing[@]}"
