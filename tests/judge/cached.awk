# SPDX-License-Identifier: MIT
# A trace for what is cached: sane tables, whose leaves, joints and context entries change with and without
# invalidations of every kind, and devices that access few places again and again.
#   awk -v seed=S -v steps=N [-v aw=39|48] [-v unit='device-iotlb=on'] -f tests/judge/cached.awk
# Devices 00:02.0, 00:03.0 and 00:04.0. The same seed, the same bytes, by every awk.
function below(n) {
    state = (state * 16807) % 2147483647 # exact in a double
    return int(state / 2147483647 * n)
}
function one_in(n) { return below(n) == 0 }
function pick(text,    parts, n) {
    n = split(text, parts, " ")
    return parts[1 + below(n)]
}
function hex(n,    high) { # every awk prints 32 bits
    high = int(n / 4294967296)
    return high ? sprintf("%x%08x", high, n - high * 4294967296) : sprintf("%x", n)
}
function store(at, low) { print "mem 0x" hex(at) " 0x" low }
function store2(at, low, high) { print "mem 0x" hex(at) " 0x" low " 0x" high }
function w32(off, val) { print "w32 0x" hex(off) " 0x" hex(val) }
function w64(off, text) { print "w64 0x" hex(off) " 0x" text }

# Four trees: level 4 at 0, 3 at 0x1000, 2 at 0x2000 and 0x3000, 1 at 0x4000 and 0x5000.
function tree(t) { return 1114112 + t * 65536 }
function rights() { return one_in(5) ? pick("1 2") : 3 }
# A leaf as hexadecimal digits; bits 11 and 62 now and then.
function leaf(level,    target, low, entry) {
    target = level == 1 ? 65536 + below(64) : level == 2 ? 512 * (256 + below(8)) : 262144 * below(2)
    if (level == 1 && one_in(24))
        target = pick("1044992 1044480 1044735 1045248") # 0xff200, 0xff000, and around the window
    low = rights() + (level > 1 ? 128 : 0)
    if (one_in(40))
        low += 2048
    entry = target * 4096 + low
    return one_in(60) ? sprintf("40000000%08x", entry) : hex(entry)
}
function index_of(level) {
    if (level == 1)
        return pick("0 1 2 3 256 257 258 259 511")
    if (level == 2)
        return pick("0 1 2 256")
    return level == 3 ? pick("0 1 3") : below(2)
}
# A joint: the table below, or a leaf of that size.
function joint(t, level,    at) {
    if (level == 4)
        return hex(tree(t) + 4096 + rights())
    if (level == 3)
        return one_in(4) ? leaf(3) : hex(tree(t) + 8192 + 4096 * below(2) + rights())
    return one_in(3) ? leaf(2) : hex(tree(one_in(4) ? below(4) : t) + 16384 + 4096 * below(2) + rights())
}
function change_leaf(    t) {
    t = below(4)
    store(tree(t) + 16384 + 4096 * below(2) + 8 * index_of(1), one_in(6) ? 0 : leaf(1))
}
function change_joint(    t, level) {
    t = below(4)
    level = 2 + below(aw == 48 ? 3 : 2)
    store(tree(t) + (level == 4 ? 0 : level == 3 ? 4096 : 8192 + 4096 * below(2)) + 8 * index_of(level), one_in(8) ? 0 : joint(t, level))
}
function make_tree(t,    level, i, n, list) {
    n = split("0 1 2 3 256 257 258 259 511", list, " ")
    for (i = 1; i <= n; i++) {
        store(tree(t) + 16384 + 8 * list[i], leaf(1))
        store(tree(t) + 20480 + 8 * list[i], leaf(1))
    }
    n = split("0 1 2 256", list, " ")
    for (i = 1; i <= n; i++) {
        store(tree(t) + 8192 + 8 * list[i], joint(t, 2))
        store(tree(t) + 12288 + 8 * list[i], joint(t, 2))
    }
    n = split("0 1 3", list, " ")
    for (i = 1; i <= n; i++)
        store(tree(t) + 4096 + 8 * list[i], joint(t, 3))
    store(tree(t), hex(tree(t) + 4099))
    store(tree(t) + 8, hex(tree(t) + 4099))
}
# Context tables of two roots: 0x101000 and 0x109000; three or, with 48 bits, four levels.
function change_context(b, table,    levels, low, high) {
    levels = aw == 48 ? 3 + below(2) : 3
    low = tree(below(4)) + (levels == 4 ? 0 : 4096) + 1
    if (one_in(8))
        low += 8 # pass-through
    else if (devtlb && one_in(3))
        low += 4
    if (one_in(10))
        low += 2 # fault processing disabled
    high = did() * 256 + levels - 2
    if (one_in(12))
        low -= 1 # absent
    if (one_in(30))
        low += 16 # reserved
    store2(table + b * 128, hex(low), hex(high))
}
function did() { return one_in(12) ? 0 : 1 + below(3) }
function slot() { return 2 + below(3) }
function place(    at) {
    if (pools && !one_in(3))
        return pool[below(pools < 16 ? pools : 16)]
    at = index_of(3) * 262144 + index_of(2) * 512 + index_of(1)
    if (aw == 48 && one_in(3))
        at += 134217728
    else if (one_in(40))
        at += 134217728 * (1 + below(1024)) # beyond
    pool[pools++ % 16] = at
    return at
}
function access() {
    printf "dma 00:%02x.0 %s 0x%s%03x 0x1\n", slot(), one_in(3) ? "w" : "r", hex(place()), below(4096)
}
function descriptor(low, high) {
    store2(2097152 + tail * 16, low, high)
    tail = (tail + 1) % 256
}
function ring() { w32(136, tail * 16) }
function mask(    am) {
    am = one_in(3) ? below(19) : pick("0 0 0 1 2 9")
    return sprintf("%02x", am + (one_in(4) ? 64 : 0)) # with the hint that is ignored
}
function sid() { return sprintf("%04x", slot() * 8 + (one_in(6) ? below(8) : 0)) }
function invalidation(    kind) {
    kind = below(100)
    if (kind < 55)
        descriptor(sprintf("%x00f2", did()), hex(place()) "0" mask())
    else if (kind < 65)
        descriptor(sprintf("%x00e2", did()), 0)
    else if (kind < 68)
        descriptor("d2", 0)
    else if (kind < 72)
        descriptor("11", 0)
    else if (kind < 76)
        descriptor(sprintf("%x0021", did()), 0)
    else if (kind < 90)
        descriptor(sprintf("%x%s%04x0031", below(4), sid(), did()), 0)
    else if (kind < 94 && devtlb)
        descriptor(sprintf("%s00000003", sid()), hex(place()) "00" below(2))
    else if (kind < 97)
        descriptor("200000025", "300000")
    else
        descriptor("4", 0)
}
function by_register() {
    if (one_in(3)) {
        w64(40, sprintf("%x%07x%s%04x", 8 + below(4) * 2 + one_in(9), below(4), sid(), did()))
        return
    }
    w64(240, hex(place()) "0" mask())
    w64(248, sprintf("%x%07x00000000", 8 + below(4), did()))
}
function without_queue(    i) {
    w32(24, te)
    for (i = below(4); i >= 0; i--) {
        by_register()
        if (one_in(2))
            access()
    }
    w64(136, 0)
    tail = 0
    w32(24, te + 67108864)
}
function bring_up() {
    w64(32, "100000")
    w32(24, 1073741824)
    w64(136, 0)
    w64(144, "200000")
    tail = 0
    w32(24, 67108864)
    te = 2147483648
    w32(24, te + 67108864)
}
function turn() {
    te = te ? 0 : 2147483648
    w32(24, te + 67108864)
    if (!te && !one_in(3)) { # mostly not for long
        access()
        te = 2147483648
        w32(24, te + 67108864)
    }
}
function new_root() {
    if (one_in(2))
        w64(32, pick("100000 108000"))
    w32(24, 67108864 + te + 1073741824)
}
function step(    kind, i) {
    kind = below(1000)
    if (kind < 450)
        access()
    else if (kind < 640)
        change_leaf()
    else if (kind < 690)
        change_joint()
    else if (kind < 740)
        change_context(slot(), pick("1052672 1052672 1052672 1085440"))
    else if (kind < 920) {
        for (i = one_in(4) ? below(5) : 0; i >= 0; i--)
            invalidation()
        ring()
    } else if (kind < 960) {
        w32(556, 2147483648)
        w32(52, 1)
    } else if (kind < 972)
        by_register()
    else if (kind < 984)
        without_queue()
    else if (kind < 990)
        new_root()
    else if (kind < 997)
        turn()
    else if (kind < 999)
        w32(56, one_in(2) ? 2147483648 : 0)
    else {
        print "reset"
        bring_up()
    }
}
BEGIN {
    state = seed % 2147483646 + 1
    for (i = 0; i < 9; i++)
        below(2)
    if (!aw)
        aw = pick("39 48")
    devtlb = unit ~ /device-iotlb=on/
    printf "vtd-trace 1\nmeta tool cached.awk\nmeta seed %d\nunit aw-bits=%d%s\n", seed, aw, unit ? " " unit : ""
    print "ram 0x0 0xc0000\nrom 0xc0000 0x20000\nram 0xe0000 0x10000\nrom 0xf0000 0x10000\nram 0x100000 0x7ff00000"
    print "rom 0xffff0000 0x10000\nram 0x100000000 0x80000000"
    print "device 00:02.0\ndevice 00:03.0\ndevice 00:04.0"
    store2(1048576, "101001", 0)
    store2(1081344, "109001", 0)
    for (i = 0; i < 4; i++)
        make_tree(i)
    for (i = 2; i < 5; i++) {
        change_context(i, 1052672)
        change_context(i, 1085440)
    }
    bring_up()
    for (i = 0; i < steps; i++)
        step()
}
