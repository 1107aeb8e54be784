"""Capture filters: classic BPF for a packet socket on nlmon.

The program sees a datagram without a link-layer header. It tells by its first
message; a datagram of several messages passes the tests of type and port, since
one of the others may be meant. Instructions: linux/filter.h, linux/bpf_common.h.
"""

from __future__ import annotations

import ctypes
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from socket import SOL_SOCKET, socket
from typing import NamedTuple

LONGEST = 0x40000  # what a packet is cut to by default, as in libpcap

_SO_ATTACH_FILTER = 26
_LD_WORD, _LD_HALF, _LD_BYTE = 0x20, 0x28, 0x30  # BPF_LD | BPF_ABS and a size
_LD_LENGTH = 0x80
_RETURN = 0x06
_JUMP, _EQUAL, _GREATER_X, _AT_LEAST = 0x05, 0x15, 0x2D, 0x35
_ADD, _AND, _OR_X, _SHIFT_LEFT = 0x04, 0x54, 0x4C, 0x64
_TAX = 0x07
_PROTOCOL = 0xFFFF_F000  # SKF_AD_OFF + SKF_AD_PROTOCOL
_NEAR = 200  # instructions that a conditional jump can pass over, less what else it passes
_HEADER = 16  # struct nlmsghdr
_TYPE, _PORT, _COMMAND = 4, 12, 16  # where they are; the command is in struct genlmsghdr

Code = list[tuple[int, int, int, int]]


class MessageType(NamedTuple):
    """A message type: -1 for any protocol, any type, or no generic netlink command."""

    protocol: int = -1
    type: int = -1
    command: int = -1


@dataclass(frozen=True, slots=True)
class BpfFilter:
    """What passes: netlink protocols, message types, port ids (nlmsg_pid); None for all.

    `text` says it in words.
    """

    protocols: list[int] | None = None
    types: list[MessageType] | None = None
    ports: list[int] | None = None
    text: str | None = None

    def program(self, own: Iterable[int] = (), snaplen: int = LONGEST) -> bytes:
        """The filter as an array of struct sock_filter; datagrams of ports `own` always pass."""
        accept = [(_RETURN, 0, 0, snaplen)]
        reject = [(_RETURN, 0, 0, 0)]
        headed = self.types is not None or self.ports is not None
        tests: Code = []
        if self.protocols is not None:
            tests = _is_among((_LD_HALF, 0, 0, _PROTOCOL), self.protocols)
        if headed:
            inner: Code = []
            if self.ports is not None:
                inner = _is_among((_LD_WORD, 0, 0, _PORT), map(_word, self.ports))
            if self.types is not None:
                inner += _type_test(self.types)
            short = [(_LD_LENGTH, 0, 0, 0), (_AT_LEAST, 1, 0, _HEADER), *reject]
            tests += short + _skip_if_several(inner)
        own_ports = list(own)
        if own_ports and tests:
            passes: Code = [(_LD_WORD, 0, 0, _PORT)]
            for port in own_ports:
                passes += [(_EQUAL, 0, 1, _word(port)), *accept]
            headless = (_JUMP, 0, 0, len(passes))
            tests = [(_LD_LENGTH, 0, 0, 0), (_AT_LEAST, 1, 0, _HEADER), headless, *passes, *tests]
        return _packed(tests + accept)


def unknown_ports(known: Iterable[tuple[int, int]]) -> bytes:
    """A program that passes the headers of messages to or from ports not in `known`.

    `known` are (netlink protocol, port).
    """
    code: Code = [(_LD_LENGTH, 0, 0, 0), (_AT_LEAST, 1, 0, _HEADER), (_RETURN, 0, 0, 0)]
    code += [(_LD_WORD, 0, 0, _PORT), (_EQUAL, 0, 1, 0), (_RETURN, 0, 0, 0)]
    by_protocol: dict[int, list[int]] = {}
    for protocol, port in known:
        by_protocol.setdefault(protocol, []).append(port)
    for protocol, every in by_protocol.items():
        for first in range(0, len(every), _NEAR):
            ports = every[first : first + _NEAR]
            size = len(ports)
            code += [(_LD_HALF, 0, 0, _PROTOCOL), (_EQUAL, 0, size + 2, protocol)]
            code.append((_LD_WORD, 0, 0, _PORT))
            for place, port in enumerate(ports, 1):
                code.append((_EQUAL, size - place, int(place == size), _word(port)))
            code.append((_RETURN, 0, 0, 0))
    return _packed([*code, (_RETURN, 0, 0, _HEADER)])


