#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/manifest.sh itself: what it writes, which rules it keeps, and when it fails.
. tests/lib.sh
m=$work/m/manifest
mkdir "$work/m"
cp tests/traces/invariants/te-on.trace "$work/m/one.vtt.zst"

manifest() {
    MANIFEST=$m sh tests/manifest.sh "$@" >"$work/out" 2>"$work/err"
}

# The rule of one line: profile, invariant, and what to write there.
explain() {
    awk -v p="$1" -v id="$2" -v why="$3" '$1 == "profile" { here = $2 == p }
        here && $1 == "breaks" && $2 == id { $0 = $1 " " $2 " " $3 "  " why } { print }' \
        "$m" >"$work/new" && cp "$work/new" "$m"
}

# Every line that nobody has explained yet.
explain_rest() {
    awk '$1 == "profile" { here = $2 } $1 == "breaks" { sub(/ \?$/, " as " here " does") } { print }' \
        "$m" >"$work/new" && cp "$work/new" "$m"
}

printf '# a comment\n\n' >"$m"
manifest --write
has "manifest: what lies beside it is taken up" "$m" '^trace one.vtt.zst$'
has "manifest: the comment stays" "$m" '^# a comment$'
for profile in v3 v6 v7 qemu-7.2 qemu-10.0 qemu-10.2 ideal; do
    has "manifest: a block for $profile" "$m" "^profile $profile\$"
done
has "manifest: a line without a rule is marked" "$m" '^breaks ORD-WAIT 1@[0-9]+  \?$'
has "manifest: and named when written" "$work/out" '^wants a rule: [0-9]+:breaks ORD-WAIT'
manifest
has "manifest: it is as written" "$work/out" '^ok manifest: one.vtt.zst is as it says$'
has "manifest: a line without a rule fails" "$work/out" \
    '^not ok manifest: one.vtt.zst explains what it breaks: .*qemu-7.2:ORD-WAIT'

for profile in v3 v6 v7 qemu-7.2 qemu-10.0 qemu-10.2; do
    explain $profile ORD-WAIT "because of $profile"
done
explain_rest
manifest
has_no "manifest: with rules it passes" "$work/out" '^not ok'
cp tests/traces/invariants/te-off.trace "$work/m/two.vtt.zst"
manifest
has "manifest: a trace without a block fails" "$work/out" '^not ok manifest: two.vtt.zst has a block'
manifest --write
has_no "manifest: what has a rule wants none" "$work/out" 'breaks ORD-WAIT'
explain_rest
awk '$2 == "two.vtt.zst" { here = 1 } here' "$m" >"$work/two"
has "manifest: another trace's rule is taken" "$work/two" '^breaks ORD-WAIT 2@[0-9]+  because of qemu-7.2$'
awk '$1 == "trace" { two = $2 == "two.vtt.zst" } $1 == "profile" { p = $2 }
    two && p == "v7" && $2 == "ORD-WAIT" { $0 = $1 " " $2 " " $3 "  for another reason" } { print }' \
    "$m" >"$work/new" && cp "$work/new" "$m"
cp tests/traces/invariants/again.trace "$work/m/three.vtt.zst"
manifest --write
awk '$2 == "three.vtt.zst" { here = 1 } here && $1 == "profile" { p = $2 }
    here && p == "v7"' "$m" >"$work/three"
has "manifest: its own rule is kept" "$m" '^breaks ORD-WAIT 2@[0-9]+  for another reason$'
has "manifest: rules that disagree are nobody's" "$work/three" '^breaks ORD-WAIT 1@[0-9]+  \?$'

sed 's/^records .*/records 7/' "$m" >"$work/new" && cp "$work/new" "$m"
manifest
has "manifest: another number fails" "$work/out" '^not ok manifest: one.vtt.zst is as it says'
sed 's/aw-bits=39/aw-bits=48/' tests/traces/invariants/te-on.trace >"$work/wide.trace"
manifest --block "$work/wide.trace"
has "manifest: a unit that is not offered" "$work/out" '^refused profile v7 does not offer 48 bits'
