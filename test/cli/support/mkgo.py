#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a small ELF program that carries what Go's linker leaves in one: build info and files
embedded with go:embed. See --help. It runs on this machine's kernel unless told otherwise."""
import argparse
import hashlib
import os
import struct

HOST = {"x86_64": 62, "aarch64": 183, "i686": 3, "armv7l": 40, "ppc64le": 21, "s390x": 22,
        "riscv64": 243}
ADDRESS = 0x400000
TEXT = 1024  # bytes of the code segment: headers and nothing; the data lies behind it
MARK = b"\xff Go buildinf:"
FRAME = (bytes.fromhex("3077af0c9274080241e1c107e6d618e6"),
         bytes.fromhex("f932433186182072008242104116d8f2"))
DIGESTS = {
    "1.16": lambda data: hashlib.sha256(data).digest(),
    "1.19": lambda data: bytes(b ^ 0xff for b in hashlib.sha256(data).digest()),
    "1.24": lambda data: flipped(data, 1),
    "1.26": lambda data: flipped(data, 0xff),
    "unknown": lambda data: hashlib.md5(data).digest() * 2,
}


def flipped(data, flip):
    """As cmd/internal/hash does for small files and, through New32(), for large ones."""
    if len(data) > 1024:
        return hashlib.sha256(b"\1" + data).digest()
    digest = hashlib.sha256(data).digest()
    return bytes([digest[0] ^ flip]) + digest[1:]


def number(text):
    return int(text, 0)


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--machine", type=number, default=HOST.get(os.uname().machine, 62))
    parser.add_argument("--bits", type=int, choices=(32, 64), default=64)
    parser.add_argument("--big", action="store_true", help="big-endian")
    parser.add_argument("--go", help="the Go version; without it there is no build info")
    parser.add_argument("--pointers", action="store_true", help="build info as before Go 1.18")
    parser.add_argument("--line", action="append", default=[], help="of the module text; \\t is a "
                        "tab")
    parser.add_argument("--embed", nargs=2, action="append", default=[], metavar=("NAME", "TEXT"))
    parser.add_argument("--digest", choices=DIGESTS, default="1.16", help="as that release's")
    parser.add_argument("--alter", nargs=2, metavar=("FROM", "TO"), help="bytes of the data, after "
                        "all digests were made")
    parser.add_argument("--pie", action="store_true",
                        help="pointers only in relocations, zeros in their places")
    parser.add_argument("--sections", action="store_true", help="the build info in a section of "
                        "its own, behind a mark that is none")
    parser.add_argument("--interp", help="PT_INTERP, its NUL is added")
    parser.add_argument("--patch", nargs=2, action="append", default=[], metavar=("OFFSET", "HEX"))
    parser.add_argument("--truncate", type=number, help="cut to so many bytes")
    parser.add_argument("--mode", type=lambda text: int(text, 8), default=0o755)
    return parser.parse_args()


class Program:
    def __init__(self, o):
        self.o = o
        self.order = ">" if o.big else "<"
        self.word = 8 if o.bits == 64 else 4
        self.data = bytearray()
        self.relocations = []

    def words(self, *values):
        return struct.pack(self.order + ("Q" if self.word == 8 else "I") * len(values), *values)

    def address(self):
        return ADDRESS + TEXT + len(self.data)

    def add(self, piece, align=1):
        self.data += bytes(-len(self.data) % align)
        at = self.address()
        self.data += piece
        return at

    def pointer(self, value):
        """Append a pointer, as a relocation in a position-independent program."""
        if self.o.pie:
            self.relocations.append((self.address(), value))
            value = 0
        self.data += self.words(value)


def varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def module_text(lines):
    text = b"".join(line.encode().replace(b"\\t", b"\t") + b"\n" for line in lines)
    return FRAME[0] + text + FRAME[1] if text else b""


def section_headers(p, start, size):
    """For the end of the file: .go.buildinfo (START, SIZE) and the sections' names."""
    names = b"\0.go.buildinfo\0.shstrtab\0"
    offset = TEXT + len(p.data)
    out = names.ljust(32, b"\0")
    for name, kind, address, at, length in ((0, 0, 0, 0, 0), (1, 1, start, start - ADDRESS, size),
                                            (15, 3, 0, offset, len(names))):
        flags = 3 if address else 0
        form = "IIQQQQIIQQ" if p.word == 8 else "IIIIIIIIII"
        out += struct.pack(p.order + form, name, kind, flags, address, at, length, 0, 0, 1, 0)
    return offset + 32, out


