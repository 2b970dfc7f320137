#!/bin/sh
# SPDX-License-Identifier: MIT
# million.sh [RECORDS]: a trace of a driver that maps a page, announces it, uses it, unmaps it and
# announces that, over and over, on two devices under caching mode. Text on standard output.
awk -v records="${1:-1000000}" '
function hex(v) { return sprintf("0x%x", v) }
function word(at, v) { printf "mem %s %s\n", hex(at), hex(v); n++ }
function desc(lo, hi) {
    printf "mem %s %s %s\n", hex(2097152 + tail * 16), lo, hi
    tail = (tail + 1) % 256
    printf "w32 0x88 %s\n", hex(tail * 16)
    n += 2
}
BEGIN {
    print "vtd-trace 1"
    print "meta tool tests/gen/million.sh"
    print "unit model=qemu-10.2 aw-bits=39 caching-mode=on"
    print "mem 0x100000 0x101001 0x0"                 # root entry of bus 0
    print "mem 0x101100 0x102001 0x501"               # 00:02.0: domain 5, 3 levels
    print "mem 0x101180 0x110001 0x601"               # 00:03.0: domain 6
    print "w64 0x20 0x100000\nw32 0x18 0x40000000\nw64 0x88 0x0\nw64 0x90 0x200000"
    print "w32 0x18 0x4000000\nw32 0x18 0x84000000"
    n = 9
    for (d = 0; d < 2; d++) {                          # 16 leaf tables each: 32 MiB of IOVA
        top = 1056768 + d * 57344
        word(top, top + 4096 + 3)
        for (t = 0; t < 16; t++)
            word(top + 4096 + 8 * t, 16777216 + d * 1048576 + t * 4096 + 3)
    }
    while (n < records - 12) {
        k++
        d = k % 2; page = (k * 7919) % 8192
        leaf = 16777216 + d * 1048576 + int(page / 512) * 4096 + (page % 512) * 8
        at = page * 4096; gpa = 268435456 + (k % 65536) * 4096
        lo = d ? "0x600f2" : "0x500f2"; bdf = d ? "00:03.0" : "00:02.0"
        word(leaf, gpa + 3); desc(lo, hex(at))
        printf "dma %s w %s 64 = %s\n", bdf, hex(at + 64), hex(gpa + 64); n++
        word(leaf, 0); desc(lo, hex(at)); desc("0x200000025", "0x300000")
    }
}'
