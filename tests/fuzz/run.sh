#!/usr/bin/env bash
# Runs each fuzzer of a build for a while, from seeds out of the repository.
# SPDX-License-Identifier: Apache-2.0
#
#   tests/fuzz/run.sh [BUILD [SECONDS]]      default: build-fuzz 20 (cmake --preset fuzz)
#
# What breaks one is kept in BUILD/fuzz/NAME-*; the last line is 'N passed, N failed' (fuzzers).
set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1
build=$(cd "${1:-build-fuzz}" && pwd) || exit 1
seconds=${2:-20}
passed=0 failed=0
python3 "$here/seeds.py" "$build/fuzz/seeds" || exit 1
for fuzzer in "$build"/tests/fuzz/fuzz_*; do
    [ -x "$fuzzer" ] || continue
    name=${fuzzer##*/}
    mkdir -p "$build/fuzz/work" "$build/fuzz/corpus/$name" "$build/fuzz/seeds/$name"
    # In a folder of its own: some write the file that they read.
    if log=$(cd "$build/fuzz/work" && "$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -print_final_stats=1 -artifact_prefix="$build/fuzz/$name-" "../corpus/$name" "../seeds/$name" 2>&1); then
        passed=$((passed + 1))
        echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' <<<"$log") inputs in $seconds s"
    else
        failed=$((failed + 1))
        echo "$name: failed; its end:"
        tail -n 40 <<<"$log"
    fi
done
[ $((passed + failed)) -gt 0 ] || { echo "$build: no fuzzers in it"; failed=1; }
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
