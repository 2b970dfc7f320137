#!/bin/sh
# SPDX-License-Identifier: MIT
# The same trace gives the same digest whatever built the program: gcc -O2, -O0 and -O3, clang,
# and with the address and undefined-behaviour sanitizers. Small traces are taken first, until
# DIGEST_RECORDS records (of the whole list) are reached. The sanitized builds execute the corpus of
# the fuzz targets, too.
cd "$(dirname "$0")/.." || exit 2
. tests/lib.sh
most=${DIGEST_RECORDS:-2000000}

# Every text trace of the tests that replays, then the captured ones, smallest first.
pick() {
    sum=0
    for t in tests/cli/traces/*.vtt $(find traces -maxdepth 1 -name '*.vtt.zst' -size -4000k \
        -exec ls -Sr {} + 2>/dev/null); do
        n=$("$REPLAY" --report json --check off "$t" 2>/dev/null |
            sed -n 's/.*"verdict":"[a-z]*","records":\([0-9]*\).*/\1/p')
        sum=$((sum + ${n:-0}))
        [ "$sum" -le "$most" ] && echo "$t"
    done
}

# variant NAME MAKE-ARGS...: build it and compare.
variant() {
    name=$1
    shift
    dir=build/digest-$name
    if ! make -s -j2 BUILD="$dir" "$@" "$dir/replay" >"$work/make" 2>&1; then
        not_ok "digest: $name builds" "make failed"
        tail -n 20 "$work/make" | sed 's/^/    /'
        return
    fi
    # shellcheck disable=SC2086 # a list of files without blanks
    "$dir/replay" --digest $traces >"$work/is" 2>"$work/err"
    same "digest: $name computes the same" "$work/expected" "$work/is"
    has_no "digest: $name has no complaint of a sanitizer" "$work/err" 'runtime error|Sanitizer'
}

# corpus NAME MAKE-ARGS...: the fuzz targets of a variant that was built.
corpus() {
    name=$1
    shift
    dir=build/digest-$name
    if ! make -s -j2 BUILD="$dir" "$@" fuzz-targets >"$work/make" 2>&1; then
        not_ok "fuzz corpus: $name builds" "make failed"
        tail -n 20 "$work/make" | sed 's/^/    /'
        return
    fi
    for source in fuzz/target_*.c; do
        t=${source#fuzz/target_}
        t=${t%.c}
        n=$(find "fuzz/corpus/$t" -type f | wc -l)
        "$dir/fuzz_$t" "fuzz/corpus/$t" >"$work/is" 2>"$work/err"
        equal "fuzz corpus: $name: $t" "$? $(cat "$work/is") $(wc -c <"$work/err")" "0 $((n)) executions 0"
    done
}

traces=$(pick)
if [ -z "$traces" ]; then
    echo "skip digest: no trace"
    exit 0
fi
# shellcheck disable=SC2086
"$REPLAY" --digest $traces >"$work/expected" 2>/dev/null
[ -s "$work/expected" ] || not_ok "digest: the build under test prints digests" "it printed none"
# shellcheck disable=SC2086
"$REPLAY" --sync translate --digest $traces >"$work/is" 2>/dev/null
same "digest: --sync translate gives the same" "$work/expected" "$work/is"

variant gcc-O0 CC=gcc OPT=-O0
variant gcc-O3 CC=gcc OPT=-O3
variant gcc-asan CC=gcc OPT=-O1 SAN=-fsanitize=address
corpus gcc-asan CC=gcc OPT=-O1 SAN=-fsanitize=address
variant gcc-ubsan CC=gcc OPT=-O1 SAN='-fsanitize=undefined -fno-sanitize-recover=all'
corpus gcc-ubsan CC=gcc OPT=-O1 SAN='-fsanitize=undefined -fno-sanitize-recover=all'
if command -v clang >/dev/null 2>&1; then
    variant clang-O2 CC=clang OPT=-O2
else
    echo "skip digest: clang is not installed"
fi
