"""PostgreSQL refuses to run as root; this lets root start it as another user without opening its folders.

A container's only user, or root's own checkout under /root (closed to others), are ordinary places to run.
The server then runs as `nobody`, and keeps one ability of root's: to reach files whatever their folders'
permissions. That ability is handed on as an ambient capability, see capabilities(7).
"""

import ctypes
import os
import pwd
import sys
from collections.abc import Callable

USER = "nobody"
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


_libc = ctypes.CDLL(None, use_errno=True)


def is_root() -> bool:
    return os.geteuid() == 0


def owner() -> tuple[int, int]:
    """User and group that files of the server belong to."""
    if not is_root():
        return os.geteuid(), os.getegid()
    entry = pwd.getpwnam(USER)
    return entry.pw_uid, entry.pw_gid


def becoming_owner() -> Callable[[], None] | None:
    """What a child runs before it becomes the server; None where nothing is to be done."""
    if not is_root():
        return None
    uid, gid = owner()
    return lambda: _become(uid, gid)


def _become(uid: int, gid: int) -> None:
    os.setgroups([])
    os.setgid(gid)
    if sys.platform != "linux":
        os.setuid(uid)
        return
    _libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setuid(uid)
    bit = 1 << CAP_DAC_OVERRIDE
    sets = (_Sets * 2)(_Sets(bit, bit, bit), _Sets(0, 0, 0))
    _libc.capset(ctypes.byref(_Header(CAPABILITY_VERSION_3, 0)), sets)
    # Refused where a container was denied the capability: then open folders have to do.
    _libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)
