#!/usr/bin/env python3
"""Hostile files that no tool writes: headers that lie, counts without end, trees that turn back on
themselves. The first argument is the folder that they go to; further ones name what is made (kernels,
archives, disks, logs), else all is. See ../memory.sh."""

import gzip
import os
import struct
import sys

FOLDER = sys.argv[1]
MIB = 1 << 20


def write(name, *parts):
    with open(os.path.join(FOLDER, name), "wb") as file:
        for part in parts:
            file.write(part)


def sparse(name, size, *patches):
    with open(os.path.join(FOLDER, name), "wb") as file:
        file.truncate(size)
        for at, part in patches:
            file.seek(at)
            file.write(part)


def entry(name, mode, content=b"", size=None, nlink=1, ino=0):
    """An entry of a cpio archive (Documentation/driver-api/early-userspace/buffer-format.rst)."""
    name = name.encode() if isinstance(name, str) else name
    size = len(content) if size is None else size
    fields = [ino, mode, 0, 0, nlink, 0, size, 0, 0, 0, 0, len(name) + 1, 0]
    out = b"070701" + b"".join(b"%08X" % field for field in fields) + name + b"\0"
    out += b"\0" * (-len(out) % 4) + content
    return out + b"\0" * (-len(out) % 4)


TRAILER = entry("TRAILER!!!", 0)
FILE, DIRECTORY, LINK = 0o100755, 0o040755, 0o120777


def packed(name, entries):
    """An archive in gzip, written as it is made: unpacked it would not fit the disk."""
    with gzip.open(os.path.join(FOLDER, name), "wb", compresslevel=1) as file:
        for item in entries:
            file.write(item)
        file.write(TRAILER)


def elf(segments, sections=0, kind=2, machine=62, body=b""):
    header = b"\x7fELF\2\1\1" + bytes(9)
    table = 64
    header += struct.pack("<HHIQQQIHHHHHH", kind, machine, 1, 0x1000000, table,
                          table + 56 * segments if sections else 0, 0, 64, 56, segments, 64, sections, 0)
    return header + body


def load(offset, size, kind=1):
    return struct.pack("<IIQQQQQQ", kind, 5, offset, 0x1000000 + offset, 0x1000000 + offset, size, size, 4096)


BANNER = b"\0Linux version 6.1.0-hostile (a@b) (gcc (x) 12, ld 2) #1 SMP today\n\0"


