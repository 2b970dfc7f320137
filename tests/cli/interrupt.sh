#!/bin/sh
# SPDX-License-Identifier: MIT
# campaign and gen_trace: interrupted once, what was done so far is written and never taken for
# whole; progress on a terminal.
. tests/lib.sh
CAMPAIGN=$BUILD/campaign
GEN=$BUILD/gen_trace
TRACE=$BUILD/trace

# begin COMMAND...: in the background, until it listens to signals; leaves $pid.
begin() {
    "$@" >"$work/out" 2>"$work/err" &
    pid=$!
    for _ in $(seq 100); do
        case $(sed -n 's/^SigCgt:.*\(.\)$/\1/p' "/proc/$pid/status" 2>"$work/gone") in
        [2367abef]) break ;;
        esac
        sleep 0.05
    done
}

# until_said PATTERN FILE
until_said() {
    for _ in $(seq 200); do
        grep -Eq "$1" "$2" && break
        sleep 0.05
    done
}

# ended: leaves $code.
ended() {
    code=0
    wait "$pid" 2>"$work/killed" || code=$?
}

begin "$CAMPAIGN" --seed 5 --runs 1000000 --shard 2/3 --events 60 --canary --shrink-runs 50 --traces "$work/traces" --json "$work/2.json"
until_said '^run [0-9]+: caught' "$work/err"
kill -INT "$pid"
ended
exits "campaign: interrupted: exit 130" 130
done=$(sed -n 's/^campaign: interrupted: \([0-9]*\) of 333333 runs were made$/\1/p' "$work/err")
if [ "${done:-0}" -gt 0 ]; then
    ok "campaign: interrupted: it says how many runs were made"
else
    not_ok "campaign: interrupted: it says how many runs were made" "$(tail -n 1 "$work/err")"
fi
has "campaign: interrupted: the report of what was done" "$work/out" '^canary +tries +caught'
has "campaign: interrupted: it says what it is of" "$work/out" 'shard 2/3: interrupted after [0-9,]+ of 333,333 runs'
has_no "campaign: interrupted: no canary is said to be missed" "$work/out" 'NOT CAUGHT'
equal "campaign: interrupted: the traces are written" \
    "$(find "$work/traces" -name 'canary-*.trace' | wc -l)" "$(grep -c '^run [0-9]*: caught' "$work/err")"
grep -E '^[0-9,]+ traces|^(ideal|strategy|profile|again) ' "$work/out" >"$work/cut"
"$CAMPAIGN" --seed 5 --runs $((3 * ${done:-1})) --shard 2/3 --events 60 --canary --shrink-runs 50 >"$work/out" 2>"$work/err"
grep -E '^[0-9,]+ traces|^(ideal|strategy|profile|again) ' "$work/out" >"$work/whole"
same "campaign: interrupted: the sums of so many runs" "$work/cut" "$work/whole"

code=0
"$TRACE" merge -o "$work/all.json" "$work/2.json" >"$work/out" 2>"$work/err" || code=$?
exits "merge: of what was interrupted" 0
has "merge: it says so" "$work/out" "shard 2/3: interrupted after [0-9,]+ of 333,333 runs"
has "merge: it says how many are missing" "$work/out" '^  missing: [0-9,]+ of 1,000,000 runs$'
same "merge: so does the JSON" "$work/2.json" "$work/all.json"
code=0
"$TRACE" merge "$work/all.json" "$work/2.json" >"$work/out" 2>"$work/err" || code=$?
exits "merge: the same again is refused" 2

# At once: nothing is written.
echo before >"$work/file.json"
begin "$CAMPAIGN" --seed 5 --runs 1000000 --json "$work/file.json"
twice "$pid"
ended
equal "campaign: twice: ended by the signal" "$([ "$code" = 130 ] || [ "$code" = 143 ] && echo yes)" yes
equal "campaign: twice: no report" "$(cat "$work/out" "$work/file.json")" before

begin "$GEN" --random --reach --seeds 1000000 --shard 1/2 --events 300 --json "$work/reach.json"
sleep 0.3
kill -TERM "$pid"
ended
exits "gen_trace --reach: SIGTERM: exit 143" 143
has "gen_trace --reach: interrupted: the tables" "$work/out" '^[0-9]+ of [0-9]+ cells touched'
has "gen_trace --reach: interrupted: it says so" "$work/out" '^  shard 1/2: interrupted after [0-9,]+ of 500,000 seeds$'
has "gen_trace --reach: interrupted: on standard error" "$work/err" 'interrupted: [0-9]+ of 500000 seeds'
"$TRACE" merge -o "$work/merged.json" "$work/reach.json" >"$work/out" 2>"$work/err"
has "merge: seeds that are missing" "$work/out" '^  missing: [0-9,]+ of 1,000,000 seeds$'
same "merge: so does the JSON of --reach" "$work/reach.json" "$work/merged.json"

begin "$GEN" --random --seeds 1000000 --events 2000 -o "$work/seeds"
for _ in $(seq 100); do
    [ -e "$work/seeds/2.trace" ] && break
    sleep 0.05
done
kill -INT "$pid"
ended
exits "gen_trace --seeds: interrupted: exit 130" 130
count=$(find "$work/seeds" -type f | wc -l)
has "gen_trace --seeds: it says how many are written" "$work/err" "interrupted: $count of 1000000 traces"
equal "gen_trace --seeds: no part is left" "$(find "$work/seeds" -name '*.part')" ''
"$GEN" --random --seed "$count" --events 2000 >"$work/last"
same "gen_trace --seeds: the last one is whole" "$work/last" "$work/seeds/$count.trace"

begin "$GEN" --random --events 100000000 -o "$work/long"
for _ in $(seq 100); do
    [ -n "$(find "$work" -name 'long.*.part')" ] && break
    sleep 0.02
done
kill -INT "$pid"
ended
exits "gen_trace: interrupted: exit 130" 130
equal "gen_trace: interrupted: nothing is left" "$(find "$work" -name 'long*')" ''

# Progress.
if has_terminal; then
    typed "timeout --foreground -s INT 1 $CAMPAIGN --runs 100000 --events 60"
    has "progress: campaign: rate, share and time left" "$work/lines" \
        '^0 findings, [0-9,]+ runs, [0-9]+/s, [0-9]+ %, [0-9:]+ left'
    has "progress: campaign: erased at the end" "$work/lines" "^$(printf '\033')\[Kseed 1, 100,000 runs"
    typed "timeout --foreground -s INT 2 $CAMPAIGN --runs 100000 --events 60 --canary --shrink-runs 20"
    has "progress: campaign: canaries" "$work/lines" '^0 findings, [0-9]+ of [0-9]+ canaries, [0-9,]+ runs'
    typed "timeout --foreground -s INT 1 $GEN --random --reach --seeds 100000 --events 400"
    has "progress: gen_trace --reach" "$work/lines" '^[0-9,]+ seeds, [0-9.k ]+/s, [0-9]+ %, [0-9:]+ left'
    typed "timeout --foreground -s INT 0.7 $GEN --random --seeds 100000 --events 300 -o $work/some"
    has "progress: gen_trace --seeds" "$work/lines" '^[0-9,]+ traces, [0-9.k ]+/s, [0-9]+ %, [0-9:]+ left'
else
    echo "skip progress: no script of util-linux, or no pseudo-terminal"
fi
"$CAMPAIGN" --runs 100 --events 60 >"$work/out" 2>"$work/err"
equal "progress: none where there is no terminal" "$(cat "$work/err")" ''
