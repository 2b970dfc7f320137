#!/bin/sh
# SPDX-License-Identifier: MIT
# Input that is damaged, foreign or asks for what is not there: exit 2, a sentence, and
# everything before the damage.
. tests/lib.sh
basic=tests/cli/traces/basic.vtt

# damaged NAME FILE RECORDS PATTERN: verdict, records obeyed, and the reason.
damaged() {
    run --report json "$2"
    exits "damaged: $1: exit 2" 2
    has "damaged: $1: verdict" "$work/out" '"verdict":"damaged"'
    has "damaged: $1: $3 records" "$work/out" "\"verdict\":\"damaged\",\"records\":$3,"
    has "damaged: $1: says why" "$work/err" "$4"
}

head -n 25 $basic >"$work/cut.vtt"
echo 'w32 0x18' >>"$work/cut.vtt"
damaged "a record without its value" "$work/cut.vtt" 15 '.'
has "damaged: byte, record and reason in JSON" "$work/out" '"stopped":\{"byte":[0-9]+,"record":15,"why":"[^"]+'
run "$work/cut.vtt"
has "damaged: the text report says byte and record" "$work/out" '^DAMAGED '
has "damaged: and where it stopped" "$work/out" '^  Stopped at .*byte [0-9]+, record 15: '
has "damaged: what was replayed is reported" "$work/out" '^  register writes '

echo 'nonsense 1 2 3' >"$work/foreign"
damaged "a foreign file" "$work/foreign" 0 '.'
: >"$work/empty"
damaged "an empty file" "$work/empty" 0 '.'
damaged "a file that is not there" "$work/absent" 0 '.'
damaged "a directory" "$work" 0 '.'
printf '\177ELF\002\001\001\000' >"$work/elf"
damaged "a program" "$work/elf" 0 '.'

sed 's/^unit .*/unit scalable-mode=on/' $basic >"$work/scalable.vtt"
damaged "scalable mode" "$work/scalable.vtt" 0 'scalable'
sed 's/^unit .*/unit model=qemu-7.2 aw-bits=57/' $basic >"$work/57.vtt"
damaged "57 bits outside ideal" "$work/57.vtt" 0 '57'

# A record that makes no sense in what came before.
sed 's/^mark .*/detach nobody/' $basic >"$work/detach.vtt"
damaged "a consumer that is not there leaves" "$work/detach.vtt" 23 'nobody'

# The digest of a damaged trace is that of its good part.
head -n 25 $basic >"$work/good.vtt"
run --digest "$work/good.vtt"
sed 's/  .*//' "$work/out" >"$work/expected"
run --digest "$work/cut.vtt"
sed 's/  .*//' "$work/out" >"$work/is"
same "damaged: digest of the part before" "$work/expected" "$work/is"

# The other forms.
if command -v zstd >/dev/null 2>&1; then
    zstd -q -o "$work/basic.vtt.zst" $basic
    "$REPLAY" --digest $basic | sed 's/  .*//' >"$work/expected"
    run --digest "$work/basic.vtt.zst"
    sed 's/  .*//' "$work/out" >"$work/is"
    same "forms: zstd of text gives the same digest" "$work/expected" "$work/is"
fi
if [ -x "$BUILD/trace" ]; then
    "$BUILD/trace" pack $basic "$work/packed.vtt.zst"
    "$REPLAY" --digest $basic | sed 's/  .*//' >"$work/expected"
    run --digest "$work/packed.vtt.zst"
    sed 's/  .*//' "$work/out" >"$work/is"
    same "forms: packed gives the same digest" "$work/expected" "$work/is"
    size=$(wc -c <"$work/packed.vtt.zst")
    head -c $((size / 2)) "$work/packed.vtt.zst" >"$work/half.vtt.zst"
    run "$work/half.vtt.zst"
    exits "forms: half a packed trace: exit 2" 2
fi
