#!/bin/sh
# SPDX-License-Identifier: MIT
# Each field of a profile has a row, a source, and a trace that shows it; docs/properties.md is as made.
. tests/lib.sh
PROPERTIES=$BUILD/tests/properties
dir=tests/traces/properties

# The names of struct policy, as its text has them, are those of the table.
awk '/^struct policy \{/ { inside = 1; next } /^};/ { inside = 0 } inside' sim/policy_fields.h |
    tr '\n' ' ' | sed 's,/[*][^*]*[*]*\([^/*][^*]*[*]\)*/,,g' | grep -oE '[a-z_0-9]+ *;' |
    tr -d '; ' | grep -vx name >"$work/struct"
"$PROPERTIES" --fields >"$work/fields"
sed 1d "$work/fields" | cut -f 1 >"$work/table"
same "properties: sim/policy_table.c has a row for each field of struct policy" "$work/struct" "$work/table"
run --list-fields
exits "properties: --list-fields: exit 0" 0
equal "properties: --list-fields: a line for each" "$(wc -l <"$work/out")" "$(wc -l <"$work/table")"
# Somewhere it decides something.
find sim -name '*.c' ! -name quirks.c -exec cat {} + >"$work/code"
while read -r f; do
    grep -qE "(->|policy[.])$f([^a-z_0-9]|\$)" "$work/code" ||
        not_ok "properties: $f is asked for" "nothing reads it"
done <"$work/table"

"$PROPERTIES" --all tests/traces/*/*.trace >"$work/need" ||
    not_ok "properties: every trace is played" "exit $?"
grep -H '^meta shows ' tests/traces/*/*.trace | sed 's/:meta shows / /' >"$work/shows"
grep -v '^#' $dir/unseen >"$work/unseen"

# What differs from ideal is shown by a trace that says so, or it is said why none can.
# Nothing is said that is not so.
tr '\t' ' ' <"$work/need" | awk -v dir=tests/traces/ '
    FILENAME ~ /shows$/ { traces++; for (i = 2; i <= NF; i++) { says[$i, $1] = 1; claim[$i " " $1] = 1 } next }
    FILENAME ~ /unseen$/ { for (i = 2; $i != ":"; i++) { hidden[$1, $i] = 1; hides[++hidings] = $1 " " $i } next }
    FILENAME ~ /fields$/ {
        split($0, cell, "\t"); n = split($0, cell, "\t")
        if (FNR == 1) { for (i = 5; i < n; i++) profile[i] = cell[i]; next }
        for (i = 5; i < n; i++) if (cell[i] != cell[n]) wanted[++wants] = cell[1] " " profile[i]
        next
    }
    # profile field value other whose trace at; a value may have blanks: counted from the end
    { trace = $(NF - 1); if (index(trace, dir) != 1 || !(($2, trace) in says)) next
      shown[$2 " " $1] = 1; proved[$2 " " trace] = 1 }
    END {
        for (i = 1; i <= wants; i++) {
            split(wanted[i], w, " ")
            if ((wanted[i] in shown) && ((w[1], w[2]) in hidden))
                print "not ok properties: " wanted[i] ": it is in the list of what no trace shows, and one shows it"
            else if ((wanted[i] in shown) || ((w[1], w[2]) in hidden))
                print "ok properties: " wanted[i]
            else
                print "not ok properties: " wanted[i] ": no trace in " dir " shows it"
        }
        for (c in claim) if (!(c in proved)) print "not ok properties: " c ": the trace does not show it"
        for (i = 1; i <= hidings; i++) { ok = 0
            for (j = 1; j <= wants; j++) ok = ok || wanted[j] == hides[i]
            if (!ok) print "not ok properties: " hides[i] " is in the list of what no trace shows, and is as in ideal" }
        print (traces > 40 ? "ok" : "not ok") " properties: there are traces: " traces
    }' "$work/shows" "$work/unseen" "$work/fields" -

code=0
NEED=$work/need sh tools/properties.sh >"$work/page" 2>"$work/err" || code=$?
exits "properties: the page can be made" 0
same "properties: docs/properties.md is as made (if not: make docs)" "$work/page" docs/properties.md
has_no "properties: no field is needed by one trace alone, or by none" docs/properties.md '\| [01] \|$'

# --set: another value, another digest; that of the profile itself, the same.
t=$dir/straddle.trace
run --profile qemu-10.2 --digest $t
cp "$work/out" "$work/own"
run --profile qemu-10.2 --set straddle=qemu-10.2 --digest $t
same "properties: --set to what it is changes nothing" "$work/own" "$work/out"
run --profile qemu-10.2 --set straddle=ideal --digest $t
exits "properties: --set is taken" 1 # the order of GSTS is still that of 10.2
if cmp -s "$work/own" "$work/out"; then
    not_ok "properties: --set to another value changes what is told" "the digest is the same"
else
    ok "properties: --set to another value changes what is told"
fi
run --profile qemu-10.2 --set straddle=abort $t
exits "properties: --set straddle=abort: it aborts" 1
run --set straddle=often $t
exits "properties: --set: no such value: exit 2" 2
has "properties: --set: no such value: says which there are" "$work/err" 'expected crop, abort, whole, pieces'
run --set stradle=crop $t
exits "properties: --set: no such field: exit 2" 2
has "properties: --set: no such field: where they are listed" "$work/err" 'list-fields'
run --profile qemu-10.2 --set straddle=abort --save 5:"$work/state" $t
run --profile qemu-10.2 --restore "$work/state" $t
exits "properties: a state saved with --set is not another's" 2
run --profile qemu-10.2 --set straddle=abort --restore "$work/state" $t
exits "properties: a state saved with --set is its own" 1

# A real QEMU, where there is one (tests/cli/judge.sh says so when there is none): `make judge` plays all.
if command -v qemu-system-x86_64 >/dev/null 2>&1; then
    sh tests/judge_properties.sh $dir/straddle.trace $dir/again-faults.trace $dir/again-queue.trace
fi
