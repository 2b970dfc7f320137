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

# Canaries of one family each; without the check that catches it such a campaign fails.
while read -r quirk runs by; do
    code=0
    "$CAMPAIGN" --quirk "$quirk" --runs "$runs" >"$work/out" 2>"$work/err" || code=$?
    equal "hunt: $quirk: exit 0" "$code" 0
    has "hunt: $quirk is caught by $by, in at most 25 records" "$work/out" \
        "^$quirk +[0-9]+ +1 +[0-9]+ +([0-9]|1[0-9]|2[0-5])  $by\$"
    code=0
    "$CAMPAIGN" --quirk "$quirk" --runs "$runs" --without "$by" >"$work/out" 2>"$work/err" || code=$?
    if [ "$code" = 1 ] && grep -q "^$quirk .* NOT CAUGHT\$" "$work/out"; then
        ok "hunt: $quirk needs $by"
    else
        not_ok "hunt: $quirk needs $by" "exit $code"
    fi
done <<END
open-without-dma-unmap 60 PIN-DEVICE
unregister-unlocked 60 PIN-LOCK
unmap-ignores-pins 60 PIN-UNMAP
unmap-keeps-rights 40 FLT-PERM
iotlb-pages-drop-all 60 COH-EXACT
migration-region-layout 60 STATE-RESTORE
flags-told-always 20 REG-FLAGS
domain-ignored 40 ISO-DOMAIN
END

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
    "--quirk ce-absent --shard 1/2" "--quirk ce-absent --json x" "--without nothing" \
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

# The page's table of every quirk found from nothing, by one command.
"$REPLAY" --list-quirks | cut -d' ' -f1 | while read -r quirk; do
    has "campaign: $quirk has its line in docs/campaign.md" docs/campaign.md "^[|] .$quirk. [|] [0-9]+ [|] [0-9]+ [|] ([0-9]|1[0-9]|2[0-5]) [|]"
done
code=0
BUILD=$BUILD sh tools/quirks.sh te-off-no-switch kinds-ignored >"$work/out" 2>"$work/err" || code=$?
exits "campaign: tools/quirks.sh" 0
equal "campaign: the table's lines are as made (if not: sh tools/quirks.sh)" \
    "$(grep -Fxc -f "$work/out" docs/campaign.md)" 4
code=0
RUNS=2 BUILD=$BUILD sh tools/quirks.sh type1-unmap-retry >"$work/out" 2>"$work/err" || code=$?
exits "campaign: tools/quirks.sh fails where one is not caught" 1
has "campaign: and says so" "$work/out" '^[|] .type1-unmap-retry. [|] not caught [|]'
