#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Boots a Debian kernel under Debian's QEMU with the capture plugin and writes the trace of what
# the guest did with its VT-d unit.
#
#   capture/run.sh SCENARIO OUTFILE     SCENARIO: a name from capture/scenarios
#   capture/run.sh --list
#
# Needs a Debian 12 machine with amd64; run as root it installs what is missing. The guest's
# kernel and busybox are downloaded into a cache and unpacked there, never installed.
#
#   CAPTURE_CACHE=DIR   where downloads and built parts are kept (default build/capture-cache)
#   CAPTURE_KEEP=1      keep the working directory with console log and QEMU's messages
#   CAPTURE_CC=CC       C compiler (default cc)
#   CAPTURE_ORDER=plain run without QEMU's record mode (see README.md)
#   CAPTURE_QEMU_ARGS=  more arguments for QEMU, for looking into a run

set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
cache=${CAPTURE_CACHE:-$root/build/capture-cache}
# shellcheck disable=SC2034 # read by lib/
cc=${CAPTURE_CC:-cc}

# shellcheck source=capture/lib/packages.sh
. "$here/lib/packages.sh"
# shellcheck source=capture/lib/guest.sh
. "$here/lib/guest.sh"
# shellcheck source=capture/lib/machine.sh
. "$here/lib/machine.sh"
# shellcheck source=capture/lib/header.sh
. "$here/lib/header.sh"

say() { printf '%s\n' "capture: $*" >&2; }
die() { say "$*"; exit 2; }

usage() {
    cat <<END
usage: capture/run.sh SCENARIO OUTFILE
       capture/run.sh --list

Boots a Debian kernel under QEMU and writes the trace of its use of the VT-d unit to OUTFILE.
END
}

list_scenarios() {
    for f in "$here"/scenarios/*.sh; do
        (
            title=
            # shellcheck source=/dev/null
            . "$f"
            printf '%-16s %s\n' "$(basename "$f" .sh)" "$title"
        )
    done
}

case ${1:-} in
-h | --help) usage; exit 0 ;;
--list) list_scenarios; exit 0 ;;
esac
if [ $# -ne 2 ]; then
    usage >&2
    exit 2
fi
scenario=$1
outfile=$2
[ -f "$here/scenarios/$scenario.sh" ] || die "no scenario \"$scenario\"; known: $(
    for f in "$here"/scenarios/*.sh; do basename "$f" .sh; done | tr '\n' ' ')"

# What a scenario file may set, with what holds where it does not.
# shellcheck disable=SC2034 # read by the files of lib/
defaults() {
    title=
    ram_mib=512
    cpu=qemu64
    limit_seconds=400
    iommu_props=
    aw_bits=39
    caching_mode=off
    intremap=on
    pt=on
    kernel_args=
    devices='e1000e nvme virtio-blk'
    disk_mib=16
    net_kib=256
    reboots=no
    record_order=rr
}
defaults
# shellcheck source=/dev/null
. "$here/scenarios/$scenario.sh"
record_order=${CAPTURE_ORDER:-$record_order}

work=$(mktemp -d "${TMPDIR:-/tmp}/vtd-capture.XXXXXX")
# Guest RAM is a file that the plugin reads; in memory where that is possible.
ramfile=$(mktemp /dev/shm/vtd-capture.XXXXXX 2>/dev/null || mktemp "$work/ram.XXXXXX")
finish() {
    rm -f "$ramfile"
    if [ "${CAPTURE_KEEP:-0}" = 1 ]; then
        say "kept $work"
    else
        rm -rf "$work"
    fi
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

mkdir -p "$cache"
ensure_tools
fetch_packages
build_plugin
build_initrd
make_media
run_machine
check_run
write_trace
say "$outfile: $(awk '$1 == "record" && $2 == "total" { print $3 }' "$work/events.stats") records"
