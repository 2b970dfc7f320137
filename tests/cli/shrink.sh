#!/bin/sh
# SPDX-License-Identifier: MIT
# trace shrink: captured guests and quirks, to a few records that still fail so and are clean
# without the quirk; what else can fail; and what is refused.
. tests/lib.sh
TRACE=$BUILD/trace

# shrink ARGS...: leaves $code, $work/out and $work/err.
shrink() {
    code=0
    rm -f "$work/short"
    timeout 300 "$TRACE" shrink "$@" >"$work/out" 2>"$work/err" || code=$?
}

# itself NAME ARGS...: the result, shrunk again, is the same.
itself() {
    name=$1
    shift
    "$TRACE" shrink --quiet "$@" "$work/short" -o "$work/again" 2>"$work/err"
    same "shrink: $name: shrinks to itself" "$work/short" "$work/again"
}

# small NAME FILE MOST: no more than MOST records.
small() {
    n=$(grep -vcE '^(#|vtd-trace|unit|ram|rom|meta|device)' "$2")
    if [ "$n" -gt 0 ] && [ "$n" -le "$3" ]; then
        ok "$1"
    else
        not_ok "$1" "$n records, at most $3 expected"
    fi
}

# quirk NAME INVARIANT TRACE MOST PROFILE
quirk() {
    shrink --profile "$5" --quirk "$1" "traces/$3.vtt.zst" -o "$work/short"
    exits "shrink: $1: exit 0" 0
    has "shrink: $1: the sums" "$work/out" "^$2: [0-9]+ records, before [0-9,]+; [0-9,]+ replays$"
    has "shrink: $1: the story" "$work/out" '^What happened$'
    small "shrink: $1: few records" "$work/short" "$4"
    run --profile "$5" --quirk "$1" --report json "$work/short"
    exits "shrink: $1: it still fails" 1
    has "shrink: $1: in the same way" "$work/out" "\"id\":\"$2\",\"severity\":\"violation\",\"count\":[1-9]"
    run --profile "$5" --report json "$work/short"
    has_no "shrink: $1: not without the quirk" "$work/out" "\"id\":\"$2\",\"severity\":\"violation\",\"count\":[1-9]"
    [ "$5" != ideal ] || exits "shrink: $1: clean without the quirk" 0
    grep -v '^#' "$work/short" >"$work/plain"
    "$TRACE" dump "$work/short" >"$work/dumped"
    same "shrink: $1: canonical text" "$work/plain" "$work/dumped"
    itself "$1" --profile "$5" --quirk "$1"
}

quirk deliver-whole FLT-MASK strict 20 ideal
quirk te-off-no-switch RST-EMPTY strict 12 ideal
quirk domain-ignored ISO-DOMAIN lazy-rebind 12 ideal
quirk unmap-keeps-rights FLT-PERM strict 18 ideal
quirk entry-kept LIFE-ENTRY lazy-rebind 12 ideal
quirk iotlb-pages-drop-all COH-EXACT strict 16 ideal
quirk unregister-missing ISO-GONE reboot 9 qemu-7.2
quirk dup-map-no-tree LIVE-ABORT rebind 12 qemu-7.2

# Without a quirk: what the system itself breaks, and the guest.
shrink traces/strict.vtt.zst -o "$work/short"
exits "shrink: the trace's own profile: exit 0" 0
has "shrink: the trace's own profile: what it breaks" "$work/out" '^ORD-WAIT: [0-9]+ records'
has "shrink: the trace's own profile: the model stays" "$work/short" '^unit model=qemu-7.2 '
run "$work/short"
exits "shrink: the trace's own profile: it still fails" 1
itself "the trace's own profile"
dir=tests/traces/invariants
shrink --profile ideal --invariant GST-C7 --quiet $dir/c7-wrong.trace -o "$work/short"
exits "shrink: --invariant: one about the guest: exit 0" 0
equal "shrink: --quiet" "$(cat "$work/out" "$work/err")" ""
run --profile ideal --report json "$work/short"
has "shrink: --invariant: it is still broken" "$work/out" '"id":"GST-C7","severity":"guest","count":[1-9]'
small "shrink: --invariant: it is smaller" "$work/short" "$(($(grep -vcE '^(#|vtd-trace|unit|ram|rom|meta|device|$)' $dir/c7-wrong.trace) - 1))"

# Observed values that the model does not meet.
{ "$TRACE" dump traces/passthrough.vtt.zst && echo 'r64 0x8 0x123'; } >"$work/missed"
shrink --profile ideal --compare always --invariant COH-READ "$work/missed" -o "$work/short"
small "shrink: a missed expectation" "$work/short" 1
has "shrink: a missed expectation: how to see it" "$work/short" '^# .* --profile ideal --compare always$'

