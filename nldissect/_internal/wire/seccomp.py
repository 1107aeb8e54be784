"""System calls that a process gives up which only reads and writes files: seccomp.

Numbers: asm/unistd_64.h (x86-64), asm-generic/unistd.h (arm64); linux/seccomp.h, linux/filter.h,
linux/audit.h. Whoever calls by another way (32 bits, x32) is refused everything.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from typing import Final

# By name: their numbers on x86-64 and arm64; -1 where there is none.
CALLS: Final = {
    # programs, and other processes
    "execve": (59, 221), "execveat": (322, 281), "ptrace": (101, 117),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "pidfd_getfd": (438, 438),
    "kcmp": (312, 272), "setns": (308, 268), "unshare": (272, 97),
    # the network, netlink too: as root it could be changed by that
    "socket": (41, 198), "io_uring_setup": (425, 425),
    # what the kernel runs or watches for others
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282),
    "fanotify_init": (300, 262), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "kexec_load": (246, 104), "kexec_file_load": (320, 294),
    # keys, devices, file systems
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "mknod": (133, -1),
    "mknodat": (259, 33), "open_by_handle_at": (304, 265), "mount": (165, 40), "umount2": (166, 39),
    "pivot_root": (155, 41), "chroot": (161, 51), "move_mount": (429, 429), "fsopen": (430, 430),
    "open_tree": (428, 428), "mount_setattr": (442, 442), "swapon": (167, 224),
    "swapoff": (168, 225), "quotactl": (179, 60), "acct": (163, 89),
    # the machine
    "reboot": (169, 142), "settimeofday": (164, 170), "clock_settime": (227, 112),
    "adjtimex": (159, 171), "clock_adjtime": (305, 266), "sethostname": (170, 161),
    "setdomainname": (171, 162), "syslog": (103, 116), "personality": (135, 92),
    "iopl": (172, -1), "ioperm": (173, -1), "modify_ldt": (154, -1),
}  # fmt: skip
# By machine: the column above, its AUDIT_ARCH_*, the call that sets a filter
MACHINES: Final = {"x86_64": (0, 0xC000003E, 317), "aarch64": (1, 0xC00000B7, 277)}

_X32: Final = 0x40000000  # marks calls of that interface on x86-64
_SET_FILTER, _ALL_THREADS = 1, 1  # SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC
_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000 | errno.EPERM
# BPF: load a word, jump if it is equal, jump if it has these bits, return
_LOAD, _IF_EQUAL, _IF_BITS, _RETURN = 0x20, 0x15, 0x45, 0x06
_NUMBER, _ARCHITECTURE = 0, 4  # in struct seccomp_data


def give_up_calls() -> bool:
    """Every thread gets EPERM for `CALLS` from here on; false where that cannot be had.

    The process must have given up new privileges (PR_SET_NO_NEW_PRIVS).
    """
    found = MACHINES.get(platform.machine())
    if found is None or struct.calcsize("P") != 8:
        return False
    column, architecture, call = found
    code = ctypes.create_string_buffer(program(column, architecture))
    length = len(code.raw) // 8
    header = struct.pack("@HP", length, ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    # The code is an argument too, which the kernel does not take, so that it lives that long.
    return bool(libc.syscall(call, _SET_FILTER, _ALL_THREADS, header, code) == 0)


def program(column: int, architecture: int) -> bytes:
    """The filter, an array of struct sock_filter."""
    numbers = sorted({numbers[column] for numbers in CALLS.values()} - {-1})
    left = len(numbers)
    code = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_IF_EQUAL, 0, left + 3, architecture),
        (_LOAD, 0, 0, _NUMBER),
        (_IF_BITS, left + 1, 0, _X32),
    ]
    for place, number in enumerate(numbers):
        code.append((_IF_EQUAL, left - place, 0, number))
    code += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    return b"".join(struct.pack("@HBBI", *step) for step in code)
