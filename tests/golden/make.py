#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How good/small-frames.vtt.zst and the damaged and hostile packed files in bad/ were made.

A second writer of the packed form, by the document alone. Usage: make.py (in this directory; needs the zstd program). It writes the inputs, never what is
expected of them.
"""
import struct
import subprocess

COLUMNS = 31


def frame(block):
    """A zstd frame with a checksum and its content size."""
    with open("block.tmp", "wb") as f:
        f.write(block)
    done = subprocess.run(["zstd", "-q", "-c", "--check", "block.tmp"], stdout=subprocess.PIPE, check=True)
    subprocess.run(["rm", "block.tmp"], check=True)
    return done.stdout


def block(kind, body, count=0, first=0, at=0, layout=1):
    return b"VTTB" + struct.pack("<BBHIIQQ", layout, kind, 0, len(body), count, first, at) + body


def body(**columns):
    """Columns by number: c9=b'...'"""
    parts = [columns.get("c%d" % i, b"") for i in range(COLUMNS)]
    return struct.pack("<31I", *map(len, parts)) + b"".join(parts)


def write(name, data):
    with open("bad/" + name + ".vtt.zst", "wb") as f:
        f.write(data)


def seek_table(frames, blocks):
    entries = b"".join(struct.pack("<II", len(f), len(b)) + f[-4:] for f, b in zip(frames, blocks))
    entries += struct.pack("<IBI", len(frames), 0x80, 0x8F92EAB1)
    return struct.pack("<II", 0x184D2A5E, len(entries)) + entries


blocks = [
    block(0, b"vtd-trace 1\nmeta made by hand\ndevice 00:03.0\n"),
    # at 5; w32 0x88 0x20; w32 0x88 0x40; mark one
    block(1, body(c0=b"\x09\x00\x00\x0b", c1=b"\x88\x00\x88\x00", c2=b"\x40\x40", c22=b"\x05",
                  c30=b"mark one\n"), count=4, first=1),
    # mem 0x2000 0x1003; mem 0x2008 0x2003; mem 0x2000 0x0
    block(1, body(c0=b"\x04\x04\x04", c3=b"\xff\x00\x00", c4=b"\x04", c5=b"\x00\x00\x03",
                  c8=b"\x04\x04\x00", c9=b"\x02\x02"), count=3, first=5, at=5),
    # at 5; dma 00:03.0 r 0x1ffc 0x4 = 0x7ffc; dma 00:03.0 w 0x1000 0x1 ! 0x6; zero 0x1000 0x10
    block(1, body(c0=b"\x09\x08\x08\x07", c10=b"\x80\x40", c11=b"\x01", c12=b"\x18\x00\x18\x00",
                  c13=b"\x04\x09", c14=b"\x03\x00", c15=b"\xff\x00", c16=b"\x02",
                  c17=b"\xf8\x3f\xf7\x3f", c19=b"\x0e", c21=b"\x06", c22=b"\x00"),
          count=4, first=8, at=5),
]
frames = [frame(b) for b in blocks]
with open("good/small-frames.vtt.zst", "wb") as f:
    f.write(b"".join(frames) + seek_table(frames, blocks))

good = open("good/every-kind.vtt.zst", "rb").read()
frames, = struct.unpack("<I", good[-9:-5])
sizes = [struct.unpack("<III", good[-9 - 12 * (frames - i):][:12])[0] for i in range(frames)]
head = frame(block(0, b"vtd-trace 1\nmeta made by hand\n"))

write("cut-in-frame", good[:sizes[0] + 100])
write("cut-at-frame", good[:sum(sizes)])
write("cut-in-table", good[:-1])
flipped = bytearray(good)
flipped[sizes[0] + sizes[1] // 2] ^= 0x20
write("flipped", bytes(flipped))
write("twice", good + good)
table = bytearray(good)
table[sum(sizes) + 8] ^= 1
write("table-lies", bytes(table))
write("layout-2", frame(block(0, b"vtd-trace 1\n", layout=2)))
write("many-records", head + frame(block(1, body(), count=65536, first=1)))
write("column-short", head + frame(block(1, body(c0=b"\x09\x09", c22=b"\x05"), count=2, first=1)))
write("mem-across-page", head + frame(block(
    1, body(c0=b"\x05", c3=b"\xff", c4=b"\x02", c5=b"\x01", c7=b"\x00\x00"), count=1, first=1)))
write("time-falls", head + frame(block(1, body(c0=b"\x09", c22=b"\x05"), count=1, first=1)) +
      frame(block(1, body(c0=b"\x09", c22=b"\x00"), count=1, first=2, at=4)))
write("bomb", head + frame(bytes(64 << 20)))