def add_build_info(p):
    version, modules = p.o.go.encode(), module_text(p.o.line)
    if not p.o.pointers:
        p.add(MARK + bytes([p.word, 2]) + bytes(16) + varint(len(version)) + version +
              varint(len(modules)) + modules, 16)
        return
    texts = []
    p.add(bytes(32))  # so that what is pointed to lies before and behind the mark
    for text in (version, modules):
        at = p.add(text)
        p.add(b"", 16)
        texts.append(p.address())
        p.pointer(at)
        p.data += p.words(len(text))
    p.add(MARK + bytes([p.word, int(p.o.big)]), 16)
    for at in texts:
        p.pointer(at)
    p.data += bytes(32)


def embedded(files):
    """Files and the folders above them, in the order that Go's compiler writes them."""
    names = {}
    for name, text in files:
        names[name] = text.encode()
        while "/" in name:
            name = name.rpartition("/")[0]
            names[name + "/"] = None

    def key(name):
        folder, _, element = name.rstrip("/").rpartition("/")
        return (folder.encode() or b".", element.encode())

    return [(name.encode(), names[name]) for name in sorted(names, key=key)]


def add_embeds(p):
    files = embedded(p.o.embed)
    at = {}
    for name, data in files:
        at[name] = p.add(name)
        if data:
            at[(name, "data")] = p.add(data)
    p.add(b"", 16)
    p.pointer(p.address() + 3 * p.word)
    p.data += p.words(len(files), len(files))
    for name, data in files:
        p.pointer(at[name])
        p.data += p.words(len(name))
        if not data:
            p.data += p.words(0, 0)
        else:
            p.pointer(at[(name, "data")])
            p.data += p.words(len(data))
        p.data += bytes(16) if data is None else DIGESTS[p.o.digest](data)[:16]


def add_dynamic(p):
    kind = 8  # R_X86_64_RELATIVE; without a symbol in every machine's own number
    table = p.add(b"".join(p.words(at, kind, value) for at, value in p.relocations), 16)
    size = len(p.relocations) * 3 * p.word
    return p.add(p.words(7, table, 8, size, 9, 3 * p.word, 0, 0), 16)


def headers(p, dynamic):
    o = p.o
    wide = p.word == 8
    ehdr, phdr = (64, 56) if wide else (52, 32)
    size = len(p.data)
    interp = o.interp.encode() + b"\0" if o.interp is not None else None
    segments = [(1, 5, 0, ADDRESS, TEXT), (1, 6, TEXT, ADDRESS + TEXT, size)]
    if interp is not None:
        segments.insert(0, (3, 4, TEXT - len(interp), ADDRESS + TEXT - len(interp), len(interp)))
    if dynamic is not None:
        segments.append((2, 6, dynamic - ADDRESS, dynamic, ADDRESS + TEXT + size - dynamic))
    ident = b"\x7fELF" + bytes([2 if wide else 1, 2 if o.big else 1, 1]) + bytes(9)
    out = ident + struct.pack(p.order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"),
                              3 if o.pie else 2, o.machine, 1, ADDRESS + 512, ehdr, 0, 0, ehdr,
                              phdr, len(segments), 0, 0, 0)
    for kind, flags, offset, address, length in segments:
        align = 1024 if kind == 1 else 1
        out += struct.pack(p.order + "IIQQQQQQ", kind, flags, offset, address, address, length,
                           length, align) if wide else \
            struct.pack(p.order + "IIIIIIII", kind, offset, address, address, length, length,
                        flags, align)
    if interp is not None:
        out = out.ljust(TEXT - len(interp), b"\0") + interp
    return out.ljust(TEXT, b"\0")


def main():
    o = parse()
    p = Program(o)
    p.add(b"some data of the program's own: " * 3)
    if o.sections:
        p.add(MARK + bytes([0, 2]) + bytes(16) + b"\0\0", 16)
        p.add(b"", 16)
    start = p.address()
    if o.go is not None:
        add_build_info(p)
    sections = start, p.address() - start
    if o.embed:
        add_embeds(p)
    if o.alter:
        old, new = (text.encode() for text in o.alter)
        assert len(old) == len(new) and p.data.count(old) == 1
        p.data = p.data.replace(old, new)
    dynamic = add_dynamic(p) if o.pie else None
    out = bytearray(headers(p, dynamic) + p.data)
    if o.sections:
        at, table = section_headers(p, *sections)
        out += table
        wide = p.word == 8
        struct.pack_into(p.order + ("Q" if wide else "I"), out, 40 if wide else 32, at)
        struct.pack_into(p.order + "HHH", out, 58 if wide else 46, 64 if wide else 40, 3, 2)
    for offset, piece in o.patch:
        piece = bytes.fromhex(piece)
        out[number(offset):number(offset) + len(piece)] = piece
    with open(o.file, "wb") as f:
        f.write(out[:o.truncate])
    os.chmod(o.file, o.mode)


main()
