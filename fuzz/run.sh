#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh SECONDS [TARGET...]: libFuzzer on each target for so long, from the corpus in the
# repository. What it learns stays in $BUILD/corpus/TARGET, what it finds in $BUILD/found; a target
# ends with its first finding. At the end a table. FUZZ_OPTIONS: more options of libFuzzer.
# Exit 1 when something was found, 2 when a target did not run.
set -u
cd "$(dirname "$0")/.." || exit 2
BUILD=${BUILD:-build-fuzz}
seconds=$1
shift
[ $# -gt 0 ] || set -- $(ls fuzz/target_*.c | sed 's,fuzz/target_\(.*\)\.c,\1,')
mkdir -p "$BUILD/found"
worst=0
table=$(printf '%-10s %12s %9s %s' target executions a-second findings)

# stat NAME LOG: of libFuzzer's last lines, those behind the last start.
stat() {
    sed -n "s/^stat::$1: *//p" "$2" | tail -n 1
}

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
    # Entropic schedules spend most of the time on themselves: these programs have many features.
    # shellcheck disable=SC2086 # $dict is one word or none, the options are words
    "$BUILD/fuzz_$t" -max_total_time="$seconds" -max_len=$length -timeout=20 -rss_limit_mb=4096 \
        -entropic=0 -print_funcs=0 -print_final_stats=1 $dict ${FUZZ_OPTIONS:-} \
        -artifact_prefix="$BUILD/found/$t-" \
        "$BUILD/corpus/$t" "fuzz/corpus/$t" >"$BUILD/$t.log" 2>&1
    status=$?
    found=0
    if [ $status -ne 0 ] && grep -q 'Test unit written' "$BUILD/$t.log"; then
        found=1
        [ $worst -ne 0 ] || worst=1
        grep -E '^finding|ERROR|runtime error|SUMMARY|Test unit written' "$BUILD/$t.log"
    elif [ $status -ne 0 ]; then
        found="- (exit $status, see $BUILD/$t.log)"
        worst=2
        tail -n 3 "$BUILD/$t.log"
    fi
    ran=$(stat number_of_executed_units "$BUILD/$t.log")
    rate=$(stat average_exec_per_sec "$BUILD/$t.log")
    table=$(printf '%s\n%-10s %12s %9s %s' "$table" "$t" "${ran:--}" "${rate:--}" "$found")
done
printf '%s\n' "$table"
exit $worst
