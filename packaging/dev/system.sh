#!/usr/bin/env bash
# system.sh LIST...: see to it that the system packages named in the lists are installed (Debian, Ubuntu).
# As root it installs what is missing and says what; else it prints the one line to run and fails.
set -euo pipefail
export LC_ALL=C

if ! command -v dpkg-query >/dev/null; then
    echo "not a Debian or Ubuntu system: the libraries named in $* are taken to be there" >&2
    exit 0
fi

# Newer releases rename a library and say that it provides the old name (libglib2.0-0 is libglib2.0-0t64 there).
have=$(dpkg-query -W -f '${db:Status-Status} ${Package}, ${Provides}\n' |
    sed -n 's/^installed //p' | tr ',' '\n' | sed -e 's/(.*//' -e 's/[[:space:]]//g' | sort -u)
missing=$(comm -23 <(sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$@" | sort -u) <(printf '%s\n' "$have") | tr '\n' ' ')
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]; then
    echo "System libraries are missing. Run this line, then make again:" >&2
    echo "  sudo apt-get install --no-install-recommends $missing" >&2
    exit 1
fi

echo "installing system packages: $missing"
mkdir -p build
log=build/apt.log
export DEBIAN_FRONTEND=noninteractive
for attempt in 1 2 3; do
    # shellcheck disable=SC2086 # one word per package
    if { apt-get update -qq && apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 \
        -o DPkg::Lock::Timeout=300 $missing; } >"$log" 2>&1 </dev/null; then
        exit 0
    fi
    echo "apt-get failed (attempt $attempt of 3):" >&2
    tail -n 20 "$log" >&2
    sleep $((attempt * 3))
done
exit 1
