#!/bin/sh
# SPDX-License-Identifier: MIT
# Options that print and end, and bad usage: exit 2, a sentence on standard error, nothing else.
. tests/lib.sh

run --help
exits "help: exit 0" 0
has "help: usage comes first" "$work/out" '^Usage: replay '
run --version
exits "version: exit 0" 0
has "version: name and number" "$work/out" '^vtd-replay [0-9]+\.[0-9]+'

# Every option of --help is one, and every option is in --help.
run --help
for option in profile sync attach type1 dma-limit fail quirk list-quirks set list-fields compare check strict save \
    restore restore-at events report report-html stop-on-violation from to device iova list-invariants digest \
    explain against help version; do
    has "help: --$option is described" "$work/out" "--$option"
done

run --list-invariants
exits "list-invariants: exit 0" 0
has "list-invariants: id, severity, statement" "$work/out" '^ORD-INPLACE +violation +[a-zA-Z]'
has "list-invariants: those about the guest" "$work/out" '^GST-NOFLUSH +guest '
run --list-invariants=table
exits "list-invariants=table: exit 0" 0
has "list-invariants=table: id, severity, statement, source" "$work/out" \
    "$(printf '^ORD-INPLACE\tviolation\ta MAP [^\t]*\tvtd-facts [^\t]*$')"
equal "list-invariants=table: four fields in each line" \
    "$(awk -F '\t' 'NF != 4 || $4 == ""' "$work/out")" ""
run --list-quirks
exits "list-quirks: exit 0" 0
has "list-quirks: name, what, source" "$work/out" '^dup-map-no-tree +.*\(.*\)$'

# refuses NAME PATTERN ARGS...
refuses() {
    name=$1 pattern=$2
    shift 2
    run "$@"
    exits "usage: $name: exit 2" 2
    has "usage: $name: says why" "$work/err" "$pattern"
    equal "usage: $name: nothing on standard output" "$(cat "$work/out")" ""
}
t=tests/cli/traces/basic.vtt
"$REPLAY" --help >"$work/help"
"$REPLAY" --profile nonsense $t 2>&1 | sed -n 's/.*built are //p' | tr -d , | tr ' ' '\n' >"$work/built"
[ -s "$work/built" ] || not_ok "help: profiles are named" "the refusal of an unknown one names none"
while read -r p; do
    has "help: profile $p is described" "$work/help" "[ ,]${p}[ ,]"
done <"$work/built"
refuses "unknown list" '--list-invariants' --list-invariants=html
refuses "no trace" 'no trace given'
refuses "unknown option" '--nonsense is no option' --nonsense $t
refuses "value missing" '--profile needs a value' $t --profile
refuses "profile unknown" "'qemu' is not known" --profile qemu $t
for old in v3 v6 v7; do
    run --profile $old --sync dirty $t
    exits "usage: strategy not offered by $old: exit 2" 2
    has "usage: strategy not offered by $old: says why" "$work/err" 'notifies what did not change, too'
done
refuses "consumer of no kind" 'names no kind of consumer' --attach nic@00:03.0 $t
refuses "consumer without device" 'names no device' --attach vfio $t
refuses "quirk unknown" 'list-quirks' --quirk nonsense $t
refuses "number" 'is no number' --from ten $t
refuses "range" 'is no range' --iova 0x1000 $t
refuses "range inverted" 'ends before it starts' --iova 0x2000-0x1000 $t
refuses "device" 'is no device' --device 3 $t
refuses "stdin twice" 'only once' - -
refuses "stream of several to stdout" 'name a directory' --events - $t $t

# A unit that the profile's system does not offer.
printf 'vtd-trace 1\nunit aw-bits=48\nmark x\n' >"$work/wide.trace"
for old in v3 v6 v7; do
    run --profile $old "$work/wide.trace"
    exits "usage: 48 bits under $old: exit 2" 2
    has "usage: 48 bits under $old: says why" "$work/err" "profile $old does not offer 48 bits"
done
run --profile qemu-7.2 "$work/wide.trace"
exits "usage: 48 bits under qemu-7.2: exit 0" 0
sed -i 's/^unit.*/unit model=v3/' "$work/wide.trace"
run "$work/wide.trace"
has "usage: v3 names its kinds" "$work/out" 'modelled as +v3 \(its kinds of event: CHANGE, INVALIDATION\)'
