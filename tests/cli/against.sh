#!/bin/sh
# SPDX-License-Identifier: MIT
# --against: one trace under two profiles.
. tests/lib.sh
dir=tests/traces/invariants
basic=tests/cli/traces/basic.vtt

run --profile ideal --against ideal $dir/reserved.trace
exits "against: the same: exit 0" 0
equal "against: the same: says so" "$(cat "$work/out")" \
    "SAME  $dir/reserved.trace: ideal against ideal, 2 consumers, 27 records"
run --against ideal $dir/reserved.trace
exits "against: different: exit 1" 1
cat >"$work/expected" <<END
DIFFERS  $dir/reserved.trace: qemu-10.2 against ideal, 2 of 2 consumers differ, in 1 of 27 records

vfio@00:02.0 begins to differ at record 25:
    qemu-10.2  told nothing more
    ideal      told UNMAP 0x1000-0x1fff, result 0
  1 record differs; 5 and 6 events in all
  at the end it holds 1 and 0 ranges: 1 only by qemu-10.2, 0 only by ideal

p begins to differ at record 25:
    qemu-10.2  told nothing more
    ideal      told UNMAP 0x1000-0x1fff, result 0
  1 record differs; 1 and 2 events in all
  at the end it holds 1 and 0 ranges: 1 only by qemu-10.2, 0 only by ideal
END
same "against: different: the report" "$work/expected" "$work/out"

# A quirk belongs to --profile alone.
run --profile qemu-10.2 --quirk dup-map-no-tree --against qemu-10.2 $dir/again.trace
exits "against: a quirk against none: exit 1" 1
has "against: a quirk: what it tells more" "$work/out" '^    qemu-10.2 +told MAP 0x1000-0x1fff to 0x1234000 \(rw\)'

# Where one of them ends, or does not offer the unit.
run --profile qemu-7.2 --quirk dup-map-no-tree --against ideal $basic
exits "against: one aborts: exit 1" 1
has "against: one aborts: which, where" "$work/out" '^qemu-7.2 would have ended at record 32: '
has "against: one aborts: how far it was compared" "$work/out" '^Compared up to record 32\.'
sed 's/aw-bits=39/aw-bits=57/' $dir/reserved.trace >"$work/wide.trace"
run --profile ideal --against qemu-10.2 "$work/wide.trace"
exits "against: one refuses the unit: exit 2" 2
has "against: one refuses the unit: which" "$work/err" 'qemu-10.2 refuses: '
has "against: one refuses the unit: in the report" "$work/out" '^qemu-10.2 refuses at record 0: '
(cat $dir/reserved.trace && echo nonsense) >"$work/damaged.trace"
run --against ideal "$work/damaged.trace"
exits "against: damaged: exit 2" 2
has "against: damaged: still compared" "$work/out" '^DIFFERS .* in 1 of 27 records'
has "against: damaged: where" "$work/out" '^The trace is damaged at byte [0-9]+, record 27: '
run --against ideal /nonexistent
exits "against: no such file: exit 2" 2

# JSON: one object a trace.
run --against ideal --report json $dir/reserved.trace $basic
exits "against: JSON: exit 1" 1
equal "against: JSON: a line a trace" "$(wc -l <"$work/out" | tr -d ' ')" 2
has "against: JSON: keys" "$work/out" \
    "^{\"trace\":\"$dir/reserved.trace\",\"profile\":\"qemu-10.2\",\"against\":\"ideal\",\"records\":27,\"records_differ\":1,\"differs\":\\[{\"consumer\":\"vfio@00:02.0\",\"record\":25,"
has "against: JSON: what each holds" "$work/out" '"events":5,"held":1,"held_alone":1}'
has "against: JSON: the same" "$work/out" '"records_differ":0,"differs":\[\]'

# Standard input, a captured guest, and the same as trace diff finds.
code=0
"$REPLAY" --against ideal - <$dir/reserved.trace >"$work/out" 2>"$work/err" || code=$?
exits "against: standard input" 1
run --profile qemu-10.2 --against ideal traces/strict.vtt.zst
exits "against: a captured guest: exit 1" 1
"$REPLAY" --profile qemu-10.2 --events "$work/a" traces/strict.vtt.zst >"$work/ignored"
"$REPLAY" --profile ideal --events "$work/b" traces/strict.vtt.zst >"$work/ignored"
"$BUILD/trace" diff "$work/a" "$work/b" >"$work/diff"
equal "against: the same places as trace diff" \
    "$(sed -n 's/^\(.*\) begins to differ at record \([0-9,]*[0-9]\).*/\1 \2/p' "$work/out" | sort)" \
    "$(sed -n 's/^\(.*\): begins to differ at record \([0-9,]*\);.*/\1 \2/p' "$work/diff" | sort)"

# What does not go with it.
for option in "--explain 1" "--digest" "--events $work/e" "--from 3" "--device 00:02.0"; do
    # shellcheck disable=SC2086 # words
    run --against ideal $option $basic
    exits "against: $option: exit 2" 2
done
run --against qemu-99 $basic
exits "against: an unknown profile: exit 2" 2
has "against: an unknown profile: what is built" "$work/err" "^replay: --against: 'qemu-99' is not known"
