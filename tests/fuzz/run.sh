#!/usr/bin/env bash
# Runs each fuzzer of a build for a while, two at a time, from seeds out of the repository and what earlier
# calls found.
# SPDX-License-Identifier: Apache-2.0
#
#   tests/fuzz/run.sh [BUILD [SECONDS]]      default: build-fuzz 20 (cmake --preset fuzz)
#
# What breaks one is kept in BUILD/fuzz/NAME-*, what led to new code in BUILD/fuzz/corpus; the last line is
# 'N passed, N failed' (fuzzers).
set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1
build=$(cd "${1:-build-fuzz}" && pwd) || exit 1
seconds=${2:-20}
logs=$(mktemp -d) || exit 1
trap 'rm -rf "$logs"' EXIT
passed=0 failed=0

run_one() { # NAME: its log and its exit code into files
    local name=$1
    # In a folder of its own: some write the file that they read.
    mkdir -p "$build/fuzz/work/$name" "$build/fuzz/corpus/$name" "$build/fuzz/seeds/$name"
    (cd "$build/fuzz/work/$name" && "$build/tests/fuzz/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -print_final_stats=1 -artifact_prefix="$build/fuzz/$name-" "$build/fuzz/corpus/$name" "$build/fuzz/seeds/$name") \
        >"$logs/$name.log" 2>&1
    echo $? >"$logs/$name.code"
}

say_one() { # NAME
    local name=$1 log=$logs/$1.log
    stat() { sed -n "s/^stat::$1: *//p" "$log"; }
    if [ "$(cat "$logs/$name.code")" = 0 ]; then
        passed=$((passed + 1))
        echo "$name: $(stat number_of_executed_units) inputs in $seconds s, $(stat new_units_added) new to the corpus"
    else
        failed=$((failed + 1))
        echo "$name: failed; its end:"
        tail -n 40 "$log"
    fi
}

python3 "$here/seeds.py" "$build/fuzz/seeds" || exit 1
names=()
for fuzzer in "$build"/tests/fuzz/fuzz_*; do
    [ -x "$fuzzer" ] && [ -f "$fuzzer" ] && names+=("${fuzzer##*/}")
done
for name in ${names[@]+"${names[@]}"}; do
    [ "$(jobs -rp | wc -l)" -lt 2 ] || wait -n
    run_one "$name" &
done
wait
for name in ${names[@]+"${names[@]}"}; do
    say_one "$name"
done
[ $((passed + failed)) -gt 0 ] || { echo "$build: no fuzzers in it"; failed=1; }
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
