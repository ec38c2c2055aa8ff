#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of fuzz_image: tiny ELF files of each form and fault, and scripts.

usage: make_image_seeds.py [FOLDER]      (test/fuzz/corpus/fuzz_image)
"""
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PT_LOAD, PT_INTERP, PT_NOTE = 1, 3, 4


def elf(bits=64, order="<", machine=62, kind=3, phdrs=None, **header):
    """PHDRS are (type, flags, offset, vaddr, filesz, memsz, align)."""
    word = "Q" if bits == 64 else "I"
    ehsize, phsize = (64, 56) if bits == 64 else (52, 32)
    interp_at = ehsize + 4 * phsize
    if phdrs is None:
        phdrs = [(PT_INTERP, 4, interp_at, interp_at, 12, 12, 1),
                 (PT_LOAD, 5, 0, 0, 512, 512, 4096),
                 (PT_LOAD, 6, 512, 4608, 64, 4096, 4096),
                 (PT_NOTE, 4, 500, 500, 12, 12, 4)]
    values = {"phoff": ehsize, "phentsize": phsize, "phnum": len(phdrs), "entry": 400, **header}
    ident = b"\x7fELF" + bytes([1 if bits == 32 else 2, 1 if order == "<" else 2, 1]) + bytes(9)
    data = ident + struct.pack(order + "HHI" + 3 * word + "IHHHHHH", kind, machine, 1,
                               values["entry"], values["phoff"], 0, 0, ehsize,
                               values["phentsize"], values["phnum"], 0, 0, 0)
    for p_type, flags, offset, vaddr, filesz, memsz, align in phdrs:
        if bits == 64:
            data += struct.pack(order + "IIQQQQQQ", p_type, flags, offset, vaddr, vaddr, filesz,
                                memsz, align)
        else:
            data += struct.pack(order + "IIIIIIII", p_type, offset, vaddr, vaddr, filesz, memsz,
                                flags, align)
    return (data.ljust(interp_at, b"\0") + b"/lib/ld.so.1").ljust(576, b"\0")


def interp(offset, size):
    return elf(phdrs=[(PT_INTERP, 4, offset, 0, size, size, 1), (PT_LOAD, 5, 0, 0, 576, 576, 4096)])


SEEDS = {
    "empty": b"",
    "magic": b"\x7fELF",
    "amd64": elf(),
    "i386": elf(bits=32, machine=3),
    "s390x": elf(order=">", machine=22),
    "ppc": elf(bits=32, order=">", machine=20),
    "fixed": elf(kind=2, entry=0x400100, phdrs=[(PT_LOAD, 5, 0, 0x400000, 512, 512, 4096)]),
    "object": elf(kind=1),
    "cut": elf()[:100],
    "many-headers": elf(phnum=65535),
    "headers-far": elf(phoff=2 ** 64 - 56),
    "interp-one": interp(288, 1),
    "interp-open": interp(288, 8),
    "interp-outside": interp(570, 12),
    "interp-negative": interp(2 ** 64 - 4, 12),
    "segment-outside": elf(phdrs=[(PT_LOAD, 5, 0, 0, 4096, 4096, 4096)]),
    "segment-wraps": elf(phdrs=[(PT_LOAD, 5, 0, 2 ** 64 - 4096, 512, 2 ** 64 - 1, 4096)]),
    "overlapping": elf(phdrs=[(PT_LOAD, 5, 0, 0, 512, 512, 4096)] * 4),
    "script": b"#! /usr/bin/env -S python3 -u \nprint()\n",
    "script-open": b"#!/" + 300 * b"x",
    "script-blank": b"#! \t\n",
    "text": b"echo hello\n",
}


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "corpus", "fuzz_image")
    os.makedirs(folder, exist_ok=True)
    for name, data in SEEDS.items():
        assert len(data) < 2048, name
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)


if __name__ == "__main__":
    main()
