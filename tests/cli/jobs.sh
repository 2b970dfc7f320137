#!/bin/sh
# SPDX-License-Identifier: MIT
# --jobs: the same bytes whatever N. Interrupts: a whole report of what was done. Files: whole or
# not there. Progress: on a terminal, and erased.
cd "$(dirname "$0")/../.." || exit 2
. tests/lib.sh
basic=tests/cli/traces/basic.vtt

# Ten traces: good ones, one that breaks invariants, and damaged ones in between.
head -n 25 $basic >"$work/cut.vtt"
echo 'w32 0x18' >>"$work/cut.vtt"
echo 'nonsense 1 2 3' >"$work/foreign"
mkdir "$work/other"
cp $basic "$work/other/basic.vtt"
set -- traces/strict.vtt.zst $basic "$work/cut.vtt" traces/faults.vtt.zst "$work/absent" \
    traces/cm-off.vtt.zst "$work/other/basic.vtt" "$work/foreign" traces/strict.vtt.zst $basic

# each NAME CODE OPTION... -- TRACE...: with 1, 2, 8 and 100 jobs.
each() {
    name=$1 expected=$2
    shift 2
    for n in 1 2 8 100; do
        run --jobs "$n" "$@"
        exits "jobs: $name, $n: exit $expected" "$expected"
        mv "$work/out" "$work/out.$n"
        mv "$work/err" "$work/err.$n"
        [ "$n" = 1 ] && continue
        same "jobs: $name, $n: standard output" "$work/out.1" "$work/out.$n"
        same "jobs: $name, $n: standard error" "$work/err.1" "$work/err.$n"
    done
}

each text 2 "$@"
equal "jobs: text: a report each, in order" \
    "$(grep -Eo '^(CLEAN|VIOLATED|DIFFERS|DAMAGED|ABORTED)  [^:]*' "$work/out.8" | sed 's/.*  //')" \
    "$(printf '%s\n' "$@")"
each json 2 --report json "$@"
equal "jobs: json: a line each" "$(wc -l <"$work/out.8")" "$#"
each digest 2 --digest "$@"
each against 2 --profile qemu-7.2 --against qemu-10.2 "$@"
each 'violated alone' 1 --digest traces/strict.vtt.zst $basic traces/faults.vtt.zst
each 'good alone' 0 $basic "$work/other/basic.vtt" $basic
run "$@"
mv "$work/out" "$work/out.none"
run --jobs 0 "$@"
same "jobs: none and 0 are 1" "$work/out.none" "$work/out"
run --jobs x $basic
exits "jobs: no number: exit 2" 2
has "jobs: no number: a sentence" "$work/err" '^replay: --jobs'
"$REPLAY" --jobs 3 --digest $basic - $basic <"$work/other/basic.vtt" >"$work/out" 2>"$work/err"
equal "jobs: standard input among them" "$(sed 's/  .*//' "$work/out" | sort -u | wc -l)" 1

for n in 1 2 8; do
    run --jobs "$n" --events "$work/events.$n" "$@"
done
for n in 2 8; do
    equal "jobs: event streams, $n" "$(diff -r "$work/events.1" "$work/events.$n" 2>&1)" ''
done
equal "jobs: an event stream each, and nothing else" "$(find "$work/events.8" -type f | wc -l)" "$#"
has "jobs: two traces of one name" "$work/events.8/basic.vtt.3.ndjson" '"seq":1,'

# A report that cannot be kept until it is its turn.
code=0
TMPDIR=$work/absent "$REPLAY" --jobs 2 $basic $basic >"$work/out" 2>"$work/err" || code=$?
exits "jobs: no temporary file: exit 2" 2
has "jobs: no temporary file: a sentence" "$work/err" '^--jobs: .*No such file'

# Interrupts. A replay of a million records takes about a second; wait until it writes.
sh tests/gen/million.sh 1000000 >"$work/million.trace"
cp "$work/million.trace" "$work/again.trace"

# begin PATTERN ARGS...: in the background, until a file (a pattern) has bytes; leaves $pid.
begin() {
    pattern=$1
    shift
    "$REPLAY" "$@" >"$work/out" 2>"$work/err" &
    pid=$!
    writes "$pattern"
}

# writes PATTERN: until that file has bytes.
writes() {
    for _ in $(seq 100); do
        [ -n "$(find "$work" -path "$1" -size +0)" ] && break
        sleep 0.05
    done
}