REJECT_ALL = struct.pack("HBBI", _RETURN, 0, 0, 0)


def attach(target: socket, program: bytes) -> None:
    """Let the kernel run `program` on what the socket would receive; raises OSError."""
    buffer = ctypes.create_string_buffer(program, len(program))
    value = struct.pack("@HP", len(program) // 8, ctypes.addressof(buffer))
    target.setsockopt(SOL_SOCKET, _SO_ATTACH_FILTER, value)


def _is_among(load: tuple[int, int, int, int], values: Iterable[int]) -> Code:
    """Falls through when what is loaded is one of the values."""
    return [load, *_one_of([[(_EQUAL, 0, 1, value)] for value in values])]


def _type_test(types: list[MessageType]) -> Code:
    """Falls through when the first message is of one of the types."""
    choices: list[Code] = []
    for kind in types:
        choice: Code = []
        if kind.protocol >= 0:
            choice += [(_LD_HALF, 0, 0, _PROTOCOL), (_EQUAL, 0, -1, kind.protocol)]
        if kind.type >= 0:
            choice += [(_LD_HALF, 0, 0, _TYPE), (_EQUAL, 0, -1, _half(kind.type))]
        if kind.command >= 0:
            longer = (_AT_LEAST, 0, -1, _COMMAND + 1)
            choice += [(_LD_LENGTH, 0, 0, 0), longer]
            choice += [(_LD_BYTE, 0, 0, _COMMAND), (_EQUAL, 0, -1, kind.command)]
        # -1: to behind this choice, which a jump ends that _one_of adds
        size = len(choice) + 1
        choices.append(
            [
                (op, jt, size - place - 1 if jf == -1 else jf, k)
                for place, (op, jt, jf, k) in enumerate(choice)
            ]
        )
    return _one_of(choices)


def _one_of(choices: list[Code]) -> Code:
    """Falls through when a choice holds, else ends with the datagram rejected."""
    size = sum(len(choice) + 1 for choice in choices) + 1
    code: Code = []
    for choice in choices:
        code += choice
        code.append((_JUMP, 0, 0, size - len(code) - 1))
    return [*code, (_RETURN, 0, 0, 0)]


def _skip_if_several(tests: Code) -> Code:
    """`tests`, passed over when the datagram is longer than its first message."""
    code: Code = []
    if sys.byteorder == "big":
        code.append((_LD_WORD, 0, 0, 0))
    else:
        code.append((_LD_BYTE, 0, 0, 3))
        for place in (2, 1, 0):
            code += [(_SHIFT_LEFT, 0, 0, 8), (_TAX, 0, 0, 0)]
            code += [(_LD_BYTE, 0, 0, place), (_OR_X, 0, 0, 0)]
    code += [(_ADD, 0, 0, 3), (_AND, 0, 0, 0xFFFF_FFFC), (_TAX, 0, 0, 0), (_LD_LENGTH, 0, 0, 0)]
    return [*code, (_GREATER_X, 0, 1, 0), (_JUMP, 0, 0, len(tests)), *tests]


def _word(value: int) -> int:
    """What BPF, which reads big-endian, makes of a 32-bit number in the host's order."""
    return int.from_bytes((value & 0xFFFF_FFFF).to_bytes(4, sys.byteorder), "big")


def _half(value: int) -> int:
    return int.from_bytes((value & 0xFFFF).to_bytes(2, sys.byteorder), "big")


def _packed(code: Code) -> bytes:
    return b"".join(struct.pack("HBBI", op, jt, jf, k & 0xFFFF_FFFF) for op, jt, jf, k in code)
