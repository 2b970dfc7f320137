#!/bin/sh
# SPDX-License-Identifier: MIT
# The work a replay does, counted: for every trace of traces/manifest, the system it was observed on
# and `ideal`, and each strategy, the operations of the JSON report ("ops") compared with traces/counts. They
# are exact, so any change shows, wanted or not.
#
#   tests/counts.sh           test
#   tests/counts.sh --write   write traces/counts anew, after a change that was meant
cd "$(dirname "$0")/.." || exit 2
. tests/lib.sh
counts=${COUNTS:-traces/counts}
manifest=${MANIFEST:-traces/manifest}
dir=${manifest%/*}

# One trace: a line for each profile and strategy.
lines() {
    own=$("$REPLAY" --report json --check off "$1" 2>/dev/null |
        sed -n 's/.*"profile":"\([^"]*\)".*/\1/p')
    for profile in $own ideal; do
        for sync in walk translate dirty; do
            ops=$(timeout 120 "$REPLAY" --report json --check off --profile "$profile" --sync "$sync" \
                "$1" 2>/dev/null | sed -n 's/.*"ops":{\([^}]*\)}.*/\1/p' | tr -d '"' | tr ',:' ' =')
            echo "$profile $sync $ops"
        done
    done
}

all() {
    # shellcheck disable=SC2013 # a name has no blanks
    for trace in $(awk '$1 == "trace" { print $2 }' "$manifest"); do
        echo
        echo "trace $trace"
        lines "$dir/$trace"
    done
}

case ${1:-} in
--write)
    {
        cat <<'TEXT'
# Operations of each captured trace's replay, exact: tests/counts.sh compares them. `PROFILE STRATEGY`, then
# what the JSON report has as "ops" (docs/bench.md). `tests/counts.sh --write` writes this file.
TEXT
        all
    } >"$work/counts"
    cp "$work/counts" "$counts"
    exit 0
    ;;
'') ;;
*)
    echo "usage: tests/counts.sh [--write]" >&2
    exit 2
    ;;
esac

# shellcheck disable=SC2013
for trace in $(awk '$1 == "trace" { print $2 }' "$manifest"); do
    lines "$dir/$trace" >"$work/is"
    awk -v want="$trace" '$1 == "trace" { here = $2 == want; next } here && NF' "$counts" \
        >"$work/said"
    same "counts: $trace costs what $counts says" "$work/said" "$work/is"
done

# What was notified does not depend on the strategy; what it cost does.
uneven=$(awk '/^#/ || !NF { next }
    $1 == "trace" { trace = $2; next }
    {
        told = ""
        for (i = 3; i <= NF; i++)
            if ($i ~ /^(callbacks|notifications|type1_|pages_pinned|misses|iotlb_|shadow_leaves|container_)/)
                told = told " " $i
        key = trace ":" $1
        if (key in first && first[key] != told) print key ":" $2
        first[key] = told
    }' "$counts" | paste -sd " " -)
equal "counts: each strategy led to the same" "$uneven" ""
dearer=$(awk '/^#/ || !NF { next }
    $1 == "trace" { trace = $2; next }
    {
        for (i = 3; i <= NF; i++)
            if ($i ~ /^entries_read=/) entries = substr($i, 14) + 0
        if ($2 == "walk") walked = entries
        else if ($2 == "dirty" && entries > walked) print trace ":" $1
    }' "$counts" | paste -sd " " -)
equal "counts: dirty reads no more than the walk" "$dearer" ""