# ended: leaves $code.
ended() {
    code=0
    wait "$pid" 2>"$work/killed" || code=$?
}

# whole NAME FILE: an event stream of whole lines.
whole() {
    has_no "$1: no line is cut" "$2" '[^}]$'
    equal "$1: its last line ends" "$(tail -c 1 "$2" | od -An -c | tr -d ' ')" '\n'
}

begin "$work/stream.*.part" --events "$work/stream" --report json "$work/million.trace"
kill -INT "$pid"
ended
exits "interrupt: exit 130" 130
has "interrupt: a report of what was done" "$work/out" \
    '^\{"trace":.*"records":[1-9][0-9]*,"stopped":\{"byte":null,"record":[1-9][0-9]*,"why":"interrupted.*"digest":.*\}$'
has "interrupt: said on standard error" "$work/err" 'million.trace: interrupted at record [1-9]'
whole "interrupt: events" "$work/stream"
records=$(sed -E 's/.*"records":([0-9]+),"stopped".*/\1/' "$work/out")
build_trace=$BUILD/trace
"$build_trace" dump --header --to "$records" -o "$work/prefix.trace" "$work/million.trace"
"$REPLAY" --events "$work/prefix" --report json "$work/prefix.trace" >"$work/expected"
same "interrupt: the events of as many records" "$work/prefix" "$work/stream"
counts='s/.*"counts":(\{[^}]*\}).*/\1/'
equal "interrupt: their counts, too" "$(sed -E "$counts" "$work/out")" \
    "$(sed -E "$counts" "$work/expected")"

mkfifo "$work/slowly"
{ head -n 5000 "$work/million.trace" && sleep 20; } >"$work/slowly" &
writer=$!
rm -f "$work/stream"
"$REPLAY" --events "$work/stream" --report json - <"$work/slowly" >"$work/out" 2>"$work/err" &
pid=$!
sleep 0.5
kill -INT "$pid"
ended
kill "$writer"
wait "$writer" 2>"$work/killed"
exits "interrupt: while standard input brings nothing: exit 130" 130
has "interrupt: while standard input brings nothing: a report" "$work/out" '"why":"interrupted'

begin "$work/stream.*.part" --events "$work/stream" "$work/million.trace"
kill -TERM "$pid"
ended
exits "interrupt: SIGTERM: exit 143" 143
has "interrupt: text says so" "$work/out" '^  Stopped at record [0-9]+: interrupted'

rm -rf "$work/dir"
begin "$work/dir/again.trace.*.part" --jobs 2 --events "$work/dir" --report json \
    "$work/million.trace" "$work/again.trace" $basic $basic