# Two profiles, and a restored twin.
shrink --profile qemu-7.2 --against ideal traces/strict.vtt.zst -o "$work/short"
exits "shrink: --against: exit 0" 0
small "shrink: --against: few records" "$work/short" 20
run --profile qemu-7.2 --against ideal "$work/short"
exits "shrink: --against: they still differ" 1
itself "--against" --profile qemu-7.2 --against ideal
shrink --profile ideal --quirk migration-region-layout --restore-at 20000 traces/strict.vtt.zst -o "$work/short"
exits "shrink: --restore-at: exit 0" 0
small "shrink: --restore-at: few records" "$work/short" 12
at=$(sed -n 's/^#.* --restore-at //p' "$work/short")
run --profile ideal --quirk migration-region-layout --restore-at "${at:-0}" --report json "$work/short"
has "shrink: --restore-at: the record moves along" "$work/out" '"id":"STATE-RESTORE","severity":"violation","count":[1-9]'

# A command of the user's: 1 still fails, anything else does not.
"$TRACE" dump --to 2000 --header traces/strict.vtt.zst -o "$work/long"
cat >"$work/command" <<'C'
grep -q '^w32 0x18 0x80000000$' "$1" || exit 0
grep -qE '^r(32|64) ' "$1" || exit 3
exit 1
C
sed -i 's/^w32 0x18 0x[0-9a-f]*$/w32 0x18 0x80000000/' "$work/long"
shrink --command "sh $work/command {}" "$work/long" -o "$work/short"
exits "shrink: --command: exit 0" 0
small "shrink: --command: both records" "$work/short" 2
sh "$work/command" "$work/short"
equal "shrink: --command: it still fails" "$?" 1
itself "--command" --command "sh $work/command"
shrink --command 'exit 4' "$work/long" -o "$work/short"
exits "shrink: --command: another answer: exit 1" 1
has "shrink: --command: another answer: says so" "$work/err" 'it ended with 4, not with 1'
shrink --command /nonexistent/command "$work/long" -o "$work/short"
exits "shrink: --command: not there: exit 2" 2
shrink --runs 5 --profile ideal --quirk deliver-whole traces/strict.vtt.zst -o "$work/short"
exits "shrink: --runs: exit 0" 0
has "shrink: --runs: it is said" "$work/out" '; 5 replays \(no more are allowed'
run --profile ideal --quirk deliver-whole "$work/short"
exits "shrink: --runs: the best so far still fails" 1
"$TRACE" shrink --profile ideal --quirk deliver-whole $dir/window-1g.trace -o - >"$work/stdout" 2>"$work/err"
"$TRACE" shrink --quiet --profile ideal --quirk deliver-whole $dir/window-1g.trace --output="$work/short"
same "shrink: -o -: the trace on standard output" "$work/short" "$work/stdout"
has "shrink: -o -: the sums on standard error" "$work/err" ' records, before '

# What cannot be shrunk.
shrink --profile ideal traces/strict.vtt.zst -o "$work/short"
exits "shrink: nothing fails: exit 1" 1
has "shrink: nothing fails: says so" "$work/err" 'nothing fails'
shrink --profile ideal --invariant COH-STALE traces/strict.vtt.zst -o "$work/short"
exits "shrink: not broken: exit 1" 1
has "shrink: not broken: says so" "$work/err" 'COH-STALE is not broken'
code=0
[ ! -e "$work/short" ] || code=1
exits "shrink: nothing is written then" 0
head -c 5000 traces/strict.vtt.zst >"$work/damaged.vtt.zst"
shrink "$work/damaged.vtt.zst" -o "$work/short"
exits "shrink: damaged: exit 2" 2
has "shrink: damaged: where" "$work/err" 'damaged.vtt.zst: byte [0-9]+, record [0-9]+: '
printf 'vtd-trace 1\ndetach nobody\n' >"$work/nobody"
shrink "$work/nobody" -o "$work/short"
exits "shrink: a record that makes no sense: exit 2" 2

# refuses NAME PATTERN ARGS...
refuses() {
    name=$1 pattern=$2
    shift 2
    shrink "$@"
    exits "shrink: $name: exit 2" 2
    has "shrink: $name: says why" "$work/err" "$pattern"
}
t=$dir/window-1g.trace
refuses "no -o" 'shrink: -o FILE expected' $t
refuses "no trace" 'no trace given' -o "$work/short"
refuses "two traces" 'one TRACE expected, 2' $t $t -o "$work/short"
refuses "no such invariant" "there is no 'ORD-NOTHING'" --invariant ORD-NOTHING $t -o "$work/short"
refuses "no such quirk" "quirk" --quirk nonsense $t -o "$work/short"
refuses "--explain" 'do not go with it' --explain 1 $t -o "$work/short"
refuses "--check off" 'nothing is found' --check off $t -o "$work/short"
refuses "--invariant and --against" 'does not go with' --against ideal --invariant COH-STALE $t -o "$work/short"
refuses "-o without a value" 'needs a value' $t -o
cp "$t" "$work/input"
refuses "output is the input" 'is the input too' "$work/input" -o "$work/input"
same "shrink: output is the input: it is as it was" "$t" "$work/input"
refuses "output cannot be written" 'No such file' --quirk deliver-whole $t -o "$work/none/short"
