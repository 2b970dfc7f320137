# SPDX-License-Identifier: MIT
# A trace of a guest that writes and reads the unit's registers at random: anywhere, in both widths, any value but a message
# that would wake the processor or a root table in scalable mode. Now and then an access faults or a queue is rung.
#   awk -v seed=S -v steps=N [-v unit=...] -f tests/judge/registers.awk
function below(n) {
    state = (state * 16807) % 2147483647
    return int(state / 2147483647 * n)
}
function one_in(n) { return below(n) == 0 }
function pick(text,    parts, n) {
    n = split(text, parts, " ")
    return parts[1 + below(n)]
}
function half(    kind) {
    kind = below(6)
    if (kind == 0)
        return "ffffffff"
    if (kind == 1)
        return "00000000"
    if (kind == 2)
        return sprintf("%08x", 2 ^ below(31))
    if (kind == 3)
        return "80000000"
    if (kind == 4)
        return sprintf("%08x", below(2) * 1048576 + below(4) * 4096)
    return sprintf("%04x%04x", below(65536), below(65536))
}
function offset(bytes,    o) {
    o = pick("24 28 32 36 40 44 52 56 60 64 68 128 136 144 156 160 164 168 172 176 184 240 244 248 252 544 548 552 556")
    if (one_in(4))
        o = 4 * below(144)
    return bytes == 8 ? o - o % 8 : o
}
# What must not be: scalable mode, messages with a delivery mode, IREQ without end.
function tamed(o, text) {
    if (o == 32) # RTADDR.TTM is not 1
        return substr(text, 1, 5) pick("0 8 c 3") substr(text, 7)
    return o == 60 || o == 164 ? "000000" substr(text, 7) : text
}
function write32(o) { printf "w32 0x%x 0x%s\n", o, tamed(o, half()) }
function write64(o,    upper, lower) {
    upper = tamed(o + 4, half())
    lower = tamed(o, half())
    printf "w64 0x%x 0x%s%s\n", o, upper, lower
}
function bring_up() {
    print "w64 0x20 0x100000\nw32 0x18 0x40000000\nw64 0x90 0x200000\nw32 0x18 0x4000000\nw32 0x18 0x84000000"
}
function step(    kind, o) {
    kind = below(100)
    if (kind < 40)
        write32(offset(4))
    else if (kind < 60) {
        o = offset(8)
        if ((o == 56 || o == 160 || o == 168) && !one_in(40)) # they end QEMU 7.2
            o = 40
        write64(o)
    } else if (kind < 75)
        printf "r32 0x%x 0x0\n", offset(4)
    else if (kind < 85)
        printf "r64 0x%x 0x0\n", offset(8)
    else if (kind < 91)
        printf "dma 00:02.0 %s 0x%x 0x1\n", one_in(2) ? "r" : "w", below(4) * 4096
    else if (kind < 95)
        print "w64 0x90 0x200000\nw32 0x18 0x84000000\nw32 0x88 0x" sprintf("%x", below(16) * 16)
    else if (kind < 98)
        print "w32 0x34 0xffffffff\nw32 0x22c 0x80000000\nw32 0x9c 0x1"
    else {
        print "reset"
        bring_up()
    }
}
BEGIN {
    state = seed % 2147483646 + 1
    for (i = 0; i < 9; i++)
        below(2)
    print "vtd-trace 1\nmeta tool registers.awk\nmeta seed " seed "\nunit aw-bits=" pick("39 48") (unit ? " " unit : "") "\ndevice 00:02.0"
    print "mem 0x100000 0x101001 0x0\nmem 0x101100 0x102001 0x101\nmem 0x102000 0x103003\nmem 0x103000 0x104003"
    print "mem 0x104008 0x5000003 0x5001001"
    for (i = 0; i < 16; i++) {
        split(pick("0x200000025,0x300000 0xd2,0x0 0x11,0x0 0x100f2,0x1000 0x15,0x0 0xf,0x0 0x4,0x0"), d, ",")
        printf "mem 0x%x %s %s\n", 2097152 + 16 * i, d[1], d[2]
    }
    bring_up()
    for (i = 0; i < steps; i++)
        step()
}
