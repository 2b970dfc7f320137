#!/bin/sh
# SPDX-License-Identifier: MIT
# Where the instructions go when the traces made by the benchmark are replayed with checks on: by the
# room of the file in which they were written, in percent, and how many a table write or an
# invalidation takes. Needs valgrind. Exact, and the same on each machine with the same compiler.
#
#   bench/shares.sh    (BUILD=DIR: the build to look at, default build)
set -eu
cd "$(dirname "$0")/.."
BUILD=${BUILD:-build}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$BUILD/bench" --quick --traces none --keep "$work" >/dev/null
for kind in writes:20000 invalidations:10000; do
    name=${kind%:*}
    valgrind --tool=callgrind --callgrind-out-file="$work/$name" "$BUILD/replay" --dma-limit 0 \
        --profile ideal "$work/$name.vtt.zst" >"$work/out" 2>&1 || { cat "$work/out" >&2; exit 2; }
    echo "$name"
    awk -v each="${kind#*:}" '
    # Files are named once, then by number; a line after "calls=" is what others spent.
    function file(s, number) {
        number = s; sub(/\).*/, "", number)
        if (s ~ /\) /) name[number] = substr(s, index(s, ") ") + 2)
        return name[number]
    }
    function room(f) {
        if (f ~ /sim\/checks\//) return "checks"
        if (f ~ /sim\/(sync|vtd_tables)/) return "walk and differ"
        if (f ~ /sim\/shadow/) return "record of what was notified"
        if (f ~ /sim\/(guest_mem|mem_log)/) return "guest memory"
        if (f ~ /sim\/(base\/rangemap|consumers\/type1)/) return "container"
        if (f ~ /sim\/consumers\//) return "consumer"
        if (f ~ /sim\/(notifier|observe)/) return "notifier core, funnel"
        if (f ~ /sim\/(vtd_|policy|visits)/) return "unit"
        if (f ~ /sim\/report\//) return "digest and counts"
        if (f ~ /sim\/trace\//) return "reading"
        if (f ~ /sim\/(engine|cli)/) return "engine"
        return "the rest"
    }
    /^f[lie]=/ { now = room(file(substr($0, 4))); next }
    /^cf[li]=/ { file(substr($0, 5)); next }
    /^calls=/ { others = 1; next }
    /^[0-9+*-]/ { if (others) others = 0; else { spent[now] += $2; all += $2 } }
    END {
        for (r in spent) printf "%6.1f %%  %s\n", 100 * spent[r] / all, r | "sort -rn"
        close("sort -rn")
        printf "%8d  instructions each\n", all / each
    }' "$work/$name"
done
