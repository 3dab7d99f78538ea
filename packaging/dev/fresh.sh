#!/usr/bin/env bash
# fresh.sh [TARGET...]: prove that the README's commands work from nothing. An empty Debian (debootstrap) with Python,
# make and git; for each target (demo and test by default) a copy of it, a fresh clone of HEAD in the copy, and
# `make TARGET` there with an empty environment. Log: build/fresh.log. Where this cannot run, it fails and says so.
set -euo pipefail
cd "$(dirname "$0")/../.."
source_dir=$PWD
targets=("$@")
[ $# -gt 0 ] || targets=(demo test)
limit_s=${FRESH_LIMIT_S:-2400}
work=$source_dir/build/fresh
mkdir -p build
exec > >(tee build/fresh.log) 2>&1
log_pid=$!

say() { printf '%s  %s\n' "$(date -u +%H:%M:%S)" "$*"; }
cannot() { say "fresh cannot run here: $*"; exit 1; }
clean_up() {
    local status=$?
    trap - EXIT
    # Mounts live in the namespaces of the trials and end with them; should one be left, nothing is deleted.
    if grep -q " $work/" /proc/self/mounts; then
        say "something is still mounted under build/fresh; it is left as it is"
        status=1
    elif [ -z "${FRESH_KEEP:-}" ]; then
        rm -rf --one-file-system "$work"
    fi
    exec >&- 2>&-
    wait "$log_pid" 2>/dev/null || true
    exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

[ "$(uname -s)" = Linux ] || cannot "it needs Linux"
[ "$(id -u)" = 0 ] || cannot "it needs root, for debootstrap and chroot"
git -c safe.directory="$source_dir" rev-parse --quiet --verify HEAD >/dev/null || cannot "this is no git clone"
git -c safe.directory="$source_dir" diff --quiet HEAD -- || say "note: uncommitted changes are not part of this trial"
if ! command -v debootstrap >/dev/null; then
    say "installing debootstrap"
    apt-get update -qq && apt-get install -y -qq --no-install-recommends debootstrap >/dev/null ||
        cannot "debootstrap is not installed and could not be"
fi
unshare --mount --pid --fork --kill-child true || cannot "the system allows no mount and process namespaces"

# What this machine needs to reach the network is taken from it as it is now: mirror, proxies, certificates.
# shellcheck source=/dev/null
suite=${FRESH_SUITE:-$(. /etc/os-release && echo "${VERSION_CODENAME:-bookworm}")}
[ -e "/usr/share/debootstrap/scripts/$suite" ] || cannot "debootstrap does not know the suite $suite"
mirror=${FRESH_MIRROR:-$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' |
    awk -v suite="$suite" '$1 == suite { print $2; exit }')}
arguments=(--variant=minbase --include=python3,python3-venv,make,git,ca-certificates "$suite" "$work/base")
[ -z "$mirror" ] || arguments+=("$mirror")

rm -rf --one-file-system "$work"
mkdir -p "$work"
# Taken at once: the trial is of this commit, whatever is committed while it runs.
git -c safe.directory="$source_dir" bundle create --quiet "$work/chatdesk.bundle" HEAD
commit=$(git bundle list-heads "$work/chatdesk.bundle" HEAD | cut -d ' ' -f 1)
say "commit $commit; suite $suite; targets: ${targets[*]}"
began=$SECONDS
if ! debootstrap "${arguments[@]}" >"$work/debootstrap.log" 2>&1; then
    tail -n 20 "$work/debootstrap.log"
    cannot "debootstrap failed"
fi
say "empty root made in $((SECONDS - began)) s"

in_root() { # root, limit in s, command...: run it with nothing of this machine's environment
    local root=$1 limit=$2 name
    shift 2
    local environment=(HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
    for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
        [ -z "${!name:-}" ] || environment+=("$name=${!name}")
    done
    # Its own process namespace: whatever a trial leaves running ends with it, and so do the mounts.
    # shellcheck disable=SC2016 # the inner shell expands
    env -i "${environment[@]}" unshare --mount --propagation slave --pid --fork --kill-child bash -euc '
        root=$1 limit=$2
        shift 2
        mount -t proc proc "$root/proc"
        mount --rbind --make-rslave /sys "$root/sys"
        mount --rbind --make-rslave /dev "$root/dev"
        exec timeout --kill-after=20 "$limit" chroot "$root" "$@"' bash "$root" "$limit" "$@" </dev/null
}

cp /etc/resolv.conf /etc/hosts "$work/base/etc/"
apt-config dump --no-empty Acquire::http Acquire::https Acquire::Check-Valid-Until Acquire::Check-Date \
    >"$work/base/etc/apt/apt.conf.d/90trial" 2>/dev/null || true
if compgen -G '/usr/local/share/ca-certificates/*.crt' >/dev/null; then
    cp /usr/local/share/ca-certificates/*.crt "$work/base/usr/local/share/ca-certificates/"
    in_root "$work/base" 120 update-ca-certificates >/dev/null 2>&1
fi
if [ -n "$(python3 -m pip config get global.cert 2>/dev/null || true)${PIP_CERT:-}" ]; then
    printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n' >"$work/base/etc/pip.conf"
fi
cp "$work/chatdesk.bundle" "$work/base/srv/"

failed=()
for target in "${targets[@]}"; do
    root=$work/$target
    cp -a "$work/base" "$root"
    began=$SECONDS
    say "---- make $target, from a fresh clone in an empty root"
    status=0
    in_root "$root" "$limit_s" sh -c "cd /srv && git clone --quiet chatdesk.bundle chatdesk 2>/dev/null && \
        cd chatdesk && test \"\$(git rev-parse HEAD)\" = $commit && make $target" || status=$?
    took="$((SECONDS - began)) s"
    if [ "$status" = 0 ]; then say "---- make $target: passed in $took"; else
        say "---- make $target: FAILED with status $status after $took"
        failed+=("$target")
    fi
    # What the trial made is kept for a look: pictures, reports, figures.
    rm -rf "build/fresh-$target"
    [ ! -d "$root/srv/chatdesk/build" ] || cp -a "$root/srv/chatdesk/build" "build/fresh-$target"
    [ -n "${FRESH_KEEP:-}" ] || rm -rf --one-file-system "$root"
done

[ ${#failed[@]} = 0 ] || { say "fresh: FAILED: ${failed[*]}"; exit 1; }
say "fresh: passed: ${targets[*]} at $commit"
