#!/bin/sh
# SPDX-License-Identifier: MIT
# Each trace of tests/traces/properties against a real QEMU: it agrees with its profile, and not with
# its profile changed in the field that the trace shows. One line "ok NAME" or "not ok NAME: why" each; exit 1
# when anything failed.
#
#   judge_properties.sh [TRACE...]   these alone
#   JUDGE_QEMU=PATH                  the binary (default qemu-system-x86_64)
set -u
cd "$(dirname "$0")/.." || exit 2
BUILD=${BUILD:-build}
qemu=${JUDGE_QEMU:-qemu-system-x86_64}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# shellcheck disable=SC2046 # a list of words
[ $# -gt 0 ] || set -- $(grep -l '^meta shows ' tests/traces/*/*.trace)
"$BUILD/tests/properties" --all "$@" >"$work/need" || exit 2

# play TRACE OPTIONS...: leaves $code and $work/out.
play() {
    trace=$1
    shift
    code=0
    timeout 120 "$BUILD/judge" --qemu "$qemu" "$@" "$trace" </dev/null >"$work/out" 2>"$work/err" || code=$?
}

not_ok() {
    echo "not ok $1"
    grep -hv ': memory is' "$work/out" "$work/err" | head -n 5 | cut -c1-200 | sed 's/^/    /'
    failed=1
}

for t; do
    options=$(sed -n 's/^meta judge *//p' "$t")
    name=$(basename "$t" .trace)
    case $options in no:*) continue ;; esac
    # shellcheck disable=SC2086 # options are a list of words
    play "$t" $options
    if [ "$code" != 0 ]; then
        not_ok "property $name: they agree: exit $code"
        continue
    fi
    profile=$(sed -n 's/.*: agrees: QEMU .* and \([^ ,]*\), .*/\1/p' "$work/out")
    echo "ok property $name: $profile agrees"
    sed -n 's/^meta shows //p' "$t" | tr ' ' '\n' >"$work/fields"
    while read -r f; do
        # Whose value it would be, where the two are told apart by this trace.
        whose=$(awk -F '\t' -v p="$profile" -v f="$f" -v t="$t" '$1 == p && $2 == f && $6 == t { print $5 }' "$work/need")
        [ -n "$whose" ] || continue
        # shellcheck disable=SC2086
        play "$t" $options --set "$f=$whose"
        # A profile that would not even offer the unit differs, too.
        if [ "$code" = 1 ] || grep -q 'record 0: profile .* does not offer ' "$work/err"; then
            echo "ok property $name: with $f=$whose it does not"
        else
            not_ok "property $name: with $f=$whose it does not: exit $code"
        fi
    done <"$work/fields"
done
exit $failed
