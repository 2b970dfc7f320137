#!/bin/sh
# SPDX-License-Identifier: MIT
# What judges the kernel, without a kernel: our own answers to the lists, and that a wrong one is noticed.
. tests/lib.sh
CALLS=$BUILD/kernel-calls

# calls ARGS...: leaves $code, $work/out and $work/err.
calls() {
    code=0
    "$CALLS" "$@" >"$work/out" 2>"$work/err" || code=$?
}

calls --help
exits "kernel-calls: --help: exit 0" 0
for bad in '' 'walk' 'draw x' 'compare x' 'draw --seed x' 'compare --break nothing a b' 'answer /nonexistent'; do
    # shellcheck disable=SC2086 # words
    calls $bad
    exits "kernel-calls: '$bad': exit 2" 2
done

calls draw --seed 7 --calls 4000
cp "$work/out" "$work/list"
calls draw --seed 7 --calls 4000
same "kernel-calls: the same seed, the same list" "$work/out" "$work/list"
cksum <"$work/list" >"$work/sum"
has "kernel-calls: the same list with every compiler" "$work/sum" '^409234732 '
"$CALLS" answer "$work/list" >"$work/results"
calls compare "$work/list" "$work/results"
exits "kernel-calls: our two type1 agree: exit 0" 0
has "kernel-calls: and says how many" "$work/out" '^kernel-calls: 4000 calls, 0 differ; 3[0-9]* of them'
for class in 'map 0' 'map -14' 'map -17' 'map -22' 'map -28' 'unmap 0' 'unmap -22'; do
    has "kernel-calls: the list has '$class'" "$work/out" " $class: [0-9]"
done

# Every rule is one whose absence shows.
for rule in overlap cut limit window aperture memory bytes; do
    calls compare --break $rule "$work/list" "$work/results"
    exits "kernel-calls: without the rule '$rule': exit 1" 1
    has "kernel-calls: without the rule '$rule': it is said where" "$work/out" '^  line [0-9]+: (un)?map '
done

# One result of each class changed.
for class in 0 -14 -17 -22 -28; do
    line=$(awk -v c="$class" '$2 == c && $3 == 0 && NR > 500 { print NR; exit }' "$work/results")
    awk -v l="$line" 'NR == l { $2 = $2 == 0 ? -5 : 0 } { print }' "$work/results" >"$work/changed"
    calls compare "$work/list" "$work/changed"
    exits "kernel-calls: one $class changed: exit 1" 1
    has "kernel-calls: one $class changed: one differs" "$work/out" ' calls, 1 differ;'
done
line=$(awk '$3 > 0 { print NR; exit }' "$work/results")
awk -v l="$line" 'NR == l { $3 += 4096 } { print }' "$work/results" >"$work/changed"
calls compare "$work/list" "$work/changed"
exits "kernel-calls: other bytes: exit 1" 1

# What a run that broke off leaves, or another kernel.
head -n 100 "$work/results" >"$work/changed"
calls compare "$work/list" "$work/changed"
exits "kernel-calls: results end too early: exit 2" 2
sed 1d "$work/results" >"$work/changed"
calls compare "$work/list" "$work/changed"
exits "kernel-calls: results of another list: exit 2" 2
{
    echo 'info pages 0xfffffffffffff000'
    cat "$work/results"
} >"$work/changed"
calls compare "$work/list" "$work/changed"
exits "kernel-calls: other page sizes: exit 2" 2
for line in 'map 0 3 0x1000' 'map 9 3 0 0x1000 w+0' 'map 0 3 0 0x1000 w+0xffffffff' 'unmap 0 0 0 0 = x' 'fly 0'; do
    echo "$line" >"$work/changed"
    calls answer "$work/changed"
    exits "kernel-calls: '$line': exit 2" 2
    has "kernel-calls: '$line': what was expected" "$work/err" 'line 1: .* expected'
done

# The results that the kernel gave, said by the list.
"$CALLS" answer judge/kernel/lists/edges >"$work/results"
calls compare judge/kernel/lists/edges "$work/results"
exits "kernel-calls: what the kernel was seen to answer: exit 0" 0
sed 's/^map 0 3 0x1000 0xfffffffffffff000 w+0 = -22/map 0 3 0x1000 0xfffffffffffff000 w+0 = -17/' \
    judge/kernel/lists/edges >"$work/list"
calls compare "$work/list" "$work/results"
exits "kernel-calls: another result said: exit 1" 1
has "kernel-calls: another result said: by the list" "$work/out" '^  the list expects: -17'

# What was found by it: with pages above the interrupt window a way to pass-through ends QEMU.
run --profile qemu-7.2 tests/traces/kernel/to-pass-through.trace
exits "to-pass-through: qemu-7.2: exit 1" 1
has "to-pass-through: qemu-7.2 ends" "$work/out" '^  #[0-9]+ LIVE-ABORT  record 16$'
run --profile ideal tests/traces/kernel/to-pass-through.trace
exits "to-pass-through: ideal: nothing to say" 0
