# shellcheck shell=bash
# To be sourced: a Debian 12 of one's own in a folder, made from where this machine has its packages.
#
#   make_debian FOLDER LOG [PACKAGES]   debootstrap, with packages besides, separated by commas
#   can_reach_debian             whether packages can be had now
#   use_host_sources FOLDER      its apt and its resolver find what this machine's find

# What this machine's apt is told about proxies and mirrors holds in there too; other vendors'
# repositories do not, or it would not be a plain Debian.
host_apt_settings() {
    apt-config dump | grep -E '^Acquire::(https?|Retries|Check-)' || true
}

host_debian_sources() {
    apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
        'Created-By: Packages' 'Origin: Debian' |
        sort --unique | grep bookworm || true
}

debian_mirror() {
    host_debian_sources | awk '$3 == "bookworm" { print $2; exit }'
}

# As apt asks it, with what this machine's apt is told.
can_reach_debian() {
    local release mirror result=0
    release=$(mktemp)
    mirror=$(debian_mirror)
    /usr/lib/apt/apt-helper -o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 \
        download-file "${mirror%/}/dists/bookworm/InRelease" "$release" >/dev/null 2>&1 || result=1
    rm -f "$release"
    return $result
}

make_debian() {
    local proxy mirror
    mirror=$(debian_mirror)
    eval "$(apt-config shell proxy Acquire::http::Proxy)"
    http_proxy=${proxy:-${http_proxy:-}} debootstrap --variant=minbase ${3:+--include="$3"} \
        bookworm "$1" ${mirror:+"$mirror"} >"$2" 2>&1
    rm -rf "$1"/var/cache/apt/archives/*.deb "$1"/var/lib/apt/lists/*
}

use_host_sources() {
    local sources
    cp --dereference /etc/resolv.conf "$1/etc/resolv.conf"
    host_apt_settings >"$1/etc/apt/apt.conf.d/99host"
    sources=$(host_debian_sources)
    [[ -z $sources ]] || echo "$sources" >"$1/etc/apt/sources.list"
}
