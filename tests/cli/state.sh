#!/bin/sh
# SPDX-License-Identifier: MIT
# Saved state: on every captured trace, at records chosen by a fixed seed, a restored twin behaves as
# the original, and a run that goes on from a file shows the rest of the full run, byte for byte.
cd "$(dirname "$0")/../.." || exit 2
. tests/lib.sh

# random BELOW: 1 to BELOW - 1, in $random; always the same ones.
seed=20261
random() {
    seed=$(((seed * 1103515245 + 12345) % 2147483648))
    random=$((seed / 64 % ($1 - 1) + 1))
}

# tail_of EVENTS N: the lines of records behind N.
tail_of() {
    awk -F'"record":' -v n="$2" '{ split($2, rest, ","); if (rest[1] + 0 > n + 0) print }' "$1"
}

# of_json KEY: a number of the last report.
of_json() {
    sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" "$work/out"
}

while read -r trace profile records; do
    random "$records" && a=$random
    random "$records" && b=$random
    random "$records" && n=$random
    run --profile "$profile" --report json --restore-at "$a" --restore-at "$b" --restore-at "$n" \
        --save "$n:$work/state" --events "$work/full" "traces/$trace"
    equal "state: $trace: twins after $a, $b and $n behave as the original" \
        "$(grep -o '"STATE-RESTORE","severity":"violation","count":[0-9]*' "$work/out")" \
        '"STATE-RESTORE","severity":"violation","count":0'
    equal "state: $trace: to its end" "$(of_json records)" "$records"
    tail_of "$work/full" "$n" >"$work/expected"
    run --profile "$profile" --report json --restore "$work/state" --events "$work/e" "traces/$trace"
    exits "state: $trace: goes on after $n" 0
    same "state: $trace: and shows what the full run shows" "$work/expected" "$work/e"
    has "state: $trace: the report says where it began, and counts from there" "$work/out" \
        "\"records\":$((records - n)),\"restored_after\":$n,"
