#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh SECONDS [TARGET...]: libFuzzer on each target for so long, from the corpus in the
# repository. What it learns stays in $BUILD/corpus/TARGET, what it finds in $BUILD/found.
# Exit 1 when something was found.
set -u
cd "$(dirname "$0")/.." || exit 2
BUILD=${BUILD:-build-fuzz}
seconds=$1
shift
[ $# -gt 0 ] || set -- $(ls fuzz/target_*.c | sed 's,fuzz/target_\(.*\)\.c,\1,')
found=0
mkdir -p "$BUILD/found"
for t; do
    length=512
    dict=
    case $t in
    trace) length=4096 dict=-dict=fuzz/trace.dict ;;
    blocks) length=4096 ;;
    state) length=1024 ;;
    esac
    mkdir -p "$BUILD/corpus/$t"
    echo "== $t, $seconds s"
    # shellcheck disable=SC2086 # $dict is one word or none
    "$BUILD/fuzz_$t" -max_total_time="$seconds" -max_len=$length -timeout=20 -rss_limit_mb=4096 \
        -print_final_stats=1 $dict -artifact_prefix="$BUILD/found/$t-" \
        "$BUILD/corpus/$t" "fuzz/corpus/$t" >"$BUILD/$t.log" 2>&1 || {
        found=1
        grep -E '^finding|ERROR|runtime error|SUMMARY|Test unit written' "$BUILD/$t.log"
    }
    grep -E 'number_of_executed_units|average_exec_per_sec|slowest_unit' "$BUILD/$t.log"
done
exit $found
