#!/usr/bin/env bash
# venv.sh FOLDER LOCK: make the virtual environment and install the lock into it, hashes checked, wheels only.
# The Python is $PYTHON, or the first of python3, python3.13, python3.12, python3.11 that chatdesk can run on.
set -euo pipefail
folder=$1 lock=$2

fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; }
python=""
for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    if command -v "$candidate" >/dev/null && fits "$candidate"; then python=$candidate; break; fi
done
if [ -z "$python" ]; then
    echo "chatdesk needs Python 3.11, 3.12 or 3.13; found: $(python3 --version 2>&1 || echo none)." >&2
    echo "Name one with: make PYTHON=/path/to/python3.11 ..." >&2
    exit 1
fi

if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        bash "$(dirname "$0")/system.sh" <(echo "$package")
    else
        echo "Python's venv module is missing. Run this line, then make again:" >&2
        echo "  sudo apt-get install --no-install-recommends $package" >&2
        exit 1
    fi
fi

echo "installing the locked Python packages into $folder ($("$python" --version))"
# An environment whose Python has gone (an upgrade of the system) is made anew.
if [ -e "$folder" ] && ! "$folder/bin/python" -c '' 2>/dev/null; then rm -rf "$folder"; fi
[ -x "$folder/bin/python" ] || "$python" -m venv "$folder"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
    --require-hashes --only-binary :all: -r "$lock" </dev/null