done <<TRACES
$(# Each trace under one profile, all profiles in turn among those that take it.
awk '$1 == "trace" { if (n) print trace, name[turn++ % n], records; trace = $2; n = 0 }
    $1 == "profile" { profile = $2 }
    $1 == "records" { name[n++] = profile; records = $2 }
    END { if (n) print trace, name[turn % n], records }' traces/manifest)
TRACES

# Frames that are passed over are not looked at.
run --save "30000:$work/state" traces/strict.vtt.zst
cp traces/strict.vtt.zst "$work/damaged.vtt.zst"
printf 'damage' | dd of="$work/damaged.vtt.zst" bs=1 seek=$(($(wc -c <traces/strict.vtt.zst) / 4)) \
    conv=notrunc 2>"$work/err"
run "$work/damaged.vtt.zst"
exits "state: a damaged frame ends a run" 2
run --restore "$work/state" "$work/damaged.vtt.zst"
exits "state: but not one that begins behind it" 0

# A twin at every record of every trace made for an invariant.
bad=
for trace in tests/traces/invariants/*.trace; do
    all=
    n=0
    records=$("$REPLAY" --report json "$trace" | sed -n 's/.*"records":\([0-9]*\).*/\1/p')
    while [ "$n" -lt "${records:-0}" ]; do
        all="$all --restore-at $n"
        n=$((n + 1))
    done
    # shellcheck disable=SC2086 # a list of words
    run --report json $all "$trace"
    grep -q '"STATE-RESTORE","severity":"violation","count":0' "$work/out" || bad="$bad $trace"
done
equal "state: a twin at every record of every trace of an invariant" "$bad" ""

# What was expected of an event before the state is not judged; of those after it, it is.
trace=tests/traces/invariants/expect-right.trace
records=$("$REPLAY" --report json $trace | sed -n 's/.*"records":\([0-9]*\).*/\1/p')
n=0
bad=
while [ "$n" -lt "$records" ]; do
    run --save "$n:$work/state" $trace
    run --restore "$work/state" $trace
    [ "$code" = 0 ] || bad="$bad $n"
    n=$((n + 1))
done
equal "state: expectations from any record on" "$bad" ""
run --save "1:$work/state" tests/traces/invariants/expect-wrong.trace
run --restore "$work/state" tests/traces/invariants/expect-wrong.trace
exits "state: and they are judged" 1

# All that can be asked for, on one short trace.
basic=tests/cli/traces/basic.vtt
golden=tests/cli/golden/basic.ndjson
records=$("$REPLAY" --report json $basic | sed -n 's/.*"records":\([0-9]*\).*/\1/p')

all=
n=0
while [ "$n" -le "$records" ]; do
    all="$all --restore-at $n --save $n:$work/s$n"
    n=$((n + 1))
done
# shellcheck disable=SC2086 # a list of words
run --report json $all $basic
exits "state: a twin and a file at every record of one run" 0
"$BUILD/trace" pack $basic "$work/basic.vtt.zst"
n=0
bad=
while [ "$n" -le "$records" ]; do
    tail_of $golden "$n" >"$work/expected"
    [ "$n" -le 1 ] && cp $golden "$work/expected" # record 1 waits: what record 0 brings is to come
    for trace in $basic "$work/basic.vtt.zst"; do
        run --restore "$work/s$n" --events - "$trace"
        [ "$code" = 0 ] && cmp -s "$work/expected" "$work/out" || bad="$bad $n"
    done
    n=$((n + 1))
done
equal "state: the rest from every record, as text and packed" "$bad" ""
run --restore "$work/s7" --sync translate --events "$work/e" $basic
tail_of $golden 7 >"$work/expected"
same "state: another strategy goes on alike" "$work/expected" "$work/e"
run --restore "$work/s7" --restore-at 9 --save "12:$work/again" $basic
exits "state: twins and files of a restored run" 0
run --restore "$work/again" --events "$work/e" $basic
tail_of $golden 12 >"$work/expected"
same "state: the file of a restored run is as good" "$work/expected" "$work/e"
same "state: and the same" "$work/s12" "$work/again"
run --restore "$work/s7" $basic
has "state: the report says what is not known" "$work/out" 'not known to the checks'

# refused NAME PATTERN ARGS...
refused() {
    name=$1
    pattern=$2
    shift 2
    run "$@"
    exits "state: $name: exit 2" 2
    has "state: $name: says so" "$work/err" "$pattern"
}

sed 's/^meta .*/&, but another/' $basic >"$work/other.vtt"
refused "another header" 'another trace: the headers differ' --restore "$work/s7" "$work/other.vtt"
awk '!/^(mark|#)/ && /^mem/ && !done { print "mark \"more\""; done = 1 } { print }' $basic >"$work/other.vtt"
refused "another record" 'another trace: record 7 differs' --restore "$work/s7" "$work/other.vtt"
awk 'NF && !/^(#|vtd-trace|meta|unit|ram|device)/ && ++n > 5 { exit } { print }' $basic >"$work/other.vtt"
refused "a trace that is shorter" 'but the trace has only 5' --restore "$work/s7" "$work/other.vtt"
refused "another profile" 'saved under profile' --profile qemu-7.2 --restore "$work/s7" $basic
refused "another quirk" 'other quirks' --quirk domain-ignored --restore "$work/s7" $basic
refused "another limit" 'another limit' --dma-limit 5 --restore "$work/s7" $basic
refused "a trace instead" 'expected a state' --restore $basic $basic
refused "a packed trace instead" 'expected a state' --restore "$work/basic.vtt.zst" $basic
refused "no file" 'No such file' --restore "$work/none" $basic
: >"$work/empty"
refused "an empty file" 'an empty file' --restore "$work/empty" $basic
refused "checks" 'only --check off' --check full --restore "$work/s7" $basic
refused "two traces" 'exactly one trace' --restore "$work/s7" $basic $basic
refused "a save without a file" 'expected N:FILE' --save 7 $basic
refused "a save that is never reached" 'was not reached' --save "99999:$work/x" $basic
refused "a twin that never begins" 'was not reached' --restore-at 99999 $basic
refused "a place that cannot be written" 'nonexistent' --save 7:/nonexistent/x $basic
size=$(wc -c <"$work/s12")
at=0
bad=
while [ "$at" -lt "$size" ]; do
    head -c "$at" "$work/s12" >"$work/cut"
    run --restore "$work/cut" $basic
    [ "$code" = 2 ] && [ -s "$work/err" ] || bad="$bad $at"
    at=$((at + 41))
done
equal "state: a file cut short is refused, wherever" "$bad" ""
