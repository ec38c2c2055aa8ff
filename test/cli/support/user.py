# SPDX-License-Identifier: Apache-2.0
"""Really becoming a container's user, in a child process."""
import ctypes
import json
import os
import struct

PR_SET_DUMPABLE, PR_CAPBSET_DROP = 4, 24
CAPABILITY_VERSION_3 = 0x20080522
CAP_LAST = 40
libc = ctypes.CDLL(None, use_errno=True)


def checked(result, what):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def become(uid, gid, groups, capabilities):
    """CAPABILITIES (bit n is number n) are what the container has: an execve as another uid than 0
    leaves it none of them."""
    os.setgroups(groups)
    for number in range(CAP_LAST + 1):
        if not capabilities >> number & 1:
            libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0)
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    effective = capabilities if uid == 0 else 0
    header = ctypes.create_string_buffer(struct.pack("Ii", CAPABILITY_VERSION_3, 0))
    low, high = effective & 0xffffffff, effective >> 32
    data = ctypes.create_string_buffer(struct.pack("6I", low, low, 0, high, high, 0))
    checked(libc.capset(header, data), "capset")
    # Or /proc/self would be root's.
    checked(libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), "PR_SET_DUMPABLE")


def ask_as(user, function, *arguments):
    """FUNCTION's answer (of plain data), from a child that has become USER, as for become()."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reader)
            become(*user)
            with os.fdopen(writer, "w", encoding="utf-8") as out:
                json.dump(function(*arguments), out)
            code = 0
        finally:
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as answer:
        text = answer.read()
    _, status = os.waitpid(child, 0)
    if status != 0:
        raise SystemExit("a child process failed")
    return json.loads(text)