def kernels():
    size = 120 * MIB
    # As many segments and sections as the header can count.
    write("elf-65535-segments", elf(65535, 65535), load(0, 1 << 63) * 65535, bytes(64) * 65535)
    # The largest kernel that is read, all banners, all configurations, all symbol tables, all streams.
    for name, text in {
        "banners": BANNER,
        "configurations": b"IKCFG_ST\x1f\x8b\x08\0\0\0\0\0",
        "tables-of-symbols": b"".join(bytes([0, ord("0") + n % 10]) for n in range(512)),
        "streams": b"\x1f\x8b\x08\0\0\0\0\0\0\3" + b"\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff",
    }.items():
        body = text * (size // len(text))
        write("kernel-of-" + name, elf(1, body=load(4096, len(body))).ljust(4096, b"\0"), body)
    # A zImage: nothing says where its payload is, so each of these is decoded to be looked at.
    bomb = gzip.compress(bytes(100 * MIB), 9)
    head = bytes(0x24) + struct.pack("<III", 0x016F2818, 0, 85 * MIB)
    write("zimage-of-60-payloads", (head.ljust(4096, b"\0") + bomb * 60).ljust(85 * MIB, b"\x55"))
    # A configuration as long as a kernel may be.
    line = b"".join(b"CONFIG_%06d=y\n" % n for n in range(100_000))
    whole = b"# Automatically generated file; DO NOT EDIT.\n" + line * (100 * MIB // len(line))
    config = b"IKCFG_ST" + gzip.compress(whole, 1) + b"IKCFG_ED"
    write("kernel-of-one-configuration", elf(1, body=load(4096, len(config) + 100)).ljust(4096, b"\0"), BANNER, config)
    # The lists beside a kernel.
    write("config", line * (100 * MIB // len(line)))


def archives():
    packed("cpio-entries-without-end.gz", (entry(f"f{n:07}", FILE) for n in range(250_000)))
    packed("cpio-long-names.gz", (entry(f"{n:07}" + "n" * 248, FILE) for n in range(199_000)))
    packed("cpio-long-paths.gz", (entry(f"{n:06}/" + ("d" * 250 + "/") * 16, FILE) for n in range(120_000)))
    packed("cpio-links-of-4-kib.gz", (entry(f"l{n:07}", LINK, b"t" * 4000) for n in range(120_000)))
    packed("cpio-tiny-files.gz", (entry(f"t{n:07}", FILE, b"x") for n in range(199_000)))
    packed("cpio-small-files.gz", (entry(f"s{n:07}", FILE, b"x" * 2500) for n in range(190_000)))
    deep = ["/".join(["d"] * depth) for depth in range(1, 2000)]
    packed("cpio-deep.gz", (entry(path, DIRECTORY) for path in deep * 50))
    circle = [entry("init", LINK, b"a"), entry("a", LINK, b"b/c"), entry("b", LINK, b"."), entry("c", LINK, b"init")]
    write("cpio-cyclic-links", *circle, TRAILER)
    write("cpio-of-4-gib", entry("init", FILE, b"#!/bin/sh\n", size=0xFFFFFFF0))
    write("cpio-empty-streams", gzip.compress(b"") * 500_000)
    write("cpio-trailers", TRAILER * 1_000_000)
    modules = "lib/modules/6.1.0-hostile"
    folders = [entry(modules[:n], DIRECTORY) for n in (3, 11, len(modules))]
    names = b"".join(b"kernel/m%07d.ko: kernel/m%07d.ko\n" % (n, n + 1) for n in range(1_000_000))
    write("cpio-a-million-modules", *folders, entry(modules + "/modules.dep", FILE, names), TRAILER)
    one = b"kernel/a.ko:" + b" kernel/b.ko" * 3_000_000 + b"\n"
    write("cpio-a-module-of-many", *folders, entry(modules + "/modules.dep", FILE, one), TRAILER)
    # A program that asks for as much as a dynamic section can say.
    strings = b"\0" + b"".join(b"l%03d\0" % n for n in range(4000))
    at = 64 + 56 * 3
    dynamic = b"".join(struct.pack("<QQ", 1, 1 + 5 * n) for n in range(4000))
    dynamic += struct.pack("<QQQQ", 5, 0x1000000 + at, 0, 0)
    heads = load(0, at + len(strings) + len(dynamic)) + load(at + len(strings), len(dynamic), 2) + load(at, 5, 3)
    program = elf(3, kind=3, body=heads) + strings + dynamic
    write("cpio-a-program-of-4000-libraries", entry("init", FILE, program), TRAILER)


def mbr(*partitions):
    """A sector with a partition table: types, first sectors, lengths."""
    entries = b"".join(struct.pack("<B3sB3sII", 0, bytes(3), kind, bytes(3), at, length)
                       for kind, at, length in partitions)
    return bytes(0x1BE) + entries.ljust(64, b"\0") + b"\x55\xaa"


def disks():
    huge = 100 << 30
    sparse("disk-100-gib-of-nothing", huge)
    # A superblock that counts 2^48 blocks in groups of eight.
    fields = {0x00: 0xFFFFFFFF, 0x04: 0xFFFFFFFF, 0x14: 1, 0x18: 0, 0x1C: 0, 0x20: 8, 0x24: 8, 0x28: 8,
              0x4C: 1, 0x54: 11, 0x60: 0xC2, 0x150: 0xFFFF}
    block = bytearray(1024)
    for at, value in fields.items():
        struct.pack_into("<I", block, at, value)
    struct.pack_into("<HHH", block, 0x38, 0xEF53, 1, 1)
    struct.pack_into("<H", block, 0x58, 256)
    struct.pack_into("<H", block, 0xFE, 64)
    sparse("ext4-2-to-48-blocks", huge, (1024, bytes(block)))
    # What a directory of an ext4 file system holds: names that lead to lost+found.
    names = [b"%06d-" % n + b"n" * 244 for n in range(195_000)]
    blocks = [names[at:at + 15] for at in range(0, len(names), 15)]
    with open(os.path.join(FOLDER, "directory-of-long-names"), "wb") as file:
        for block in blocks:
            lengths = [260] * (len(block) - 1) + [4096 - 260 * (len(block) - 1)]
            for name, length in zip(block, lengths):
                file.write((struct.pack("<IHBB", 11, length, len(name), 2) + name).ljust(length, b"\0"))
    # Partition tables: entries without number, and extended partitions in a circle.
    header = struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, 0, 0, 1, huge // 512 - 1, 34, huge // 512 - 34,
                         bytes(16), 2, 0xFFFFFFFF, 128, 0)
    sparse("gpt-2-to-32-partitions", huge, (0, mbr((0xEE, 1, 0xFFFFFFFF))), (512, header))
    sparse("mbr-in-a-circle", huge, (0, mbr((5, 1, 1000))), (512, mbr((0x83, 1, 1), (5, 0, 1))))
    # qcow2: the largest table of tables, each of which is itself.
    qcow2 = struct.pack(">4sIQIIQIIQQIIQ", b"QFI\xfb", 2, 0, 0, 16, 1 << 56, 0, 4 << 20, 65536, 65536, 1, 0, 0)
    sparse("qcow2-tables-of-32-mib", 64 * MIB, (0, qcow2), (65536, struct.pack(">Q", (1 << 63) | 65536) * (4 << 20)))


def logs():
    with open(os.path.join(FOLDER, "log-of-one-line"), "wb") as file:
        for _ in range(1024):
            file.write(b"x" * MIB)
    sparse("log-of-zeros", 1 << 30)
    boot = b"[    0.000000] Linux version 6.1.0-hostile (a@b) (gcc) #1 SMP\n"
    boot += b"[    0.000000] Command line: " + b"root=/dev/vda " * 200
    panic = b"\n[    1.000000] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n"
    write("log-of-boots", (boot + panic) * 60_000)
    write("log-of-panics", boot, panic * 2_000_000)
    disk = b"\n[    1.0] 0100 %8d vda%d\n[    1.0]  vda: vda1 vda2 vda3"
    write("log-of-disks", boot, b"".join(disk % (n, n) for n in range(1_000_000)), panic)


ALL = {"kernels": kernels, "archives": archives, "disks": disks, "logs": logs}
for name in sys.argv[2:] or ALL:
    ALL[name]()
