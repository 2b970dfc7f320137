#!/bin/sh
# SPDX-License-Identifier: MIT
# choose.sh TARGET COUNT MAX_BYTES DIR...: of what a fuzzer learned (DIRs), at most COUNT inputs of
# at most MAX_BYTES that reach most beside the seed corpus, copied to fuzz/corpus/TARGET/learned-*,
# instead of those that were there. BUILD: where libFuzzer's targets are (build-fuzz).
set -eu
cd "$(dirname "$0")/.."
BUILD=${BUILD:-build-fuzz}
t=$1
count=$2
most=$3
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/out" "$work/in" "$work/seeds"
rm -f "fuzz/corpus/$t"/learned-*
for f in "fuzz/corpus/$t"/*; do cp "$f" "$work/seeds/seed-$(basename "$f")"; done
for d; do
    find "$d" -type f -size -"$((most + 1))"c -exec cp -t "$work/in" {} +
done
# The control file names the inputs, then says of each which edges it reached.
"$BUILD/fuzz_$t" -merge=1 -use_counters=0 -max_len="$most" -merge_control_file="$work/control" \
    "$work/out" "$work/seeds" "$work/in" >"$work/log" 2>&1
awk -v want="$count" '
    NR == 1 { files = $1; next }
    NR == 2 { next }
    NR <= files + 2 { name[NR - 3] = $0; next }
    $1 == "FT" { $1 = ""; n = $2; $2 = ""; edges[n] = $0 }
    function gain(n, mark,   e, k, i, g) {
        k = split(edges[n], e, " ")
        for (i = 1; i <= k; i++)
            if (!(e[i] in known)) {
                g++
                if (mark) known[e[i]] = 1
            }
        return g + 0
    }
    END {
        for (n = 0; n < files; n++) {
            if (name[n] ~ "/seed-") gain(n, 1)
            else if (n in edges) most[n] = 1e9
        }
        while (want--) {
            best = -1
            top = 0
            for (n = 0; n < files; n++) {
                if (!(n in most) || most[n] <= top) continue
                most[n] = gain(n, 0)
                if (most[n] > top) { top = most[n]; best = n }
            }
            if (best < 0) break
            gain(best, 1)
            delete most[best]
            print name[best]
        }
    }' "$work/control" >"$work/chosen"
n=0
while read -r f; do
    n=$((n + 1))
    cp "$f" "fuzz/corpus/$t/learned-$(printf '%02d' $n)"
done <"$work/chosen"
echo "$t: $n"
