#!/bin/sh
# SPDX-License-Identifier: MIT
# Each invariant has a trace that keeps it and one that breaks it (tests/traces/invariants/list).
cd "$(dirname "$0")/.." || exit 2
. tests/lib.sh
dir=tests/traces/invariants

while read -r id verdict trace options; do
    case $id in '' | '#'*) continue ;; esac
    # shellcheck disable=SC2086 # options are a list of words
    run --report json $options "$dir/$trace.trace"
    count=$(grep -o "{\"id\":\"$id\",\"severity\":\"[a-z]*\",\"count\":[0-9]*}" "$work/out" |
        sed 's/.*:\([0-9]*\)}/\1/')
    name="invariants: $trace${options:+ ($options)} ${verdict}s $id"
    case $verdict:$count in
    keep:0 | break:[1-9]*) ok "$name" ;;
    *) not_ok "$name" "it was broken '${count}' times ($(head -n 1 "$work/err"))" ;;
    esac
done <$dir/list

# None is without.
"$REPLAY" --list-invariants | awk '{ print $1 }' | grep -E '^[A-Z]+-' | while read -r id; do
    for verdict in keep break; do
        grep -q "^$id  *$verdict " $dir/list ||
            not_ok "invariants: $id has a trace that ${verdict}s it" "the list has none"
    done
done
