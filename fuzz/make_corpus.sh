#!/bin/sh
# SPDX-License-Identifier: MIT
# make_corpus.sh: the seed corpus fuzz/corpus/TARGET/ anew: from the hand-written traces, the golden
# files, the generator, and a fixed sequence of bytes. Only files called made-* are written and
# removed; what a fuzzer found stands beside them under other names.
set -eu
cd "$(dirname "$0")/.."
BUILD=${BUILD:-build}
to=fuzz/corpus
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for t in trace blocks unit notifier type1 state; do
    mkdir -p $to/$t
    rm -f $to/$t/made-*
done

# small NAME FILE: a seed of the target trace, unless it is long.
small() {
    [ "$(wc -c <"$2")" -gt 1500 ] || cp "$2" "$to/trace/made-$1"
}

# packed NAME FILE: the same trace packed, and its blocks.
packed() {
    "$BUILD/trace" pack -o "$work/packed" "$2" 2>/dev/null || return 0
    small "$1.vtt" "$work/packed"
    zstd -qdc "$work/packed" 2>/dev/null >"$work/blocks" || :
    [ "$(wc -c <"$work/blocks")" -gt 1500 ] || cp "$work/blocks" "$to/blocks/made-$1"
}

n=0
for f in tests/traces/invariants/*.trace tests/golden/good/*; do
    n=$((n + 1))
    [ -f "$f" ] || continue
    name=$(basename "$f" .trace)
    if [ $((n % 4)) = 0 ]; then
        small "$name" "$f"
        packed "$name" "$f"
    fi
done
n=0
for f in tests/golden/bad/*; do
    case $f in *.expected) continue ;; esac
    n=$((n + 1))
    [ $((n % 2)) != 0 ] || small "bad-$(basename "$f")" "$f"
done
"$BUILD/gen_trace" --random --seed 1 --events 20 -o "$work/random"
small random "$work/random"
zstd -qc "$work/random" >"$work/random.zst"
small random.zst "$work/random.zst"

# bytes SEED LENGTH: a fixed sequence, of small numbers as often as of large ones.
bytes() {
    awk -v x="$1" -v n="$2" 'BEGIN {
        for (i = 0; i < n; i++) {
            x = (x * 16807) % 2147483647
            b = int(x / 128) % 256
            if (int(x / 32768) % 2) b = b % 32
            if (i < 2 && n % 2) b = 0
            printf "%03o\n", b
        }
    }' | while read -r b; do printf "\\$b"; done
}

for t in unit notifier type1; do
    for seed in 1 2 3 4 5 6 7 8 9 10; do
        # The usual unit, everything on; then anything.
        { printf '\000\000\000\000' && bytes "$seed$seed" $((12 * seed)); } >"$to/$t/made-$seed"
    done
done
for seed in 1 2 3 4 5 6 7 8 9 10; do
    case $((seed % 2)) in
    0) { printf '\040\000\000\000\000\000' && bytes "$seed" $((12 * seed)); } >"$to/state/made-$seed" ;;
    *) { printf '\030\002' && bytes "$seed" 6 && printf '\000\000\000\000' && bytes "$seed$seed" $((12 * seed)); } >"$to/state/made-$seed" ;;
    esac
done
echo "$(find $to -type f | wc -l) files, $(find $to -type f -exec cat {} + | wc -c) bytes"
