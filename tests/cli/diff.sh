#!/bin/sh
# SPDX-License-Identifier: MIT
# trace diff: two event streams; what is compared, what is shown, and what is no stream.
. tests/lib.sh
dir=tests/traces/invariants
TRACE=$BUILD/trace

# differ ARGS...: leaves $code, $work/out and $work/err.
differ() {
    code=0
    "$TRACE" diff "$@" >"$work/out" 2>"$work/err" || code=$?
}

"$REPLAY" --events "$work/a" $dir/reserved.trace >"$work/ignored"
"$REPLAY" --profile ideal --events "$work/b" $dir/reserved.trace >"$work/ignored"

differ "$work/a" "$work/a"
exits "diff: equal: exit 0" 0
equal "diff: equal: says so" "$(cat "$work/out")" "equal: 6 events of 2 consumers"
differ "$work/a" "$work/b"
exits "diff: different: exit 1" 1
sed "s,$work/,,g" "$work/out" >"$work/shown"
cat >"$work/expected" <<'END'
@ record 25, p
  + UNMAP 0x1000-0x1fff, result 0
@ record 25, vfio@00:02.0
  + UNMAP 0x1000-0x1fff, result 0
- is a, + is b
vfio@00:02.0: begins to differ at record 25; 1 record differs; 5 and 6 events
p: begins to differ at record 25; 1 record differs; 1 and 2 events
END
# The order in which consumers were first told something is the order in which they are shown.
sort "$work/shown" >"$work/s1"
sort "$work/expected" >"$work/s2"
same "diff: different: what is shown" "$work/s2" "$work/s1"
code=0
"$TRACE" diff - "$work/b" <"$work/a" >"$work/out" || code=$?
exits "diff: - is standard input" 1
differ "$work/a" /dev/null
exits "diff: an empty stream is a stream" 1

# An event more: everything behind it has another number, which is not compared by default.
line() {
    echo "{\"seq\":$1,\"record\":$2,\"consumer\":\"$3\",\"via\":\"notifier\",\"type\":\"UNMAP\",\"iova\":\"$4\",\"size\":\"0x1000\",\"result\":${5:-0}}"
}
{ line 1 7 a 0x1000; line 2 7 a 0x2000; line 3 7 a 0x3000; line 4 9 b 0x1000; } >"$work/one"
{ line 1 7 a 0x1000; line 2 7 a 0x5000; line 3 7 a 0x2000; line 4 7 a 0x3000; line 5 9 b 0x1000; } >"$work/two"
differ "$work/one" "$work/two"
has "diff: only what is new is shown" "$work/out" '^  \+ UNMAP 0x5000-0x5fff'
has_no "diff: nothing else is" "$work/out" '^  [-+] UNMAP 0x[123]000'
has "diff: with what stands around" "$work/out" '^    UNMAP 0x2000-0x2fff'
has "diff: the other consumer is equal" "$work/out" '^b: equal, 1 event$'
differ --context 0 "$work/one" "$work/two"
has_no "diff: --context 0" "$work/out" '^    UNMAP'
differ --seq "$work/one" "$work/two"
has "diff: --seq compares the numbers" "$work/out" '^b: begins to differ at record 9'

# Another order among consumers is no difference; within one it is.
{ line 1 7 a 0x1000; line 2 7 b 0x2000; } >"$work/one"
{ line 1 7 b 0x2000; line 2 7 a 0x1000; } >"$work/two"
differ "$work/one" "$work/two"
exits "diff: the order among consumers does not matter" 0
{ line 1 7 a 0x1000; line 2 7 a 0x2000; } >"$work/one"
{ line 1 7 a 0x2000; line 2 7 a 0x1000; } >"$work/two"
differ "$work/one" "$work/two"
exits "diff: the order of one consumer's events does" 1
{ line 1 7 a 0x1000; } >"$work/one"
{ line 1 8 a 0x1000; } >"$work/two"
differ "$work/one" "$work/two"
exits "diff: the record matters" 1
{ line 1 7 a 0x1000 -17; } >"$work/two"
differ "$work/one" "$work/two"
exits "diff: the result matters" 1
has "diff: by its name" "$work/out" 'result -EEXIST'
differ --ignore-result "$work/one" "$work/two"
exits "diff: --ignore-result" 0

# A record of very many events; two records out of order in length.
i=0
while [ $i -lt 1500 ]; do
    line $i 7 a 0x${i}000
    i=$((i + 1))
done >"$work/one"
sed 's/"0x1400000"/"0x9999000"/' "$work/one" >"$work/two"
differ "$work/one" "$work/one"
exits "diff: very many events of one record: equal" 0
differ "$work/one" "$work/two"
exits "diff: one beyond those kept differs: exit 1" 1
sed 's/"0x1000"/"0x9999000"/' "$work/one" | sed 's/"record":7/"record":8/' >"$work/two"
differ "$work/one" "$work/two"
has "diff: what is too much is counted" "$work/out" '^  - \(1,480 more\)$'
differ --all "$work/one" "$work/two"
has "diff: --all shows what is kept" "$work/out" '^  - \(988 more\)$'
i=0
while [ $i -lt 15 ]; do
    line $i $i a 0x1000
    i=$((i + 1))
done >"$work/one"
sed 's/"0x1000","size"/"0x2000","size"/' "$work/one" >"$work/two"
differ "$work/one" "$work/two"
equal "diff: the first ten records" "$(grep -c '^@' "$work/out")" 10
differ --all "$work/one" "$work/two"
equal "diff: --all: every record" "$(grep -c '^@' "$work/out")" 15

# What is no event stream: line, byte, and what was expected.
bad() {
    differ "$work/a" "$work/bad"
    exits "diff: $1: exit 2" 2
    has "diff: $1: where and what" "$work/err" "bad: line $2, byte $3: .*$4"
}
cp $dir/reserved.trace "$work/bad"
bad "a trace" 1 0 'no JSON; one event a line expected'
head -c 300 "$work/a" >"$work/bad"
bad "cut off" 2 '[0-9]+' 'no JSON'
{ line 1 7 a 0x1000; line 2 6 a 0x1000; } >"$work/bad"
bad "a record that falls" 2 '[0-9]+' 'does not fall'
line 1 7 a 4096 >"$work/bad"
bad "an address that is no hexadecimal" 1 '[0-9]+' '"iova": a string "0x'
line 1 7 a 0xfffffffffffff800 >"$work/bad"
bad "a range beyond the end" 1 '[0-9]+' 'below 2\^64'
echo '[1]' >"$work/bad"
bad "an array" 1 0 'a JSON object'
echo '{"seq":1.5,"record":1}' >"$work/bad"
bad "half a number" 1 1 '"seq": a whole number'
printf '{"seq":1\0}\n' >"$work/bad"
bad "a zero byte" 1 8 'zero byte'
head -c 70000 /dev/zero | tr '\0' ' ' >"$work/bad"
bad "an endless line" 1 65536 'too long'
differ "$work/a" /nonexistent
exits "diff: no such file: exit 2" 2
differ "$work/a"
exits "diff: one file: exit 2" 2
differ - - </dev/null
exits "diff: - twice: exit 2" 2
differ --context x "$work/a" "$work/a"
exits "diff: --context wants a number" 2
