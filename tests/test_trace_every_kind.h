/* SPDX-License-Identifier: MIT */
#ifndef VTR_TESTS_TRACE_EVERY_KIND_H
#define VTR_TESTS_TRACE_EVERY_KIND_H

/* Each kind, and each way a column may go. */
static const char EVERY_KIND[] =
    "vtd-trace 1\n"
    "meta guest all kinds # of records\n"
    "unit model=qemu-7.2 aw-bits=48 caching-mode=on pt=on device-iotlb=off snoop-control=off "
    "intremap=on eim=off dma-drain=on stale-tm=off scalable-mode=off cap=0xd2008c222f0686\n"
    "ram 0x0 0x8000000\n"
    "rom 0xfffc0000 0x40000\n"
    "device 00:03.0 ats=on\n"
    "expectations v0 ioctl\n"
    "w32 0x18 0x40000000\nr32 0x1c 0xc0000000\nw64 0x20 0x12345000\nr64 0x8 0xd2008c222f0686\n"
    "w32 0x18 0x80000000\nw64 0x20 0xffffffffffffffff\nw64 0x20 0x0\n"
    "mem 0x1000 0x2003\nmem 0x1008 0x3003\nmem 0x1000 0x0\nmem 0x1ff8 0xfffffffffffff000\n"
    "mem 0x1010 0x1 0x2\nmem 0x1020 0x1 0x3\nmem 0x1ff0 0xffffffffffffffff 0x0\n"
    "mem 0xfffffffffffff000 0x1000 0x0 0x1 0xfff 0xffffffffffffffff\n"
    "mem 0x5000 0x1 0x2 0x3\nmem 0x0 0x0\n"
    "zero 0x1000 0x1000\nzero 0x0 0xfffffffffffffff8\nzero 0xfffffffffffffff8 0x8\n"
    "dma 00:03.0 r 0xfffff000 0x1000 = 0x2000\ndma 00:03.0 w 0xfffff010 0x4 = 0x2010\n"
    "dma 00:03.0 w 0xfffff010 0x4 = 0x3011\ndma 00:04.0 ? 0xffffffffffffffff 0x1 ! 0x5\n"
    "dma 00:04.0 r 0x0 0x1 ! none\ndma ff:1f.7 r 0x1000 0x1\n"
    "dma 00:04.0 r 0xfffffffffffff000 0x8 = 0xffffffffffffffff\n"
    "device 00:05.0 alias=00:1e.0\ngone 00:05.0\nats 00:03.0 off\n"
    "attach v0 vfio 00:03.0 flags=map,unmap range=0x0-0xffffffffffffffff\n"
    "attach m mdev 00:03.0 unpin=late\nstop v1\nstart v1\nmiss v1 0x1234 w\n"
    "pin m 0x1000 16\nunpin m 0x1000 16\nfail v0 map 12\ndetach v0\n"
    "expect v0 map 0x1000 0x1000 0x200000 rw result=-17\n"
    "expect v0 map 0x2000 0x1000 0x201000 r\nexpect v0 unmap 0x0 0x10000000000000000 result=0\n"
    "expect other devtlb 0x1000 0x1000\nexpect v0 abort\nexpectations v1 notifier\n"
    "reset unit\nreset system\nmark\nmark h\xc3\xa9, a text\nat 5\nat 5\n"
    "at 18446744073709551615\n";

#endif
