#!/bin/sh
# SPDX-License-Identifier: MIT
# Replay every trace of traces/manifest under every profile that is built, and compare all of what the
# manifest says: verdict, numbers, digest, and every broken invariant with count and first record.
#
#   tests/manifest.sh                 test
#   tests/manifest.sh --block TRACE   print what a manifest would say of this trace
#   tests/manifest.sh --write         write the manifest anew: its own traces, then those beside it
#                                     that it does not name yet
#
# A rule that the manifest has for a trace, profile and invariant is kept. Where it has none, the rule
# of another trace for that profile and invariant is taken if all of them agree (a guest's invariants
# are the same under every profile); else the line ends in `?`, and the test fails until somebody has
# written why.
cd "$(dirname "$0")/.." || exit 2
. tests/lib.sh
manifest=${MANIFEST:-traces/manifest}
dir=${manifest%/*}

# What is built, from the program itself.
profiles=$("$REPLAY" --profile '?' x 2>&1 | sed -n 's/.*built are //p' | tr -d ',')

# The lines that a manifest would hold of one replay, those about the trace itself first.
facts() {
    code=0
    timeout 120 "$REPLAY" --report json --profile "$2" "$1" >"$work/json" 2>"$work/err" || code=$?
    [ "$code" -le 2 ] || echo "crashed $code"
    grep -oE '\{"key":"(scenario|kernel|kernel-command-line|qemu|date)","text":"([^"\\]|\\.)*"\}|'\
'"verdict":"[a-z]*","records":[0-9]*|"stopped":\{([^"\\}]|\\.|"([^"\\]|\\.)*")*\}|'\
'"compared":\{[^}]*\}|"differs":\{[^}]*\}|"digest":"[0-9a-f]*"|'\
'\{"id":"[^"]*","severity":"[a-z]*","count":[1-9][0-9]*\}|'\
'"id":"[^"]*","severity":"[a-z]*","record":[0-9]*' "$work/json" | awk '
        # What stands between the key and the next quote or bracket.
        function value(key,    s) {
            s = substr($0, index($0, "\"" key "\":") + length(key) + 3)
            if (substr(s, 1, 1) == "\"") { s = substr(s, 2); sub(/".*/, "", s) }
            else sub(/[,}].*/, "", s)
            return s
        }
        function all_of(key,    s) {
            s = substr($0, index($0, "\"" key "\":\"") + length(key) + 4)
            sub(/"}$/, "", s)
            return s
        }
        /^\{"key"/ { about[++abouts] = value("key") " " all_of("text"); next }
        /^"verdict"/ { verdict = value("verdict"); records = value("records"); next }
        /^"stopped"/ { stopped = 1; at = value("record"); why = all_of("why"); next }
        /^"compared"/ { reads = value("reads"); dma = value("dma"); expected = value("expect"); next }
        /^"differs"/ { differs = value("reads") + value("dma") + value("expect"); next }
        /^"digest"/ { digest = value("digest"); next }
        /"count"/ { id[++ids] = value("id"); count[ids] = value("count"); next }
        { if (!(value("id") in first)) first[value("id")] = value("record") }
        END {
            for (i = 1; i <= abouts; i++) print about[i]
            if (verdict == "damaged" && records + 0 == 0) { print "refused " why; exit }
            print "verdict " verdict
            print "records " records
            if (stopped) print "stopped " at " " why
            print "reads " reads; print "dma " dma; print "expect " expected
            print "differs " differs + 0
            print "digest " digest
            for (i = 1; i <= ids; i++)
                print "breaks " id[i] " " count[i] "@" (id[i] in first ? first[id[i]] : "-")
        }'
}

is_about='^(scenario|kernel|kernel-command-line|qemu|date) '

# All that a manifest would say of a trace, without rules.
block() {
    about=1
    echo "trace ${1##*/}"
    for profile in $profiles; do
        facts "$1" "$profile" >"$work/facts"
        [ -z "$about" ] || grep -E "$is_about" "$work/facts"
        about=
        echo "profile $profile"
        grep -vE "$is_about" "$work/facts"
    done
}

# Give the `breaks` lines of standard input the rules that the manifest has.
with_rules() {
    touch "$work/none"
    old=$manifest
    [ -e "$old" ] || old=$work/none
    awk '
        $1 == "breaks" { key = ($2 ~ /^GST-/ ? "" : profile) SUBSEP $2 } # a guest is what it is
        $1 == "trace" { trace = $2 }
        $1 == "profile" { profile = $2 }
        $1 != "breaks" { if (!old) print; next }
        old {
            rule = $0
            sub(/^ *[^ ]+ +[^ ]+ +[^ ]+ */, "", rule)
            if (rule == "" || rule == "?") next
            own[trace, key] = rule
            if (key in common && common[key] != rule) torn[key] = 1
            common[key] = rule
            next
        }
        (trace, key) in own { print $0 "  " own[trace, key]; next }
        key in common && !(key in torn) { print $0 "  " common[key]; next }
        { print $0 "  ?" }
    ' old=1 "$old" old=0 -
}

# The traces of the manifest, in its order, then the others beside it.
traces() {
    awk '$1 == "trace" { print $2 }' "$manifest" 2>/dev/null
    for file in "$dir"/*.vtt.zst; do
        [ ! -e "$file" ] || grep -q "^trace ${file##*/}\$" "$manifest" 2>/dev/null ||
            echo "${file##*/}"
    done
}

