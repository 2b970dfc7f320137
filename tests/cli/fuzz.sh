#!/bin/sh
# SPDX-License-Identifier: MIT
# The fuzz targets: their corpus finds nothing; each input is a trace that replays as the target ran
# it; the corpus stays small; and the driver's own errors.
. tests/lib.sh

for source in fuzz/target_*.c; do
    t=${source#fuzz/target_}
    t=${t%.c}
    n=$(find "fuzz/corpus/$t" -type f | wc -l)
    "$BUILD/fuzz_$t" "fuzz/corpus/$t" >"$work/out" 2>"$work/err"
    equal "fuzz: $t: the corpus finds nothing" "$? $(cat "$work/out")" "0 $((n)) executions"
    tail -n 5 "$work/err"
done

# Inputs as traces. What the guest did is legal text, and is replayed without a word on the trace.
for t in unit notifier type1; do
    bad=
    for f in "fuzz/corpus/$t"/*; do
        "$BUILD/fuzz_$t" --trace "$f" >"$work/trace" 2>"$work/err" || bad="$bad $f"
        with=$(sed -n 's/^meta replay-with //p' "$work/trace")
        # shellcheck disable=SC2086 # options
        run $with "$work/trace"
        case $code in
        0 | 1) [ ! -s "$work/err" ] || bad="$bad $f" ;;
        3) ;;
        *) bad="$bad $f" ;;
        esac
    done
    equal "fuzz: $t: each input is a trace" "$bad" ""
done
"$BUILD/fuzz_trace" --trace traces/strict.vtt.zst >"$work/a" 2>/dev/null
"$BUILD/trace" dump traces/strict.vtt.zst >"$work/b"
head -n 1000 "$work/a" >"$work/a1"
head -n 1000 "$work/b" >"$work/b1"
same "fuzz: trace --trace: as trace dump" "$work/a1" "$work/b1"

files=$(find fuzz/corpus -type f | wc -l)
bytes=$(find fuzz/corpus -type f -exec cat {} + | wc -c)
if [ "$files" -le 300 ] && [ "$bytes" -le 204800 ]; then
    ok "fuzz: the corpus is small"
else
    not_ok "fuzz: the corpus is small" "$files files, $bytes bytes"
fi

"$BUILD/fuzz_unit" "$work/none" >"$work/out" 2>"$work/err"
equal "fuzz: a file that is not there" $? 2
"$BUILD/fuzz_unit" --frobnicate >"$work/out" 2>"$work/err"
equal "fuzz: an option that is not there" $? 2
"$BUILD/fuzz_unit" --help >"$work/out" 2>"$work/err"
equal "fuzz: --help" $? 0
has "fuzz: --help says how" "$work/out" '^Usage: fuzz_TARGET'
