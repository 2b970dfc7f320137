#!/bin/sh
# SPDX-License-Identifier: MIT
# The graphs of reports/: the data file of each out of reports/bench.json or of replays of captured traces, then
# drawn by gnuplot as SVG and PNG from the script beside it. Each can be drawn again by hand:
#   gnuplot -e "folder='reports'; form='png'" reports/walk-translate.gp
#
#   tools/graphs.sh [FOLDER]     default reports; bench.json there comes from `make bench`
set -eu
cd "$(dirname "$0")/.."
BUILD=${BUILD:-build}
folder=${1:-reports}
trace=${GRAPH_TRACE:-traces/strict.vtt.zst}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

command -v gnuplot >/dev/null 2>&1 || {
    echo "graphs: gnuplot is missing; on Debian: apt-get install gnuplot-nox, or ./bootstrap graphs" >&2
    exit 2
}
[ "$folder" = reports ] || cp reports/*.gp "$folder/"

# points CONDITION COLUMNS: of the points in bench.json, one line each.
points() {
    awk '
        function text(k,    s) { s = substr($0, index($0, "\"" k "\":\"") + length(k) + 4); sub(/".*/, "", s); return s }
        function num(k,    s) { s = substr($0, index($0, "\"" k "\":") + length(k) + 3); sub(/[,}].*/, "", s); return s + 0 }
        function inval(    s) { s = text("inval"); if (s ~ /^AM=/) return substr(s, 4) + 0; return s == "DSI" ? 19 : s == "global" ? 20 : 21 }
        /^\{"case":.*"sync"/ && ('"$1"') { print '"$2"' }' "$folder/bench.json"
}

from_bench() {
    {
        echo "# strategy, order in memory, pages mapped of 262144, ns (minimum), ns (median), entries read"
        points 'text("shape") == "c" && text("inval") == "AM=18" && num("mappings") * num("stride") == 262144 && text("op") == "unchanged"' \
            'text("sync"), text("order"), num("mappings"), num("min_ns"), num("median_ns"), num("entries_read")' |
            sort -k1,1 -k2,2 -k3,3n
    } >"$folder/walk-translate.dat"
    {
        echo "# tables, strategy, AM (19: domain, 20: global), ns (minimum), ns (median)"
        biggest=$(points 'text("shape") == "c" && text("inval") == "AM=3"' 'num("mappings")' | sort -n | tail -n 1)
        sparse=$(points 'text("shape") == "s" && text("inval") == "AM=3"' 'num("mappings")' | sort -n | tail -n 1)
        for which in "c $biggest dense" "s $sparse sparse"; do
            # shellcheck disable=SC2086 # three words
            set -- $which
            points 'text("shape") == "'"$1"'" && num("mappings") == '"$2"' && num("stride") == 1 && text("order") == "rising" && text("consumer") == "vfio" && num("levels") == 3 && text("op") == "unchanged" && !/"checks":true/ && text("inval") != "context"' \
                '"'"$3"'", text("sync"), inval(), num("min_ns"), num("median_ns")'
        done | sort -k1,1 -k2,2 -k3,3n -u
    } >"$folder/range-cost.dat"
}

# Callbacks to each kind of consumer per invalidation, on the three devices that do anything.
notifications() {
    echo "# profile, then callbacks per invalidation: vfio, mdev, vhost, probe; of $trace"
    for profile in v3 v6 v7 qemu-7.2 qemu-10.0 qemu-10.2 ideal; do
        line=$profile
        for kind in vfio mdev vhost probe; do
            "$BUILD/replay" --profile "$profile" --check off --dma-limit 0 --report json \
                --attach "$kind@00:03.0" --attach "$kind@00:04.0" --attach "$kind@00:05.0" \
                --events "$work/events" "$trace" >"$work/json" 2>/dev/null || :
            invals=$(sed -n 's/.*"invalidations":{\([^}]*\)}.*/\1/p' "$work/json" | tr ',' '\n' |
                awk -F: '/iotlb_|context_/ && !/device_iotlb/ { n += $2 } END { print n + 0 }')
            line="$line $(grep -c "\"consumer\":\"$kind@00:0[345].0\",\"via\":\"notifier\"" "$work/events" |
                awk -v n="$invals" '{ printf "%.4f", n ? $1 / n : 0 }')"
        done
        echo "$line"
    done
}

