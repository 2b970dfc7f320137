#!/bin/sh
# SPDX-License-Identifier: MIT
# --explain: each story as its golden file has it, and the command it ends with.
#   UPDATE=1 sh tests/cli/explain.sh     writes the golden files anew
. tests/lib.sh
dir=tests/traces/invariants
golden=tests/cli/golden

# number ID TRACE OPTIONS...: the first finding of that invariant.
number() {
    id=$1
    shift
    "$REPLAY" --report json "$@" | grep -o "{\"n\":[0-9]*,\"id\":\"$id\"" | head -n 1 |
        sed 's/[^0-9]*\([0-9]*\).*/\1/'
}

# story NAME EXIT ID TRACE OPTIONS...: as the golden file; and the command at the end shows the finding.
story() {
    name=$1 expected=$2 id=$3
    shift 3
    n=$(number "$id" "$@")
    run --explain "${n:-0}" "$@"
    exits "explain: $name: exit code" "$expected"
    sed "s,^\( *\)$BUILD/,\1build/," "$work/out" >"$work/story"
    [ "${UPDATE:-}" ] && cp "$work/story" "$golden/explain-$name.txt"
    same "explain: $name: the story" "$golden/explain-$name.txt" "$work/story"
    grep -v 'replay --' "$work/story" >"$work/text"
    has_no "explain: $name: no line is too wide" "$work/text" '^.{100}'
    sed -n '/^To replay just that/,/ -$/p' "$work/out" | sed 1d >"$work/command"
    sh "$work/command" >"$work/again" 2>&1
    has "explain: $name: the command shows it again" "$work/again" "^  #$n $id  record "
}

story shadow 1 COH-SHADOW $dir/reserved.trace
story noflush 1 GST-NOFLUSH $dir/noflush-wrong.trace
story cm 1 GST-CM $dir/cm-wrong.trace
story ctx 1 GST-CTX $dir/ctx-wrong.trace
story inplace 1 ORD-INPLACE --quirk inplace-bare-map $dir/inplace.trace
story split 1 COH-STALE $dir/split.trace
story dma 1 COH-DMA --quirk iotlb-key-sid8 $dir/two-buses.trace
story domain 1 ISO-DOMAIN --quirk domain-ignored $dir/domains.trace
story gone 1 ISO-GONE --quirk unregister-missing $dir/gone.trace
story refuse 1 REG-REFUSE --profile qemu-7.2 $dir/no-cm.trace
story desc 1 GST-DESC $dir/desc-wrong.trace
story context 0 GST-C7 $dir/c7-wrong.trace
story register 0 GST-G3 $dir/g3-wrong.trace
story pins 1 PIN-RETRY $dir/pins-never.trace
story vhost 1 LIVE-MISS $dir/vhost-miss.trace
story refused 1 ERR-CONVERGE $dir/refused-map.trace
story narrow-pt 1 COH-DMA $dir/narrow-pt.trace
story captured 1 ORD-WAIT traces/strict.vtt.zst
story hugepages 1 GST-DESC traces/aw48-hugepages.vtt.zst

# Every trace that breaks an invariant has a story that names its record.
while read -r id verdict trace options; do
    [ "$verdict" = break ] || continue
    case $id in CST-*) continue ;; esac # costs are counted and have no number
    # shellcheck disable=SC2086 # options are a list of words
    n=$(number "$id" $options $dir/$trace.trace)
    # shellcheck disable=SC2086
    run --explain "$n" $options $dir/$trace.trace
    if [ "$code" -le 1 ] && grep -q "^#$n $id " "$work/out" && grep -q '^To replay' "$work/out"; then
        ok "explain: $id of $trace"
    else
        not_ok "explain: $id of $trace" "exit $code: $(head -n 1 "$work/err")"
    fi
done <$dir/list

# The same story whichever strategy found it, and with the checks comparing all.
run --explain 2 $dir/reserved.trace
grep -v build/ "$work/out" >"$work/walk"
run --explain 2 --sync translate --check full $dir/reserved.trace
has "explain: the options are said again" "$work/out" ' --sync translate --check full '
grep -v 'replay --' "$work/out" | grep -v dump >"$work/translate"
grep -v 'replay --' "$work/walk" | grep -v dump >"$work/walk2"
same "explain: --sync translate: the same story" "$work/walk2" "$work/translate"

# What there is no story for.
run --explain 3 $dir/te-on.trace
exits "explain: beyond the last: exit 2" 2
has "explain: says how many there are" "$work/err" 'there is no finding 3; 1 finding is all there is'
run --explain 1 tests/cli/traces/basic.vtt
exits "explain: a clean trace: exit 2" 2
has "explain: says that nothing was found" "$work/err" 'no finding 1; nothing was found'
run --explain 0 $dir/te-on.trace
exits "explain: 0: exit 2" 2
run --explain 1 - <$dir/te-on.trace
exits "explain: standard input: exit 2" 2
has "explain: standard input: why" "$work/err" 'reads the trace more than once'
run --explain 1 $dir/te-on.trace $dir/split.trace
exits "explain: two traces: exit 2" 2
run --explain 1 --report json $dir/te-on.trace
exits "explain: with JSON: exit 2" 2
run --explain 1 --check off $dir/te-on.trace
exits "explain: without checks: exit 2" 2
run --explain 1 --events "$work/e" $dir/te-on.trace
exits "explain: with --events: exit 2" 2
run --explain 1 /nonexistent
exits "explain: no such file: exit 2" 2
has "explain: no such file: why" "$work/err" 'nonexistent'

# A name that a shell would cut, and a trace damaged behind the finding.
cp $dir/te-on.trace "$work/a b's.trace"
run --explain 1 "$work/a b's.trace"
sed -n '/^To replay just that/,/ -$/p' "$work/out" | sed 1d >"$work/command"
sh "$work/command" >"$work/again" 2>&1
has "explain: an awkward name: the command runs" "$work/again" '^  #1 ORD-WAIT  record 16'
(cat $dir/te-on.trace && echo nonsense) >"$work/damaged.trace"
run --explain 1 "$work/damaged.trace"
exits "explain: damage behind the finding does not matter" 1
run --explain 2 "$work/damaged.trace"
exits "explain: damage before the finding: exit 2" 2
has "explain: damage before the finding: why" "$work/err" 'stopped early'
