#!/usr/bin/env bash
# tests.sh PYTHON: the whole test suite in two passes with one coverage figure; run inside session.sh.
# The first pass has no display and shares the processors; the second has the X display to itself.
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
QT_QPA_PLATFORM=offscreen "${limit[@]}" "$python" -m pytest -q -m "not display" \
    -n "${JOBS:-2}" --dist loadfile --max-worker-restart=0 \
    "${cover[@]}" --junitxml=build/test/offscreen.xml || status=$?
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
