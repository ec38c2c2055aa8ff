# SPDX-License-Identifier: Apache-2.0
"""ELF files that no linker makes: x86-64, one PT_LOAD that holds the whole file at its own offsets."""
import os
import struct

NEEDED, HASH, STRTAB, SYMTAB, RELA, RELASZ, RELAENT, STRSZ, SYMENT = 1, 4, 5, 6, 7, 8, 9, 10, 11
SONAME, RPATH, RUNPATH, GNU_HASH, VERSYM, VERDEF = 14, 15, 29, 0x6ffffef5, 0x6ffffff0, 0x6ffffffc
VERDEFNUM, VERNEED, VERNEEDNUM = 0x6ffffffd, 0x6ffffffe, 0x6fffffff
R_X86_64_GLOB_DAT = 6


class Elf:
    def __init__(self, *needed, soname=None):
        self.tags, self.strings, self.tables = [], bytearray(b"\0"), bytearray()
        for name in needed:
            self.name(NEEDED, name)
        if soname is not None:
            self.name(SONAME, soname)

    def string(self, text):
        at = len(self.strings)
        self.strings += text.encode() + b"\0"
        return at

    def tag(self, tag, value):
        self.tags.append((tag, value, False))
        return self

    def name(self, tag, text):
        return self.tag(tag, self.string(text))

    def table(self, tag, data):
        """DATA, to which TAG points."""
        self.tables += bytes(-len(self.tables) % 8)
        self.tags.append((tag, len(self.tables), True))
        self.tables += data
        return self

    def write(self, path, interp=None, strsz=None, mode=0o755):
        """STRSZ instead of the right one."""
        note = (interp or "").encode() + b"\0"
        at = 64 + 56 * 3 + len(note)
        at += -at % 8
        strings_at = at + 16 * (len(self.tags) + 3)
        tables_at = strings_at + len(self.strings)
        tables_at += -tables_at % 8
        size = tables_at + len(self.tables)
        tags = [(t, v + tables_at if moved else v) for t, v, moved in self.tags]
        tags += [(STRTAB, strings_at), (STRSZ, len(self.strings) if strsz is None else strsz),
                 (0, 0)]
        dynamic = b"".join(struct.pack("<QQ", *tag) for tag in tags)

        def segment(kind, offset, length):
            return struct.pack("<IIQQQQQQ", kind, 5, offset, offset, offset, length, length, 4096)

        count = 3 if interp is not None else 2
        data = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
        data += struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 64, 64, 0, 0, 64, 56, count, 0, 0, 0)
        if interp is not None:
            data += segment(3, 64 + 56 * 3, len(note))
        data += segment(1, 0, size) + segment(2, at, len(dynamic))
        data = data.ljust(64 + 56 * 3, b"\0") + note
        data = data.ljust(at, b"\0") + dynamic + self.strings
        with open(path, "wb") as f:
            f.write(data.ljust(tables_at, b"\0") + self.tables)
        os.chmod(path, mode)
        return path

    def references(self, names):
        """A symbol that is undefined, and a relocation at start, for each of NAMES."""
        symbols, relocations = bytearray(24), bytearray()
        for i, name in enumerate(names):
            symbols += struct.pack("<IBBHQQ", self.string(name), 0x10, 0, 0, 0, 0)
            relocations += struct.pack("<QQq", 64, (i + 1) << 32 | R_X86_64_GLOB_DAT, 0)
        self.table(SYMTAB, symbols).tag(SYMENT, 24)
        self.table(RELA, relocations).tag(RELASZ, len(relocations)).tag(RELAENT, 24)
        return self
