#!/usr/bin/env bash
# lock.sh: resolve packaging/locks/*.in into *.txt: exact versions with hashes for every system and Python, no host.
# uv resolves; it is installed for this purpose alone, beside what is built.
set -euo pipefail
cd "$(dirname "$0")/../locks"
tool=../../build/lock-tool
[ -x "$tool/bin/uv" ] || { python3 -m venv "$tool" && "$tool/bin/python" -m pip install --quiet "uv>=0.9"; }
resolve() {
    "$tool/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
        --no-emit-index-url --no-emit-find-links "$@"
}
resolve dev.in --output-file dev.txt
# The smaller sets take the versions that the tests ran with.
for set in app server build; do resolve --constraints dev.txt "$set.in" --output-file "$set.txt"; done
if grep -nE '://|--(extra-)?index-url|--find-links' -- *.txt; then
    echo "a lock names a host" >&2
    exit 1
fi
