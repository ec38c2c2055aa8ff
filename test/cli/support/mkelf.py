#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a small ELF program, whole or with one fault: see --help. Without options it is one that
this machine's kernel accepts: static, one PT_LOAD, mode 0755."""
import argparse
import os
import struct

HOST = {"x86_64": 62, "aarch64": 183, "i686": 3, "armv7l": 40, "ppc64le": 21, "s390x": 22,
        "riscv64": 243}
SIZE = 1024
ADDRESS = 0x400000
DYNAMIC = 640  # behind the longest PT_INTERP of the fixtures, before the tag


def number(text):
    return int(text, 0)


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--machine", type=number, default=HOST.get(os.uname().machine, 62))
    parser.add_argument("--bits", type=int, choices=(32, 64), default=64)
    parser.add_argument("--big", action="store_true", help="big-endian")
    parser.add_argument("--type", type=number, default=2, help="e_type; 2 is ET_EXEC")
    parser.add_argument("--entry", type=number, default=ADDRESS + 512)
    parser.add_argument("--interp", help="PT_INTERP, its NUL is added")
    parser.add_argument("--interp-size", type=number, help="p_filesz instead of the right one")
    parser.add_argument("--interp-offset", type=number, help="p_offset instead of the right one")
    parser.add_argument("--interp-end", type=number, default=0, help="its last byte; 0 is NUL")
    parser.add_argument("--no-dynamic", action="store_true", help="no PT_DYNAMIC beside PT_INTERP")
    parser.add_argument("--load-type", type=number, default=1, help="p_type of the PT_LOAD")
    parser.add_argument("--memory", type=number, default=SIZE, help="p_memsz of the PT_LOAD")
    parser.add_argument("--tag", default="", help="text inside, so that digests differ")
    parser.add_argument("--pad", type=number, default=0, help="zero bytes behind the program")
    parser.add_argument("--truncate", type=number, help="cut to so many bytes")
    parser.add_argument("--patch", nargs=2, action="append", default=[], metavar=("OFFSET", "HEX"))
    parser.add_argument("--mode", type=lambda text: int(text, 8), default=0o755)
    return parser.parse_args()


def headers(o):
    order = ">" if o.big else "<"
    interp = o.interp.encode() + bytes([o.interp_end]) if o.interp is not None else None
    # A loader dies of a program without a dynamic section: an empty one, at the end of the file.
    dynamic = interp is not None and not o.no_dynamic
    count = 1 + (interp is not None) + dynamic
    ehdr, phdr = (64, 56) if o.bits == 64 else (52, 32)
    ident = b"\x7fELF" + bytes([2 if o.bits == 64 else 1, 2 if o.big else 1, 1]) + bytes(9)
    form = "HHIQQQIHHHHHH" if o.bits == 64 else "HHIIIIIHHHHHH"
    data = ident + struct.pack(order + form, o.type, o.machine, 1, o.entry, ehdr, 0, 0, ehdr, phdr,
                               count, 0, 0, 0)

    def segment(kind, offset, size, memory=None):
        memory = memory or size
        address = (ADDRESS + offset) % 2 ** o.bits
        if o.bits == 64:
            return struct.pack(order + "IIQQQQQQ", kind, 5, offset, address, address, size, memory,
                               4096 if kind == 1 else 1)
        return struct.pack(order + "IIIIIIII", kind, offset, address, address, size, memory, 5,
                           4096 if kind == 1 else 1)

    if interp is not None:
        at = 256 if o.interp_offset is None else o.interp_offset
        size = len(interp) if o.interp_size is None else o.interp_size
        data += segment(3, at, size)
    data += segment(o.load_type, 0, SIZE, o.memory)
    if dynamic:
        word = "QQ" if o.bits == 64 else "II"
        entries = [(5, ADDRESS + SIZE - 1), (6, ADDRESS + SIZE - 1), (10, 1), (0, 0)]
        table = b"".join(struct.pack(order + word, *entry) for entry in entries)
        data += segment(2, DYNAMIC, len(table))
    if interp is not None:
        data = data.ljust(256, b"\0") + interp
    if dynamic:
        data = data.ljust(DYNAMIC, b"\0") + table
    return data


def main():
    o = parse()
    data = bytearray(headers(o).ljust(768, b"\0") + o.tag.encode())
    data = data.ljust(SIZE, b"\0")
    for offset, piece in o.patch:
        piece = bytes.fromhex(piece)
        data[number(offset):number(offset) + len(piece)] = piece
    if o.truncate is not None:
        data = data[:o.truncate]
    with open(o.file, "wb") as f:
        f.write(data)
        if o.pad:
            f.truncate(len(data) + o.pad)  # a hole: large files cost no memory
    os.chmod(o.file, o.mode)


main()
