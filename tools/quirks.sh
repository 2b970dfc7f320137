#!/bin/sh
# SPDX-License-Identifier: MIT
# Every quirk found from nothing (docs/campaign.md): a campaign for each, with the quirk on in every
# run, that ends at the first catch. Prints the page's table.
#
#   tools/quirks.sh [QUIRK...]     default: all of replay --list-quirks
#
# RUNS=4000 and SEED=1 may be set. Exit code 1: a quirk was not caught, or its trace did not come down
# to 25 records.
set -eu
cd "$(dirname "$0")/.."
BUILD=${BUILD:-build}
# shellcheck disable=SC2046 # words
[ $# -gt 0 ] || set -- $("$BUILD/replay" --list-quirks | cut -d' ' -f1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
code=0

echo '| quirk | caught in trace | replays until then | records, shrunk | by |'
echo '| --- | ---: | ---: | ---: | --- |'
for quirk; do
    status=0
    "$BUILD/campaign" --quirk "$quirk" --seed "${SEED:-1}" --runs "${RUNS:-4000}" \
        >"$work/report" 2>"$work/err" || status=$?
    if [ $status = 2 ]; then
        cat "$work/err" >&2
        exit 2
    fi
    # "N traces, M records, K executions", then a line that begins with the quirk's name.
    awk -v quirk="$quirk" '
        / traces, .* executions$/ { replays = $5; gsub(/,/, "", replays) }
        $1 == quirk && $3 > 0     { first = $4; records = $5; by = $6 }
        END {
            if (by == "") printf "| `%s` | not caught | %s | | |\n", quirk, replays
            else printf "| `%s` | %s | %s | %s | `%s` |\n", quirk, first, replays, records, by
            exit by == "" || records > 25
        }' "$work/report" || code=1
done
exit $code
