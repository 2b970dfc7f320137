#!/bin/sh
# SPDX-License-Identifier: MIT
# bench: a quick run measures every strategy, shape and operation, its counts are exact, and the graphs are
# drawn from it. No time is judged here.
. tests/lib.sh
BENCH=$BUILD/bench

"$BENCH" --help >"$work/out" 2>&1
has "bench: help: usage comes first" "$work/out" '^Usage: bench '
code=0
"$BENCH" nonsense >"$work/out" 2>"$work/err" || code=$?
equal "bench: an argument is refused" "$code" 2

[ "${WRAP:-}" = "" ] || exit 0
code=0
"$BENCH" --quick -o "$work/bench.json" >"$work/out" 2>"$work/err" || code=$?
exits "bench: quick run: exit 0" 0
has "bench: it prints the marks" "$work/out" '^mark +wanted +measured'
for word in '"sync":"walk"' '"sync":"translate"' '"sync":"dirty"' '"sync":"translate-4k"' '"shape":"c"' '"shape":"s"' '"shape":"t"' \
    '"shape":"m"' '"shape":"z"' '"op":"first"' '"op":"changed"' '"op":"unmap"' '"op":"drop"' \
    '"inval":"AM=18"' '"inval":"DSI"' '"consumer":"none"' '"consumer":"vhost"' '"levels":5' '"order":"random"' '"missed_by"'; do
    has "bench: $word is there" "$work/bench.json" "$word"
done
# What the counts of one case must be: 1000 pages in two leaf tables, below one table each of levels 3 and 2.
grep '"case":"c1k"' "$work/bench.json" | grep '"sync":"walk"' | grep '"consumer":"vfio"' |
    grep '"levels":3' | grep '"checks":false' | grep '"inval":"global"' | grep '"order":"rising"' >"$work/c1k"
has "bench: c1k: the walk reads four tables" "$work/c1k" \
    '"op":"unchanged".*"entries_read":2048,"tables_read":4,'
has "bench: c1k: its first map tells 1000" "$work/c1k" \
    '"op":"first".*"notifications":1000,"type1_calls":1000}'
grep '"case":"c1k"' "$work/bench.json" | grep '"sync":"dirty"' | grep '"op":"unchanged"' |
    grep '"inval":"global"' >"$work/c1k"
has "bench: c1k: dirty reads nothing" "$work/c1k" '"entries_read":0,"tables_read":0,'

if command -v gnuplot >/dev/null 2>&1; then
    BUILD=$BUILD sh tools/graphs.sh "$work" >"$work/out" 2>"$work/err"
    for name in walk-translate range-cost notifications guest-time iova-map; do
        has "graphs: $name.svg is drawn" "$work/$name.svg" '</svg>'
        [ -s "$work/$name.png" ] || not_ok "graphs: $name.png" "it is empty"
    done
    equal "graphs: gnuplot has nothing to complain of" "$(cat "$work/err")" ""
else
    echo "skip graphs: gnuplot is not installed"
fi
