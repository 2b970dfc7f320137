#!/bin/sh
# SPDX-License-Identifier: MIT
# many.sh MILLIONS [TARGET...]: libFuzzer on each target until so many million executions are
# counted, in turns of a minute; each other minute under ASan and UBSan. What was counted stays in
# $BUILD/counted, one line a turn (target, build, executions, seconds): a run that was stopped goes
# on. A target with a finding is left out until many.sh is started again. At the end a table.
# Exit 1 when something was found, 2 when a target did not run.
# FUZZ_LENGTH: bytes of an input at most (default 48; trace and blocks 512). FUZZ_TURN: seconds.
# FUZZ_OPTIONS: more options of libFuzzer.
set -u
cd "$(dirname "$0")/.." || exit 2
BUILD=${BUILD:-build-many}
CC=${CC:-clang}
millions=$1
shift
[ $# -gt 0 ] || set -- $(ls fuzz/target_*.c | sed 's,fuzz/target_\(.*\)\.c,\1,')
counted=$BUILD/counted
mkdir -p "$BUILD/found"
touch "$counted"

# Edges alone: what libFuzzer learns of comparisons costs more than half of its time here.
edges="-fsanitize-coverage=inline-8bit-counters,pc-table"
targets() {
    make BUILD="$BUILD/$1" CC="$CC" FUZZ_LD="$CC" LIB_FUZZING_ENGINE=-fsanitize=fuzzer \
        OPT="$2" SAN="$3" fuzz-targets >"$BUILD/$1.log" 2>&1 || {
        tail -n 5 "$BUILD/$1.log"
        exit 2
    }
}
targets plain -O2 "$edges"
targets sanitized -O1 "-fsanitize=address,undefined $edges -fno-sanitize-recover=all"

# What one execution frees the next takes: not back to the kernel and anew.
export MALLOC_TRIM_THRESHOLD_=1000000000 MALLOC_TOP_PAD_=16000000 MALLOC_MMAP_THRESHOLD_=33000000

# total TARGET [BUILD]: executions so far.
total() {
    awk -v t="$1" -v b="${2:-}" '$1 == t && (b == "" || $2 == b) { n += $3 }
                                 END { printf "%d\n", n }' "$counted"
}

stat() {
    sed -n "s/^stat::$1: *//p" "$2" | tail -n 1
}

# turn TARGET BUILD: false when it found something, or did not run.
turn() {
    length=48
    dict=
    case $1 in
    trace) length=512 dict=-dict=fuzz/trace.dict ;;
    blocks) length=512 ;;
    esac
    log=$BUILD/$1-$2.log
    mkdir -p "$BUILD/corpus-$2/$1"
    from=$(date +%s)
    # shellcheck disable=SC2086 # $dict is one word or none, the options are words
    nice "$BUILD/$2/fuzz_$1" -max_total_time="${FUZZ_TURN:-60}" -max_len="${FUZZ_LENGTH:-$length}" \
        -timeout=20 -rss_limit_mb=4096 -entropic=0 -reload=0 -print_funcs=0 -print_final_stats=1 \
        $dict ${FUZZ_OPTIONS:-} -artifact_prefix="$BUILD/found/$1-" "$BUILD/corpus-$2/$1" \
        "fuzz/corpus/$1" >"$log" 2>&1
    status=$?
    ran=$(stat number_of_executed_units "$log")
    echo "$1 $2 ${ran:-0} $(($(date +%s) - from))" >>"$counted"
    if [ $status -ne 0 ] || [ -z "$ran" ]; then
        echo "$1, $2:"
        grep -E '^finding|ERROR|runtime error|SUMMARY|Test unit written' "$log" || tail -n 3 "$log"
        return 1
    fi
}

worst=0
left=$*
while [ -n "$left" ]; do
    for t in $left; do
        keep=
        if [ "$(total "$t")" -lt $((millions * 1000000)) ] ||
            [ "$(total "$t" sanitized)" -lt $((millions * 100000)) ]; then
            keep=$t
            # Sanitized turns until they are a tenth of what is wanted.
            if [ "$(total "$t" sanitized)" -ge $((millions * 100000)) ] || turn "$t" sanitized; then
                [ "$(total "$t")" -ge $((millions * 1000000)) ] || turn "$t" plain || keep=
            else
                keep=
            fi
            [ -n "$keep" ] || worst=1
        fi
        left=$(echo " $left " | sed "s/ $t / $keep /; s/^ *//; s/ *\$//")
    done
done

printf '%-10s %12s %12s %9s\n' target executions sanitized a-second
for t; do
    awk -v t="$t" '$1 == t { n += $3; s += $4; if ($2 == "sanitized") z += $3 }
        END { printf "%-10s %12d %12d %9d\n", t, n, z, s ? n / s : 0 }' "$counted"
done
exit $worst
