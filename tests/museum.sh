#!/bin/sh
# SPDX-License-Identifier: MIT
# Each bug of traces/museum is caught by the invariants that its manifest names, and by them alone; without the bug
# the same trace is clean. None is longer than 25 records.
cd "$(dirname "$0")/.." || exit 2
. tests/lib.sh
dir=traces/museum

# The invariants of severity violation that the last run broke.
broken() {
    grep -oE '\{"id":"[^"]*","severity":"violation","count":[1-9]' "$work/out" | cut -d'"' -f4 | tr '\n' ' ' | sed 's/ $//'
}

count=0
while read -r quirk expected; do
    case $quirk in '' | '#'*) continue ;; esac
    count=$((count + 1))
    trace=$dir/$quirk.trace
    run --profile ideal --report json --quirk "$quirk" "$trace"
    found=$(broken)
    if [ "$code" = 1 ] && [ -n "$expected" ] && [ "$found" = "$expected" ]; then
        ok "museum: $quirk breaks $expected"
    else
        not_ok "museum: $quirk breaks $expected" "exit $code, broken: $found"
    fi
    run --profile ideal --report json "$trace"
    found=$(broken)
    if [ "$code" = 0 ] && [ -z "$found" ]; then
        ok "museum: without $quirk its trace is clean"
    else
        not_ok "museum: without $quirk its trace is clean" "exit $code, broken: $found"
    fi
    records=$("$BUILD/trace" dump "$trace" | grep -cE '^(mem|zero|w32|w64|r32|r64|dma|attach|detach|device|gone|miss|ats|stop|start|pin|unpin|fail|reset) ')
    if [ "$records" -gt 0 ] && [ "$records" -le 25 ]; then
        ok "museum: $quirk takes at most 25 records"
    else
        not_ok "museum: $quirk takes at most 25 records" "it has $records"
    fi
done <$dir/manifest
for f in "$dir"/*.trace; do
    q=${f##*/}
    grep -q "^${q%.trace} " $dir/manifest || not_ok "museum: $f has a line in its manifest" "none"
done
[ "$count" -ge 12 ] || not_ok "museum: twelve bugs at least" "only $count"
