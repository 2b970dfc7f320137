#!/bin/sh
# SPDX-License-Identifier: MIT
# Replay every trace of traces/manifest under the profile it names and compare all of what the
# manifest says: verdict, numbers, digest, and every broken invariant with count and first record.
#
#   tests/manifest.sh                 test
#   tests/manifest.sh --block TRACE [PROFILE]   print what a manifest would say of this trace; a rule
#                                     that the manifest has for one of its lines is kept
cd "$(dirname "$0")/.." || exit 2
. tests/lib.sh
manifest=${MANIFEST:-traces/manifest}

# The value of a JSON key whose value is a number or a plain string; the first one.
value() {
    sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p" "$work/json"
}

# A number inside an object: inside OBJECT KEY
inside() {
    sed -n "s/.*\"$1\":{[^}]*\"$2\":\([0-9]*\).*/\1/p" "$work/json"
}

# The lines that a manifest would hold, from the report in $work/json.
facts() {
    for key in scenario kernel kernel-command-line qemu date; do
        sed -n "s/.*{\"key\":\"$key\",\"text\":\"\(\([^\"\\\\]\|\\\\.\)*\)\"}.*/$key \1/p" "$work/json"
    done
    echo "verdict $(sed -n 's/.*"verdict":"\([a-z]*\)".*/\1/p' "$work/json")"
    echo "records $(sed -n 's/.*"verdict":"[a-z]*","records":\([0-9]*\).*/\1/p' "$work/json")"
    for key in reads dma expect; do
        echo "$key $(inside compared $key)"
    done
    for key in reads dma expect; do
        inside differs $key
    done | awk '{n += $1} END {print "differs", n + 0}'
    echo "digest $(value digest)"
    grep -o '{"id":"[^"]*","severity":"[a-z]*","count":[1-9][0-9]*}' "$work/json" |
        sed 's/.*"id":"\([^"]*\)".*"count":\([0-9]*\)}/\1 \2/' |
        while read -r id count; do
            first=$(grep -o "\"id\":\"$id\",\"severity\":\"[a-z]*\",\"record\":[0-9]*" "$work/json" |
                head -n 1 | sed 's/.*://')
            echo "breaks $id $count@${first:--}"
        done
}

# The rule that the manifest gives for a trace and an invariant.
rule() {
    awk -v want="$1" -v id="$2" '$1 == "trace" { here = $2 == want }
        here && $1 == "breaks" && $2 == id { $1 = $2 = $3 = ""; sub(/^ +/, ""); print "  " $0 }' \
        "$manifest" 2>/dev/null
}

if [ "${1:-}" = --block ]; then
    "$REPLAY" --report json --profile "${3:-qemu-7.2}" "$2" >"$work/json"
    echo "trace ${2##*/}"
    echo "profile ${3:-qemu-7.2}"
    facts | while read -r line; do
        case $line in
        breaks*)
            id=${line#breaks }
            echo "$line$(rule "${2##*/}" "${id%% *}")"
            ;;
        *) echo "$line" ;;
        esac
    done
    exit 0
fi

if [ ! -e "$manifest" ]; then
    echo "skip manifest: there is no $manifest"
    exit 0
fi

# What one block says, in the order and form of `facts`.
said() {
    awk -v want="$1" '
        /^#/ || NF == 0 { next }
        $1 == "trace" { here = $2 == want; next }
        !here { next }
        $1 == "breaks" { print $1, $2, $3; next }
        $1 ~ /^(scenario|kernel|kernel-command-line|qemu|date)$/ { $1 = $1; print; next }
        $1 ~ /^(verdict|records|reads|dma|expect|differs|digest)$/ { print $1, $2 }
    ' "$manifest" | sort
}

# shellcheck disable=SC2013 # a name has no blanks
for trace in $(awk '$1 == "trace" { print $2 }' "$manifest"); do
    profile=$(awk -v want="$trace" '$1 == "trace" { here = $2 == want }
        here && $1 == "profile" { print $2 }' "$manifest")
    "$REPLAY" --report json --profile "${profile:-qemu-7.2}" "${manifest%/*}/$trace" \
        >"$work/json" 2>"$work/err"
    facts | awk '{ $1 = $1; print }' | sort >"$work/is"
    said "$trace" >"$work/said"
    same "manifest: $trace is as it says" "$work/said" "$work/is"
    unexplained=$(awk -v want="$trace" '$1 == "trace" { here = $2 == want }
        here && $1 == "breaks" && NF < 4 { print $2 }' "$manifest")
    equal "manifest: $trace explains what it breaks" "$unexplained" ""
done

blocks=$(grep -c '^trace ' "$manifest")
if [ "$blocks" = 0 ]; then
    echo "skip manifest: no captured trace yet"
fi

# No captured trace without a block.
for file in "${manifest%/*}"/*.vtt.zst; do
    [ -e "$file" ] || continue
    if ! grep -q "^trace ${file##*/}\$" "$manifest"; then
        not_ok "manifest: ${file##*/} has a block" "it has none"
    fi
done
