#!/usr/bin/env bash
# The long test: all tests, then line coverage, then fuzzing; one block of figures at the end.
# SPDX-License-Identifier: Apache-2.0
#
#   tests/long.sh [OPTION of ctest..]      what ./start test --long runs, once its packages are there and
#                                          build/ is built; options choose among the tests
#
# WEIGHIN_FUZZ_SECONDS is how long each fuzzer runs (default 600). Every part runs, whatever became of those
# before it. The last line is 'N passed, N failed': tests, folders held to a share of covered lines, fuzzers.
set -u
cd "$(dirname "$0")/.." || exit 1
export WEIGHIN_LONG=1 # here a missing GPU implementation is a failure, no reason to skip
jobs=$(nproc)
seconds=${WEIGHIN_FUZZ_SECONDS:-600}
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
passed=0 failed=0 figures=""

part() { # NAME, lines of its output to repeat at the end (a pattern of grep -E), COMMAND...
    local name=$1 worth=$2 began=$SECONDS code good bad
    shift 2
    echo "==== $name"
    "$@" 2>&1 </dev/null | tee "$log"
    code=${PIPESTATUS[0]}
    read -r good bad < <(awk -f tests/count.awk "$log")
    [ "$code" = 0 ] || [ "$bad" -gt 0 ] || bad=1
    passed=$((passed + good)) failed=$((failed + bad))
    figures+="$name: $good passed, $bad failed, $((SECONDS - began)) s"$'\n'
    figures+=$(grep -E "$worth" "$log" | sed 's/^figure: //; s/^/    /')$'\n'
}

fuzzers() {
    cmake --preset fuzz && cmake --build --preset fuzz -j "$jobs" --target weighin_fuzzers &&
        tests/fuzz/run.sh build-fuzz "$seconds"
}

# What tests measured of themselves they print in lines that begin with 'figure: '; ctest keeps those of tests
# that passed to its log.
suite() {
    local status=0
    ctest --test-dir build --output-on-failure -j "$jobs" "$@" || status=1
    grep -a '^figure: ' build/Testing/Temporary/LastTest.log
    return $status
}

part tests '^figure: |\((Failed|Timeout|Skipped|SEGFAULT)\)$|\*\*\*' suite "$@"
part coverage '^[a-z]+ +[0-9]+ lines' python3 tests/coverage.py
part fuzzing '^fuzz_' fuzzers
echo "==== all"
printf '%s' "$figures"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
