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

# Interrupted once: what was measured before is reported. The whole would take minutes.
"$BENCH" --verbose -o "$work/part.json" >"$work/out" 2>"$work/err" &
pid=$!
for _ in $(seq 200); do
    [ "$(grep -c '^case ' "$work/err")" -gt 4 ] && break
    sleep 0.05
done
kill -INT "$pid"
code=0
wait "$pid" || code=$?
exits "bench: interrupted: exit 130" 130
has "bench: interrupted: said on standard error" "$work/err" '^bench: interrupted'
has "bench: interrupted: the marks are printed" "$work/out" '^packed records read .* not in this run'
has "bench: interrupted: the file says so" "$work/part.json" '^"interrupted":true,'
has "bench: interrupted: what was measured is there" "$work/part.json" '"case":"c1k".*"op":"drop"'
equal "bench: interrupted: it is whole" "$(tail -n 1 "$work/part.json")" ']}'
has_no "bench: not interrupted: nothing of it" "$work/bench.json" 'interrupted'

if has_terminal; then
    typed "$BENCH --quick"
    has "bench: progress: the case, rate, share and time left" "$work/lines" \
        '^[a-z]+ [a-z0-9/]+, .*: [0-9]+ cases, [0-9.]+/s, [0-9]+ %, 0:[0-9]{2} left'
    has "bench: progress: erased at the end" "$work/lines" "^$(printf '\033')\[Kmark +wanted"
else
    echo "skip bench: progress: no script of util-linux, or no pseudo-terminal"
fi

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