case ${1:-} in
--block)
    block "$2" | with_rules
    exit 0
    ;;
--write)
    {
        sed -n '/^#/!q; p' "$manifest" 2>/dev/null
        for trace in $(traces); do
            echo
            block "$dir/$trace"
        done | with_rules
    } >"$work/manifest"
    cp "$work/manifest" "$manifest"
    grep -n '^breaks .* ?$' "$manifest" | sed 's/^/wants a rule: /'
    exit 0
    ;;
'') ;;
*)
    echo "usage: tests/manifest.sh [--block TRACE | --write]" >&2
    exit 2
    ;;
esac

if [ ! -e "$manifest" ]; then
    echo "skip manifest: there is no $manifest"
    exit 0
fi

# What the manifest says of a trace, without rules.
said() {
    awk -v want="$1" '
        /^#/ || NF == 0 { next }
        $1 == "trace" { here = $2 == want }
        !here { next }
        $1 == "breaks" { print $1, $2, $3; next }
        { print }
    ' "$manifest"
}

# shellcheck disable=SC2013 # a name has no blanks
for trace in $(awk '$1 == "trace" { print $2 }' "$manifest"); do
    block "$dir/$trace" >"$work/is"
    said "$trace" >"$work/said"
    same "manifest: $trace is as it says" "$work/said" "$work/is"
    unexplained=$(awk -v want="$trace" '$1 == "trace" { here = $2 == want }
        here && $1 == "profile" { profile = $2 }
        here && $1 == "breaks" && (NF < 4 || $NF == "?") { print profile ":" $2 }' "$manifest" | paste -sd " " -)
    equal "manifest: $trace explains what it breaks" "$unexplained" ""
done

if ! grep -q '^trace ' "$manifest"; then
    echo "skip manifest: no captured trace yet"
fi

# The architecture's own profile breaks nothing that is a violation.
broken=$(awk '$1 == "trace" { trace = $2 }
    $1 == "profile" { ideal = $2 == "ideal" }
    ideal && $1 == "verdict" && $2 != "clean" { print trace ":" $2 }
    ideal && $1 == "refused" { print trace ":" $1 }' "$manifest")
equal "manifest: ideal breaks no promise on any" "$broken" ""

# No captured trace without a block.
for file in "$dir"/*.vtt.zst; do
    [ -e "$file" ] || continue
    if ! grep -q "^trace ${file##*/}\$" "$manifest"; then
        not_ok "manifest: ${file##*/} has a block" "it has none"
    fi
done
