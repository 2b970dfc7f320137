#!/bin/sh
# SPDX-License-Identifier: MIT
# What real QEMUs did with small traces, recorded by `judge --record`: their profile says the same, others do not. Each
# trace is about one property of qemu-10.0 (docs/profiles.md).
. tests/lib.sh

# met PROFILE TRACE: observed values that the profile does not meet, or "refused".
met() {
    run --profile "$1" --compare always --report json "tests/golden/real/$2.trace"
    if [ "$code" -eq 2 ]; then
        echo refused
    else
        sed -n 's/.*"differs":{"reads":\([0-9]*\),"dma":\([0-9]*\),"expect":\([0-9]*\)}.*/\1 \2 \3/p' "$work/out" |
            awk '{ print $1 + $2 + $3 ? "differs" : "agrees" }'
    fi
}

# The trace, then those of qemu-7.2, qemu-10.2 and ideal that say the same.
while read -r trace same; do
    equal "real: $trace: qemu-10.0 does as it did" "$(met qemu-10.0 "10.0-$trace")" agrees
    for profile in qemu-7.2 qemu-10.2 ideal; do
        said=$(met $profile "10.0-$trace")
        case " $same " in
        *" $profile "*) equal "real: $trace: so does $profile" "$said" agrees ;;
        *) case $said in
            differs | refused) ok "real: $trace: not so $profile" ;;
            *) not_ok "real: $trace: not so $profile" "it agrees" ;;
            esac ;;
        esac
    done
done <<'T'
cap           qemu-7.2
iqa           qemu-10.2
te-on         qemu-10.2 ideal
iec           qemu-10.2 ideal
type-6        qemu-10.2 ideal
type-9        ideal
fence
wait-both
straddle
tm            qemu-10.2 ideal
stale-tm      qemu-10.2 ideal
snoop-control qemu-7.2 qemu-10.2
T
