#!/bin/sh
# SPDX-License-Identifier: MIT
# docs/invariants.md on standard output: the program's own table (--list-invariants=table), and for
# each row what the first trace that breaks it (tests/traces/invariants/list) makes the program say.
# Run at the top of the tree; BUILD is the build to ask (default build). Exit 1 when a row has none.
set -eu
replay=${BUILD:-build}/replay
traces=tests/traces/invariants
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tab=$(printf '\t')

"$replay" --list-invariants=table >"$work/rows"

# command VERDICT ID: what replays the first trace that the list has for it.
command() {
    awk -v id="$2" -v verdict="$1" -v dir="$traces" '
        $1 == id && $2 == verdict {
            trace = dir "/" $3 ".trace"
            $1 = $2 = $3 = ""
            sub(/^ +/, "")
            print "build/replay " ($0 == "" ? "" : $0 " ") trace
            exit
        }' $traces/list
}

# sentence ID COMMAND: the first finding of ID, as the program words it.
sentence() {
    # shellcheck disable=SC2086 # a list of words
    "$replay" --report json ${2#build/replay } >"$work/json" || :
    sed 's/{"n":/\n&/g' "$work/json" | grep "\"id\":\"$1\"" |
        sed -n 's/.*"last":[^,]*,"text":"\(\([^"\\]\|\\.\)*\)","cause_record".*/\1/p' | head -n 1 |
        sed -e 's/\\"/"/g' -e 's/\\\\/\\/g'
}

cat <<'END'
# Invariants

What `replay` watches, made by `make docs` from the table that the program itself uses and from the
traces that test it. A finding of severity *violation* says that the remapping unit or a consumer
broke its promise (exit status 1); *guest*, that the guest broke the architecture's rules; *cost*,
that something was right but wasteful: both are counted and told. `vtd-facts` and `museum` are the
project's notes on the specification and on historical bugs, `seed` a document it started from;
the specification is Intel's for VT-d.

| id | severity | statement |
| --- | --- | --- |
END
while IFS=$tab read -r id severity statement source; do
    printf '| [%s](#%s) | %s | %s |\n' "$id" "$(echo "$id" | tr 'A-Z' 'a-z')" "$severity" \
        "$statement"
done <"$work/rows"

while IFS=$tab read -r id severity statement source; do
    breaks=$(command break "$id")
    keeps=$(command keep "$id")
    said=$(sentence "$id" "$breaks")
    if [ -z "$breaks" ] || [ -z "$keeps" ] || [ -z "$said" ]; then
        echo "invariants.sh: $traces/list has no trace that keeps and one that breaks $id" >&2
        exit 1
    fi
    cat <<END

## $id

$(echo "$statement" | awk '{ print toupper(substr($0, 1, 1)) substr($0, 2) }').

* Severity: $severity
* Source: $source
* Broken: \`$breaks\`
* Kept: \`$keeps\`

> $said
END
done <"$work/rows"
