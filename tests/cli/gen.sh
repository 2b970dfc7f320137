#!/bin/sh
# SPDX-License-Identifier: MIT
# gen_trace: workloads and hostile guests give the bytes they gave, on every machine; what may be chosen and what is
# refused; shards, as files and as what was reached, are the whole.
. tests/lib.sh
GEN=$BUILD/gen_trace
TRACE=$BUILD/trace

gen() {
    code=0
    timeout 120 "$GEN" "$@" >"$work/out" 2>"$work/err" || code=$?
}

# Every compiler draws the same; a change of a workload changes its number.
sums() {
    while read -r name sum; do
        kind="--workload $name"
        [ "$name" != hostile ] || kind=--hostile
        for s in 1 2 3 4 5; do
            # shellcheck disable=SC2086 # option and value
            "$GEN" $kind --seed $s --events 3000
        done | cksum >"$work/sum"
        equal "gen_trace: $kind gives the bytes it gave before" "$(cat "$work/sum")" "$sum"
    done
}
sums <<'T'
ring-strict 2677487242 397969
ring-lazy 465113566 444343
block 672784790 379333
static 74257887 504731
rebind 3985485481 381720
move 2945842338 378305
kexec 4115013179 387559
nested 3602148758 366124
hostile 3569212794 1213678
T

# Canonical text; packed, it is the same.
"$GEN" --workload rebind --events 800 >"$work/a"
"$TRACE" dump "$work/a" >"$work/b"
same "gen_trace: a workload is canonical text" "$work/a" "$work/b"
"$GEN" --workload rebind --events 800 -o "$work/b.vtt.zst"
"$TRACE" dump "$work/b.vtt.zst" >"$work/b"
same "gen_trace: packed, it is the same" "$work/a" "$work/b"
gen --list-workloads
exits "gen_trace: --list-workloads" 0
equal "gen_trace: it lists eight" "$(grep -c '^[a-z]' "$work/out")" 8

# Replayed as a file: nothing broken, and every access reached what the trace says.
for w in ring-strict ring-lazy block static rebind move kexec nested any; do
    "$GEN" --workload $w --seed 7 --events 3000 >"$work/t"
    run --profile ideal --compare always --strict=guest --report json "$work/t"
    exits "gen_trace: $w under ideal" 0
    has "gen_trace: $w: accesses were compared" "$work/out" '"compared":\{"reads":[1-9][0-9]*,"dma":[1-9]'
    has "gen_trace: $w: none differs" "$work/out" '"differs":\{"reads":0,"dma":0,"expect":0\}'
done
sed 's/^\(dma .* = \)0x\(.*\)$/\10x1\2/' "$work/t" >"$work/wrong"
run --profile ideal --compare always "$work/wrong"
exits "gen_trace: and would differ if they went elsewhere" 1

# Knobs.
gen --workload ring-strict --devices 5 --aw-bits 48 --depth 4 --caching-mode off --ats --vhost 01:00.0 \
    --attach probe@00:02.0 --events 300
exits "gen_trace: knobs of a workload" 0
equal "gen_trace: --devices" "$(grep -c '^device ' "$work/out")" 5
has "gen_trace: --aw-bits, --caching-mode" "$work/out" '^unit aw-bits=48 caching-mode=off .* device-iotlb=on'
has "gen_trace: --vhost" "$work/out" '^attach vhost0 vhost 01:00.0$'
has "gen_trace: --attach" "$work/out" '^attach probe@00:02.0 probe 00:02.0$'
has "gen_trace: --ats" "$work/out" '^device 01:00.0 ats=on$'
has "gen_trace: --depth" "$work/out" '^mem 0x[0-9a-f]*08 0x202$'
gen --workload block --page-sizes 4k --pages 600 --events 2000
has_no "gen_trace: --page-sizes 4k: no large leaf" "$work/out" '^mem 0x[0-9a-f]* 0x[0-9a-f]*8[123]$'

while read -r wrong; do
    # shellcheck disable=SC2086 # words
    gen $wrong
    exits "gen_trace: $wrong: exit 2" 2
    has "gen_trace: $wrong: in words" "$work/err" 'expected|does not have|there is no|workloads alone|levels|1 GiB|belong to'
