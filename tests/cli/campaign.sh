#!/bin/sh
# SPDX-License-Identifier: MIT
# A small campaign: clean, its canary caught and shrunk, the shards together the same as the whole.
. tests/lib.sh
CAMPAIGN=$BUILD/campaign
TRACE=$BUILD/trace

code=0
"$CAMPAIGN" --seed 7 --runs 120 --json "$work/plain.json" >"$work/out" 2>"$work/err" || code=$?
equal "a small campaign finds nothing" "$code" 0
has "it says so" "$work/out" '^no finding'

code=0
"$CAMPAIGN" --seed 7 --runs 60 --canary --quirk te-off-no-switch --traces "$work/traces" \
    >"$work/out" 2>"$work/err" || code=$?
equal "the canary is caught" "$code" 0
has "by what, and after how many" "$work/out" \
    '^te-off-no-switch +[0-9]+ +[1-9][0-9]* +[0-9]+ +([0-9]|1[0-9]|2[0-5])  RST-EMPTY$'
run --quirk te-off-no-switch "$work/traces/canary-te-off-no-switch.trace" --profile ideal
exits "its trace shows it" 1
run "$work/traces/canary-te-off-no-switch.trace" --profile ideal
exits "and nothing without it" 0

code=0
"$CAMPAIGN" --seed 7 --runs 4 --events 1 --canary --quirk type1-unmap-retry >"$work/out" \
    2>"$work/err" || code=$?
equal "a canary that is not caught fails the campaign" "$code" 1
has "which" "$work/out" '^type1-unmap-retry .* NOT CAUGHT$'

"$CAMPAIGN" --seed 9 --runs 90 --events 80 --canary --shrink-runs 300 --json "$work/all.json" \
    >"$work/out" 2>"$work/err"
for i in 1 2 3; do
    "$CAMPAIGN" --seed 9 --runs 90 --events 80 --canary --shrink-runs 300 --shard $i/3 \
        --json "$work/$i.json" >"$work/out" 2>"$work/err"
done
"$TRACE" merge -o "$work/two.json" "$work/3.json" "$work/1.json" >"$work/out" 2>"$work/err"
has "what is not there yet is said" "$work/out" '^seed 9, 90 runs, 2 of 3 shards$'
"$TRACE" merge "$work/two.json" "$work/2.json" >"$work/merged.json" 2>"$work/err"
same "three shards are the whole" "$work/merged.json" "$work/all.json"
code=0
"$TRACE" merge "$work/two.json" "$work/1.json" >"$work/out" 2>"$work/err" || code=$?
equal "a shard twice is refused" "$code" 2
has "in words" "$work/err" 'shard 1/3 of seed 9 is there twice'
code=0
"$TRACE" merge traces/manifest >"$work/out" 2>"$work/err" || code=$?
equal "what is no result is refused" "$code" 2

for bad in "--shard 0/3" "--shard 4/3" "--shard 1" "--ask nothing x" "--quirk nothing" "x" \
    "--events 0"; do
    code=0
    # shellcheck disable=SC2086 # words
    "$CAMPAIGN" $bad >"$work/out" 2>"$work/err" || code=$?
    equal "refused: $bad" "$code" 2
done

"$CAMPAIGN" --seed 7 --show 3 >"$work/3.trace"
for what in ideal strategy profile again swap split join tail block queue; do
    code=0
    "$CAMPAIGN" --ask $what "$work/3.trace" >"$work/out" 2>"$work/err" || code=$?
    equal "asked of a file: $what" "$code" 0
done