# The event stream with the time of each event's record in front (s since the first `at`).
timed_events() {
    "$BUILD/trace" dump --from 1 "$trace" | awk '$1 == "at" { if (!first) first = $2; print NR, ($2 - first) / 1e9 }' \
        >"$work/times"
    "$BUILD/replay" --check off --dma-limit 0 --profile qemu-10.2 --events "$work/events" "$trace" >/dev/null 2>&1 || :
    awk -v times="$work/times" '
        function text(k,    s) { s = substr($0, index($0, "\"" k "\":\"") + length(k) + 4); sub(/".*/, "", s); return s }
        BEGIN { more = (getline line <times) > 0; split(line, next_at, " ") }
        {
            record = substr($0, index($0, "\"record\":") + 9) + 0
            while (more && next_at[1] <= record) { now = next_at[2]; more = (getline line <times) > 0; split(line, next_at, " ") }
            print now + 0, text("consumer"), text("via"), text("type"), text("iova"), text("size")
        }' "$work/events" >"$work/timed"
}

# Hexadecimal to a number, for awks that cannot.
hex='function hex(s,    i, v) { v = 0; s = tolower(substr(s, 3)); for (i = 1; i <= length(s); i++) v = v * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1; return v }'

# Devices whose lines are the same become one, named after all of them.
alike() {
    awk '{ if (!($1 in rows)) order[++n] = $1; rows[$1] = rows[$1] $2 " " $3 "\n" }
        END {
            for (i = 1; i <= n; i++) {
                if (rows[order[i]] in first) { k = first[rows[order[i]]]; sub(/.*@/, "", order[i]); names[k] = names[k] "," order[i] }
                else { first[rows[order[i]]] = i; names[i] = order[i]; lines[i] = rows[order[i]] }
            }
            for (i = 1; i <= n; i++) {
                m = split(lines[i], l, "\n")
                for (k = 1; k < m; k++) print names[i], l[k]
            }
        }'
}

guest_time() {
    echo "# consumer, s, mappings held that its notifiers told; then \"rate\", s, IOTLB invalidations a second"
    awk "$hex"'
        $3 != "notifier" { next }
        { at = hex($5); end = at + hex($6) }
        $4 == "MAP" { if (!(($2, at) in size)) held[$2]++; size[$2, at] = end - at; list[$2, int(at / 2097152)] = list[$2, int(at / 2097152)] " " sprintf("%.0f", at) }
        $4 == "UNMAP" && end - at <= 2097152 * 4 {
            for (b = int(at / 2097152); b * 2097152 < end; b++) {
                n = split(list[$2, b], l, " "); kept = ""
                for (i = 1; i <= n; i++) {
                    if (!(($2, l[i] + 0) in size)) continue
                    if (l[i] + 0 >= at && l[i] + 0 < end) { delete size[$2, l[i] + 0]; held[$2]-- }
                    else kept = kept " " l[i]
                }
                list[$2, b] = kept
            }
        }
        $4 == "UNMAP" && end - at > 2097152 * 4 {
            for (k in size) { split(k, p, SUBSEP); if (p[1] == $2 && p[2] >= at && p[2] < end) { delete size[k]; held[$2]-- } }
            for (k in list) { split(k, p, SUBSEP); if (p[1] == $2 && p[2] * 2097152 >= at && p[2] * 2097152 < end) delete list[k] }
        }
        { slot = int($1 * 10); if (last[$2] != slot || !($2 in last)) { if (($2 in was)) print $2, was_at[$2], was[$2]; last[$2] = slot } was[$2] = held[$2] + 0; was_at[$2] = $1 }
        END { for (c in was) print c, was_at[c], was[c] }' "$work/timed" | sort -k1,1 -s | alike
    "$BUILD/trace" dump --from 1 "$trace" | awk '
        $1 == "at" { if (!first) first = $2; now = int(($2 - first) / 1e9); next }
        $1 == "w64" && $2 == "0x90" { queue = substr($3, 1, length($3) - 3) }
        $1 == "mem" && queue && substr($2, 1, length($2) - 3) == queue { for (i = 3; i < NF; i += 2) if ($i ~ /2$/ && $i != "0x2") n[now]++ }
        END { for (s = 0; s <= now; s++) print "rate", s, n[s] + 0 }'
}

# Rectangles of the busiest device: from, to (s), IOVA range in KiB below 4 GiB.
iova_map() {
    busiest=$(awk '$3 == "notifier" && $4 == "UNMAP" { n[$2]++ } END { for (c in n) print n[c], c }' "$work/timed" |
        sort -rn | sed -n '1s/.* //p')
    echo "# ${busiest#*@} : s from, s to, IOVA from, to (KiB from 4 GiB down)"
    awk -v who="$busiest" "$hex"'
        $2 != who || $3 != "notifier" { next }
        { at = hex($5); end = at + hex($6); now = $1 }
        function close_one(a) { draw(start[a], now, a, a + size[a]); delete start[a]; delete size[a] }
        function draw(s, t, a, b) { printf "%.4f %.4f %.4f %.4f\n", s, t, (a - 4294967296) / 1024, (b - 4294967296) / 1024 }
        $4 == "MAP" { start[at] = now; size[at] = end - at }
        $4 == "UNMAP" {
            if ((at in start) && at + size[at] == end) close_one(at)
            else for (a in start) if (a + 0 >= at && a + 0 < end) close_one(a + 0)
        }
        END { for (a in start) draw(start[a], now, a + 0, a + size[a]) }' "$work/timed" | sort -n
}

# Cells touched after 1, 2, 3, 4, 6, ... seeds.
fuzzing_reach() {
    echo "# traces, seeds, cells touched, cells possible; gen_trace --reach --curve --events 400"
    for kind in random hostile "workload any"; do
        # shellcheck disable=SC2086 # option and value
        "$BUILD/gen_trace" --$kind --reach --curve --seeds "${GRAPH_SEEDS:-8000}" --events 400 |
            sed "s/^/$(echo "$kind" | sed 's/workload any/workloads/') /"
    done
}

draw() {
    for form in svg png; do
        gnuplot -e "folder='$folder'; form='$form'" "$folder/$1.gp"
    done
    echo "  $folder/$1.svg $folder/$1.png"
}

if [ -e "$folder/bench.json" ]; then
    from_bench
    draw walk-translate
    draw range-cost
else
    echo "graphs: no $folder/bench.json: run \`make bench\` for walk-translate and range-cost" >&2
fi
notifications >"$folder/notifications.dat"
draw notifications
timed_events
guest_time >"$folder/guest-time.dat"
draw guest-time
iova_map >"$folder/iova-map.dat"
draw iova-map
fuzzing_reach >"$folder/fuzzing-reach.dat"
draw fuzzing-reach