done <<'T'
--workload nothing
--workload move --page-sizes 4k
--workload block --page-sizes 1g
--workload ring-lazy --pages 513
--workload nested --pages 511 --page-sizes 2m
--workload kexec --aw-bits 39 --depth 4
--workload rebind --caching-mode maybe
--workload rebind --attach nobody@00:02.0
--workload rebind --random
--hostile --depth 3
--hostile --pages 17
--hostile --vhost 00:02.0
--hostile --ats
--random --pages 65
--random --seeds 2
--random --shard 1/2
--random --shard 0/2 -o x
--random --json x
--random --curve
--random --reach --curve --json x
--random --reach -o x
T

# Shards as files.
"$GEN" --workload any --seed 11 --seeds 9 --events 50 -o "$work/all"
for i in 3 1 2; do
    "$GEN" --workload any --seed 11 --seeds 9 --events 50 --shard $i/3 -o "$work/parts"
done
diff -r "$work/all" "$work/parts" >"$work/out" 2>&1 || :
equal "gen_trace: the files of three shards are the whole" "$(wc -c <"$work/out") $(find "$work/parts" -type f | wc -l)" "0 9"

# What was reached.
for kind in --random --hostile '--workload any'; do
    # shellcheck disable=SC2086 # option and value
    "$GEN" $kind --reach --seed 4 --seeds 20 --events 150 --json "$work/all.json" >"$work/tables"
    for i in 1 2 3; do
        # shellcheck disable=SC2086
        "$GEN" $kind --reach --seed 4 --seeds 20 --events 150 --shard $i/3 --json - >"$work/$i.json"
    done
    "$TRACE" merge -o "$work/two.json" "$work/3.json" "$work/1.json" >"$work/out"
    "$TRACE" merge "$work/two.json" "$work/2.json" >"$work/merged.json"
    same "gen_trace: $kind --reach: three shards are the whole" "$work/merged.json" "$work/all.json"
    "$TRACE" merge -o "$work/again.json" "$work/merged.json" >"$work/out"
    same "gen_trace: $kind --reach: the tables of the merged result" "$work/out" "$work/tables"
done
code=0
"$TRACE" merge "$work/two.json" "$work/1.json" >"$work/out" 2>"$work/err" || code=$?
equal "gen_trace: a shard twice is refused" "$code" 2
has "gen_trace: in words" "$work/err" 'shard 1/3 of seed 4 is there twice'
"$GEN" --workload any --reach --seed 10 --seeds 20 --events 150 --json - >"$work/overlap.json"
code=0
"$TRACE" merge "$work/two.json" "$work/overlap.json" >"$work/out" 2>"$work/err" || code=$?
equal "gen_trace: seeds that are there already are refused" "$code" 2
"$GEN" --workload any --reach --seed 24 --seeds 20 --events 150 --json - >"$work/more.json"
"$TRACE" merge "$work/all.json" "$work/more.json" >"$work/united.json"
equal "gen_trace: other seeds are united" "$(grep -c '"seed"' "$work/united.json")" 2
sed 's/"root-unr":[^,]*,//' "$work/1.json" >"$work/damaged.json"
for bad in damaged.json out; do
    code=0
    "$TRACE" merge "$work/$bad" >"$work/merged" 2>"$work/err" || code=$?
    equal "gen_trace: what is no result is refused: $bad" "$code" 2
done
if [ -x "$BUILD/campaign" ]; then
    "$BUILD/campaign" --runs 1 --json "$work/campaign.json" >"$work/out" 2>&1
    code=0
    "$TRACE" merge "$work/1.json" "$work/campaign.json" >"$work/merged" 2>"$work/err" || code=$?
    equal "gen_trace: results of two kinds are refused" "$code" 2
fi

"$GEN" --hostile --reach --seeds 6 --events 100 --curve >"$work/out"
equal "gen_trace: --curve" "$(cut -d' ' -f1 "$work/out" | tr '\n' ' ')" "1 2 3 4 6 "
