#!/usr/bin/env bash
# tests.sh PYTHON: the whole test suite in three passes with one coverage figure; run inside session.sh.
# The first two have no display and share the processors, without and with servers of our own; the third has the X
# display to itself. Tests wait for servers, disks and clocks: one more at once than there are processors keeps these
# busy. tests/conftest.py puts the longest files first.
set -euo pipefail
python=$1
mkdir -p build/test
rm -f .coverage .coverage.*
began=$SECONDS

status=0
# A test that hangs ends its worker (faulthandler_timeout), a dead worker ends the run, and the run itself has a
# limit: this script always ends, and never well by accident.
limit=(timeout --kill-after=30 "${TEST_LIMIT_S:-2400}")
cover=(--cov --cov-report= --cov-fail-under=0)
offscreen=("$python" -m pytest -q -m "not display" -n "${JOBS:-$(($(nproc) + 1))}" --dist loadfile
    --no-loadscope-reorder --max-worker-restart=0)
# What starts one of our servers; tests/tooling/test_passes.py holds this list to the imports of the tests.
served=()
while read -r path; do served+=("$path"); done < "$(dirname "$0")/served.txt"
CHATDESK_COVER=thread QT_QPA_PLATFORM=offscreen "${limit[@]}" "${offscreen[@]}" tests "${served[@]/#/--ignore=}" \
    "${cover[@]}" --junitxml=build/test/offscreen.xml || status=$?
QT_QPA_PLATFORM=offscreen "${limit[@]}" "${offscreen[@]}" "${served[@]}" \
    "${cover[@]}" --cov-append --junitxml=build/test/served.xml || status=$?
QT_QPA_PLATFORM=xcb "${limit[@]}" "$python" -m pytest -q -m display \
    "${cover[@]}" --cov-append --junitxml=build/test/display.xml || status=$?

# The floor is in pyproject.toml. It is only judged when the tests pass: a failed run covers less anyway.
if [ "$status" = 0 ]; then
    "$python" -m coverage report || status=$?
    "$python" -m coverage json -q -o build/test/coverage.json || true
else
    echo "tests failed; coverage is not judged" >&2
fi
echo "make test took $((SECONDS - began)) s"
exit "$status"
