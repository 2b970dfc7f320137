#!/bin/sh
# SPDX-License-Identifier: MIT
# The event stream: bytes of a golden file, the same whichever strategy found the events.
. tests/lib.sh
basic=tests/cli/traces/basic.vtt
golden=tests/cli/golden/basic.ndjson

run --events "$work/e" $basic
exits "events: exit 0" 0
same "events: as the golden file" $golden "$work/e"
has "events: the report is printed too" "$work/out" '^CLEAN '
run --sync translate --events "$work/e" $basic
exits "events: --sync translate: exit 0" 0
same "events: --sync translate: same bytes" $golden "$work/e"
run --sync translate --digest $basic
cp "$work/out" "$work/digest"
run --digest $basic
same "events: --sync translate: same digest" "$work/out" "$work/digest"
# Every 4 KiB of 39 bits takes seconds: once is enough, and not where a sanitizer makes it minutes.
case $BUILD in
*san*) ;;
*)
    run --sync translate-4k --events "$work/e" $basic
    same "events: --sync translate-4k: same bytes" $golden "$work/e"
    ;;
esac

run --events - $basic
same "events: - is standard output, alone" $golden "$work/out"
run --events - --report json $basic
equal "events: - and a report, when asked for" "$(tail -n 1 "$work/out" | cut -c 1-10)" '{"trace":"'

run --events "$work/e" --from 20 --to 22 $basic
grep -E '"record":2[012],' $golden >"$work/expected"
same "events: --from and --to thin" "$work/expected" "$work/e"
run --events "$work/e" --iova 0x2000-0x2fff --from 1 $basic
has "events: --iova keeps" "$work/e" '"iova":"0x2000"'
has_no "events: --iova thins" "$work/e" '"iova":"0x1000"'
run --events "$work/e" --device 00:04.0 $basic
equal "events: --device thins" "$(cat "$work/e")" ""

run --events "$work/dir" $basic $basic
exits "events: several traces: exit 0" 0
same "events: several traces: a directory" $golden "$work/dir/basic.vtt.ndjson"
same "events: several traces: of one name" $golden "$work/dir/basic.vtt.2.ndjson"

# A name that another trace has by itself is not given to a second one.
mkdir "$work/n" && cp $basic "$work/n/t" && "$BUILD/trace" dump $basic | sed '/^attach/d' >"$work/n/t.2" && cp $basic "$work/n/t.4"
run --events "$work/dir" "$work/n/t.2" "$work/n/t" "$work/n/t" "$work/n/t" "$work/n/t.4" "$work/n/t.2"
exits "events: several traces: t, t and t.2: exit 0" 0
run --events "$work/e" "$work/n/t.2"
for f in t t.3 t.4 t.5; do
    same "events: several traces: t, t and t.2: $f" $golden "$work/dir/$f.ndjson"
done
for f in t.2 t.2.2; do
    same "events: several traces: t, t and t.2: $f" "$work/e" "$work/dir/$f.ndjson"
done

run --events /nonexistent/e $basic
exits "events: not writable: exit 2" 2
has "events: not writable: says which" "$work/err" '/nonexistent/e'
if [ -e /dev/full ]; then
    run --events /dev/full $basic
    exits "events: disk full: exit 2" 2
    has "events: disk full: says so" "$work/err" 'could not be written'
fi
