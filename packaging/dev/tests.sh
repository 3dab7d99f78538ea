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

# judge NAME STATUS: what a pass with real clocks and processes says. Up to three tests that failed beside others are
# run once more, alone; that is told, so that somebody looks for the reason: most often it was no accident.
rm -f build/test/again.txt
judge() {
    local name=$1 found=$2 failed again=0
    [ "$found" = 1 ] || { [ "$found" = 0 ] || status=$found; return 0; }
    failed=$("$python" packaging/dev/failed.py "build/test/$name.xml" 3) || { status=1; return 0; }
    mapfile -t failed <<<"$failed"
    printf 'once more, alone: %s\n' "${failed[@]}" | tee -a build/test/again.txt >&2
    "${limit[@]}" "$python" -m pytest -q "${failed[@]}" "${cover[@]}" --cov-append \
        --junitxml="build/test/$name-again.xml" || again=$?
    [ "$again" = 0 ] || status=$again
}

found=0
CHATDESK_COVER=thread QT_QPA_PLATFORM=offscreen "${limit[@]}" "${offscreen[@]}" tests "${served[@]/#/--ignore=}" \
    "${cover[@]}" --junitxml=build/test/offscreen.xml || found=$?
QT_QPA_PLATFORM=offscreen judge offscreen "$found"
found=0
QT_QPA_PLATFORM=offscreen "${limit[@]}" "${offscreen[@]}" "${served[@]}" \
    "${cover[@]}" --cov-append --junitxml=build/test/served.xml || found=$?
QT_QPA_PLATFORM=offscreen judge served "$found"
found=0
QT_QPA_PLATFORM=xcb "${limit[@]}" "$python" -m pytest -q -m display \
    "${cover[@]}" --cov-append --junitxml=build/test/display.xml || found=$?
QT_QPA_PLATFORM=xcb judge display "$found"

# The floor is in pyproject.toml. It is only judged when the tests pass: a failed run covers less anyway.
if [ "$status" = 0 ]; then
    "$python" -m coverage report || status=$?
    "$python" -m coverage json -q -o build/test/coverage.json || true
else
    echo "tests failed; coverage is not judged" >&2
fi
[ ! -s build/test/again.txt ] || { echo "passed or failed only after a second try, look into them:" >&2; cat build/test/again.txt >&2; }
echo "make test took $((SECONDS - began)) s"
exit "$status"
