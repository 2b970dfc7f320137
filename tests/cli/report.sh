#!/bin/sh
# SPDX-License-Identifier: MIT
# Verdicts, exit codes, the text report, what a view hides and what it must not change.
. tests/lib.sh
basic=tests/cli/traces/basic.vtt
noflush=tests/cli/traces/noflush.vtt

run $basic
exits "clean: exit 0" 0
has "clean: the verdict comes first" "$work/out" '^CLEAN  tests/cli/traces/basic.vtt: '
has "clean: where the trace comes from" "$work/out" '^  guest +made by hand$'
has "clean: the profile is that of the trace" "$work/out" 'modelled as +ideal, the system it was'
has "clean: records and time" "$work/out" '^  records +32  over '
has "clean: reads compared" "$work/out" '^  register reads +4 +0$'
has "clean: accesses compared" "$work/out" '^  device accesses +3 +0$'
has "clean: nothing broken" "$work/out" '^  none of the [0-9]+ that were watched$'
has_no "clean: no colours into a file" "$work/out" "$(printf '\033')"
equal "clean: nothing on standard error" "$(cat "$work/err")" ""

# Another profile than the one observed: faithful, so it breaks what that system breaks.
run --profile qemu-7.2 $basic
exits "profile: what that QEMU breaks is a violation: exit 1" 1
has "profile: is told" "$work/out" 'modelled as +qemu-7.2 \(observed on ideal\)'
has "profile: status before work" "$work/out" '^  ORD-WAIT +violation +1 +14  '
has "profile: differences are not judged" "$work/out" 'counted, not judged'
run --check full $basic
exits "check full: exit 0" 0

# A quirk that breaks one more promise.
bad="--profile qemu-10.2 --quirk dup-map-no-tree"
# shellcheck disable=SC2086 # words
broken() {
    run $bad "$@"
}
broken $basic
exits "violated: exit 1" 1
has "violated: the verdict comes first" "$work/out" '^VIOLATED  .*violation'
has "violated: the table" "$work/out" '^  ORD-DUP-MAP +violation +1 +32  '
has "violated: a paragraph with record and range" "$work/out" \
    '^  #2 ORD-DUP-MAP  record 32, at .*consumer vfio@00:03.0, IOVA 0x'
has "violated: the quirk is named" "$work/out" 'quirk +dup-map-no-tree'
broken --stop-on-violation $basic
exits "stop: exit 1" 1
has "stop: says where" "$work/out" 'Stopped at record [0-9]+: the first violation'
has_no "stop: not at the end" "$work/out" '^  records +32'
broken --check off $basic
exits "check off: nothing is judged" 0

# Where the modelled system would end: qemu-7.2 asserts that no event reaches beyond a notifier.
run --profile qemu-7.2 --quirk dup-map-no-tree --events "$work/e" $basic
exits "aborted: exit 1" 1
has "aborted: the verdict comes first" "$work/out" '^ABORTED  .*qemu-7.2 would have ended here'
has "aborted: where" "$work/out" '^  Stopped at record 32: '
equal "aborted: the stream ends with it" \
    "$(tail -n 1 "$work/e" | sed 's/"seq":[0-9]*/"seq":N/; s/"why":".*"/"why":""/')" \
    '{"seq":N,"record":32,"consumer":null,"type":"ABORT","why":""}'

# The guest's mistakes are no violation, unless asked.
run $noflush
exits "guest: exit 0" 0
has "guest: counted in the first line" "$work/out" '^CLEAN .*about the guest'
has "guest: a paragraph" "$work/out" '^  #[0-9]+ GST-NOFLUSH  record 19'
run --strict=guest $noflush
exits "guest: --strict=guest: exit 1" 1
run --strict=guest $basic
exits "guest: --strict=guest on a good guest: exit 0" 0