writes "$work/dir/million.trace.*.part" # the other one may be ahead
kill -INT "$pid"
ended
exits "interrupt: jobs: exit 130" 130
equal "interrupt: jobs: a line each, in order" "$(sed -E 's/.*"trace":"([^"]*)".*/\1/' "$work/out")" \
    "$(printf '%s\n' "$work/million.trace" "$work/again.trace" $basic $basic)"
equal "interrupt: jobs: two were stopped" "$(grep -c '"record":[1-9][0-9]*,"why":"interrupted' "$work/out")" 2
equal "interrupt: jobs: two were not begun" \
    "$(grep -c '"verdict":null,"records":0,.*"why":"not begun' "$work/out")" 2
has "interrupt: jobs: said on standard error" "$work/err" 'basic.vtt: not begun: interrupted before'
equal "interrupt: jobs: no part is left" "$(find "$work/dir" -name '*.part')" ''
whole "interrupt: jobs: events" "$work/dir/million.trace.ndjson"

# At once: nothing is printed, and files are as they were.
rm -rf "$work/dir"
echo before >"$work/stream"
begin "$work/stream.*.part" --events "$work/stream" "$work/million.trace"
twice "$pid"
ended
equal "twice: ended by the signal" "$([ "$code" = 130 ] || [ "$code" = 143 ] && echo yes)" yes
equal "twice: no report" "$(cat "$work/out")" ''
equal "twice: the file is as it was" "$(cat "$work/stream")" before
equal "twice: no part is left" "$(find "$work" -name '*.part')" ''
begin "$work/dir/again.trace.*.part" --jobs 2 --events "$work/dir" "$work/million.trace" \
    "$work/again.trace"
twice "$pid"
ended
equal "twice: jobs: no report" "$(cat "$work/out")" ''
for _ in $(seq 40); do
    [ -z "$(find "$work/dir" -name '*.part')" ] && break
    sleep 0.05
done
# On a busy machine one may have ended by the first signal before the second reached it: then its
# stream is whole.
equal "twice: jobs: no part is left" "$(find "$work/dir" -name '*.part')" ''
find "$work/dir" -type f >"$work/left"
while read -r file; do
    whole "twice: jobs: who was quicker" "$file"
done <"$work/left"

# One that ends by a signal of its own takes no other with it.
if command -v pgrep >/dev/null 2>&1; then
    begin "$work/dir/again.trace.*.part" --jobs 2 --events "$work/dir" --report json \
        "$work/million.trace" $basic "$work/again.trace"
    kill -KILL "$(pgrep -P "$pid" | head -n 1)"
    ended
    exits "lost: exit 2" 2
    equal "lost: a line each, in order" "$(sed -E 's/.*"trace":"([^"]*)".*/\1/' "$work/out")" \
        "$(printf '%s\n' "$work/million.trace" $basic "$work/again.trace")"
    has "lost: said in its place" "$work/out" \
        'million.trace","verdict":null,.*"why":"its replay ended without a report: Killed"'
    equal "lost: the others are whole" "$(grep -c '"digest":"[0-9a-f]{16}"' -E "$work/out")" 2
    equal "lost: no part is left" "$(find "$work/dir" -name '*.part')" ''
fi

# Other tools' files.
code=0
"$build_trace" pack "$work/million.trace" "$work/packed" 2>"$work/err" &
pid=$!
for _ in $(seq 100); do
    [ -n "$(find "$work" -name 'packed.*.part')" ] && break
    sleep 0.02
done
kill -INT "$pid"
ended
exits "pack: interrupted: exit 130" 130
equal "pack: interrupted: nothing is left" "$(find "$work" -name 'packed*')" ''
printf 'sleep 0.1; exit 1\n' >"$work/slow"
"$build_trace" shrink --command "sh $work/slow" -o "$work/short" "$work/prefix.trace" \
    >"$work/out" 2>"$work/err" &
pid=$!
sleep 0.5
kill -INT "$pid"
ended
exits "shrink: interrupted: exit 130" 130
has "shrink: interrupted: says so" "$work/err" 'interrupted'

# Files that cannot be replaced are written in place.
mkfifo "$work/pipe"
cat "$work/pipe" >"$work/through" &
run --events "$work/pipe" $basic
wait
"$REPLAY" --events "$work/file" $basic >"$work/out"
same "files: a pipe is written to" "$work/file" "$work/through"
equal "files: and stays one" "$(find "$work/pipe" -type p)" "$work/pipe"
chmod 640 "$work/file"
"$REPLAY" --events "$work/file" $basic >"$work/out"
equal "files: rights stay" "$(find "$work/file" -perm 640)" "$work/file"
run --events "$work/absent/file" $basic
exits "files: no such folder: exit 2" 2
has "files: no such folder: a sentence" "$work/err" 'absent/file: No such file'

# Progress.
"$REPLAY" --digest "$work/million.trace" >"$work/out" 2>"$work/err"
equal "progress: none where there is no terminal" "$(cat "$work/err")" ''
if has_terminal; then
    typed "$REPLAY --digest $work/million.trace"
    has "progress: records, rate, share and time left" "$work/lines" \
        '^[0-9,]+ records, [0-9.]+ [kM]/s, [0-9]+ %, 0:[0-9]{2} left'
    # What stands before the digest is the erasing.
    has "progress: erased at the end" "$work/lines" "^$(printf '\033')\[K[0-9a-f]{16}  "
    typed "$REPLAY --jobs 2 --digest $work/million.trace $work/again.trace"
    has "progress: of several traces" "$work/lines" \
        '^[01] of 2 traces, [0-9,]+ records, [0-9.]+ [kM]/s, [0-9]+ %, 0:[0-9]{2} left'
    typed "$build_trace pack $work/million.trace $work/packed"
    has "progress: trace pack" "$work/lines" '^[0-9,]+ records, [0-9.]+ [kM]/s, [0-9]+ %'
    TERMINAL=dumb typed "$REPLAY --digest $work/million.trace"
    has_no "progress: none on a terminal that cannot erase" "$work/typed" 'records'
else
    echo "skip progress: no script of util-linux, or no pseudo-terminal"
fi