# An observed value that the model does not have.
sed 's/r32 0x1c 0xc4000000/r32 0x1c 0xc5000000/' $basic >"$work/differs.vtt"
run "$work/differs.vtt"
exits "differs: exit 1 when judged" 1
has "differs: the verdict comes first" "$work/out" '^DIFFERS '
has "differs: the value is shown" "$work/out" 'register 0x01c read as 0xc5000000; here it is 0xc4000000'
run --compare never "$work/differs.vtt"
exits "differs: --compare never: exit 0" 0
has "differs: still counted" "$work/out" '^CLEAN .*1 observed value differs \(not judged\)'
sed "s/model=ideal/model=qemu-10.1/" "$work/differs.vtt" >"$work/other.vtt"
run --profile ideal "$work/other.vtt"
exits "differs: another profile: exit 0" 0
run --profile ideal --compare always "$work/other.vtt"
exits "differs: --compare always: exit 1" 1
run "$work/other.vtt"
has "profile: a model that is not built: the default" "$work/out" \
    'modelled as +qemu-10.2 \(observed on qemu-10.1\)'

# A view thins what is shown, never numbers, digest or exit code.
broken --report json $basic
cp "$work/out" "$work/json"
broken --digest $basic
cp "$work/out" "$work/digest"
for view in "--from 20" "--to 5" "--device 00:04.0" "--iova 0x100000-0x1fffff"; do
    # shellcheck disable=SC2086
    broken $view --report json $basic
    exits "view: $view: same exit code" 1
    same "view: $view: same JSON" "$work/json" "$work/out"
    # shellcheck disable=SC2086
    broken $view --digest $basic
    same "view: $view: same digest" "$work/digest" "$work/out"
done
broken --to 5 $basic
has_no "view: hides paragraphs" "$work/out" '^  #1 '
has "view: says that it hides" "$work/out" 'hidden by --from'

# A consumer more.
run --attach probe@00:03.0 --report json $basic
has "attach: takes the place of the default" "$work/out" '"consumers":\[\{"name":"probe@00:03.0"'
run --attach vfio@00:03.0 --dma-limit 1 $basic
has "dma-limit: the container refuses" "$work/out" 'first refusal: -ENOSPC'

# Emulated devices: what they pin is counted, and the kernel's two ways differ on one trace.
pins=tests/traces/invariants/pins.trace
run --report json $pins
has "mdev: pins are counted" "$work/out" '"pins":3,"unpins":4,"pins_refused":0,"dma_unmaps":3'
run $pins
has "mdev: and shown" "$work/out" 'asked to unpin  *3 '
run --attach mdev@00:04.0 --report json $pins
has "attach: mdev" "$work/out" '"name":"mdev@00:04.0","kind":"mdev"'
"$REPLAY" --events "$work/list" $pins >/dev/null 2>&1
"$REPLAY" --type1 chain --events "$work/chain" $pins >/dev/null 2>&1
same "type1: list and chain give one event stream" "$work/list" "$work/chain"
run --digest $pins
cp "$work/out" "$work/list"
run --digest --type1 chain $pins
equal "type1: and another digest, for their locks differ" \
    "$(cmp -s "$work/list" "$work/out" && echo same)" ""

# Several traces, in the order given; the worst exit code.
run --report json $basic $noflush
equal "several: one line a trace" "$(sed 's/.*"trace":"[^"]*\/\([a-z]*\).vtt".*/\1/' "$work/out" |
    tr '\n' ' ')" "basic noflush "
run --report json --strict=guest $noflush $basic
exits "several: the worst exit code" 1
run $basic /nonexistent $noflush
exits "several: one of them unreadable: exit 2" 2
has "several: the others are replayed" "$work/out" '^CLEAN  tests/cli/traces/noflush.vtt'

# Standard input.
code=0
"$REPLAY" --digest - <$basic >"$work/out" 2>"$work/err" || code=$?
exits "stdin: exit 0" 0
"$REPLAY" --digest $basic >"$work/named"
equal "stdin: same digest, its own name" "$(cat "$work/out")" \
    "$(sed 's/  .*/  -/' "$work/named")"
has "digest: sixteen digits and the name" "$work/named" '^[0-9a-f]{16}  tests/cli/traces/basic.vtt$'
