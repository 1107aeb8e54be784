"""A netlink message as it was framed: its header, its bytes, and what it was bound to.

What needs more than that (nodes, values) is `Message`, which is a `Frame`. Offsets count from the
start of the message's nlmsghdr.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from mypy_extensions import i64

from ..spec import model
from ..spec.tables import S_BINARY, S_REDACTED, Tables
from ..wire import framing
from ..wire.errors import in_words, trace_fault
from ..wire.integers import u16, u32
from ..wire.record import Record, Socket
from ..wire.text import safe
from .message_numbers import OWN
from .walk import Engine, Environment

TO_KERNEL: Final = "to-kernel"
FROM_KERNEL: Final = "from-kernel"


class Diagnosis:
    """Something wrong or odd: a stable `code`, a `severity`, words, and where.

    `severity` is "error", "warning" or "note"; `offset` and `length` give the
    bytes, counted from the start of the nlmsghdr.
    """

    __slots__ = ("code", "length", "offset", "severity", "text")

    def __init__(self, code: str, severity: str, text: str, offset: int, length: int) -> None:
        self.code = code
        self.severity = severity
        self.text = text
        self.offset = offset
        self.length = length

    def __repr__(self) -> str:
        return safe(f"<{self.severity} {self.code} at {self.offset}: {self.text}>")


class Context:
    """What a message needs from the session around it; this one knows nothing."""

    def __init__(self, tables: Tables | None = None) -> None:
        self.tables = Tables() if tables is None else tables
        self.engine = Engine(self.tables)  # whose tape the writers read
        self.spare: list[Engine] = []  # others, that walk while this one is read
        self.kept: dict[str, object] = {}  # what layers above have made ready for its tables
        self._control: model.Spec | None = None
        self._control_sets: dict[int, int] = {}

    def number(self, serial: int) -> int:
        """The number of the message of this serial, as `message_numbers` has it."""
        return serial

    def control_set(self, kind: int) -> int:
        """The set of the attributes in a control message of this type; 0 for none."""
        control = self.control()
        if control is not self._control:
            self._control = control
            self._control_sets = {}
        found = self._control_sets.get(kind)
        if found is None:
            operation = None if control is None else control.replies.get(kind)
            attr_set = None if operation is None else operation.attributes
            found = self._control_sets[kind] = int(self.tables.attribute_set(attr_set))
        return found

    def bind(self, message: Frame) -> None:
        """Set the message's spec, operation and family from its type."""

    def interface(self, index: int, message: Frame) -> str | None:
        """The name that interface `index` had when the message was sent."""
        return None

    def family_name(self, number: int, message: Frame) -> str | None:
        """The name of the generic family that had this id when the message was sent."""
        return None

    def dump_end(self, port: int, message: Frame) -> tuple[int, int | None] | None:
        """Number and time of what ends the long dump that the message asks for, if it is known."""
        return None

    def namespace(self, number: int, message: Frame) -> str | None:
        """What is known of the network namespace that has this id (nsid): `pid 4711`."""
        return None

    def filter_set(
        self, family: int, table: bytes, name: bytes, number: int, message: Frame
    ) -> object:
        """The nftables set of this name as the capture told of it, None if it did not.

        One that has no name yet goes by the number that the transaction gave it (NFTA_SET_ID).
        """
        return None

    def socket(self, port: int, message: Frame) -> Socket | None:
        """Whose port it was when the message was sent, as the capture recorded it."""
        return None

    def inode(self, port: int, message: Frame) -> int | None:
        """The inode of the socket with this port, as sock_diag told."""
        return None

    def judge(self, message: Frame, engine: Engine) -> None:
        """Adds to a walk of nlctrl's messages what is wrong by all that is known of families."""

    def control(self) -> model.Spec | None:
        """The spec of NLMSG_ERROR and NLMSG_DONE."""
        return None


MAX_ERRNO: Final = 4095  # linux/err.h


class Frame(Environment):
    """One netlink message: the fields of its nlmsghdr, its bytes, its spec and operation.

    `data` holds the bytes of the message and what trails it in its frame;
    `base` is where its nlmsghdr lies in there (not 0 only for an echoed
    request). `limit` is where it ends, by nlmsg_len or by the end of the
    bytes. `number` and `serial` count from 1 through the capture (`message_numbers`). `netlink`
    is False for a datagram that holds no netlink message at all.
    """

    def __init__(
        self,
        context: Context,
        protocol: i64,
        data: bytes,
        base: i64,
        limit: i64,
        big: bool,
        state: i64 = framing.OK,
    ) -> None:
        self.context = context
        self.protocol: i64 = protocol
        self.data = data
        self.base: i64 = base
        self.limit: i64 = limit
        self.big = big
        self.state: i64 = state
        self.record: Record | None = None
        self.number: i64 = 0
        self.serial: i64 = 0
        self.offset: i64 = 0
        self.outer: Frame | None = None
        self.spec: model.Spec | None = None
        self.operation: model.Operation | None = None
        self.family: str | None = None
        self.command: i64 = -1
        self.header_size: i64 = 0
        self.truncated = False
        self._diagnoses: list[Diagnosis] | None = None
        if limit - base >= 16 and state != framing.NO_HEADER:
            self.length: i64 = u32(data, base, big)
            self.type: i64 = u16(data, base + 4, big)
            self.flags: i64 = u16(data, base + 6, big)
            self.seq: i64 = u32(data, base + 8, big)
            self.port: i64 = u32(data, base + 12, big)
            self.netlink = True
            self.to_kernel: bool = self.flags & 1 == 1
        else:
            self.length = limit - base
            self.type = -1
            self.flags = self.seq = self.port = 0
            self.netlink = False
            self.to_kernel = False

    @property
    def may_have_keys(self) -> bool:
        """Whether its protocol has keys or passwords, or may have: a family that nobody named."""
        if self.spec is not None:
            return self.spec.secret
        generic = self.protocol == framing.NETLINK_GENERIC and self.type > framing.GENL_ID_CTRL
        return generic and self.family is None

    @property
    def leftover(self) -> i64:
        """What is shown of bytes that are not understood; see `Engine.leftover`."""
        if self.state == framing.WITHHELD:
            return S_REDACTED
        return S_REDACTED if self.context.tables.redacts and self.may_have_keys else S_BINARY

    def withhold(self) -> None:
        """Its header is none: nothing of it is shown."""
        self.state = framing.WITHHELD
        self.length = self.limit - self.base
        self.type = -1
        self.flags = self.seq = self.port = 0
        self.netlink = self.to_kernel = False

    @property
    def own(self) -> bool:
        """Whether it is between the kernel and the program that recorded, as the capture tells."""
        return self.number > OWN

    @property
    def direction(self) -> str:
        """`to-kernel` or `from-kernel`."""
        return TO_KERNEL if self.to_kernel else FROM_KERNEL

    @property
    def error(self) -> int | None:
        """The error number of NLMSG_ERROR and NLMSG_DONE (0 or negative), else None."""
        start = self.base + 16
        kind = self.type
        if (kind != framing.NLMSG_ERROR and kind != framing.NLMSG_DONE) or self.limit - start < 4:
            return None
        value = u32(self.data, start, self.big)
        return int(value - 0x100000000 if value & 0x80000000 else value)

    @property
    def usual_error(self) -> bool:
        """Whether the error number, if there is one, is of those that the kernel has."""
        error = self.error
        return error is None or -MAX_ERRNO <= error <= 0

    def level(self) -> Sequence[object]:
        """The nodes at the top, where there are nodes."""
        return ()

    def get(self, path: str, default: Any = None) -> Any:
        """The value of the first node at this path, where there are nodes."""
        return default

    def fault(self, problem: Exception) -> str:
        """What is said of code beside the message's dissector that failed."""
        trace_fault()
        name = "the dissector" if self.spec is None else f"dissector {self.spec.name}"
        return f"the code of {name} failed: {in_words(problem)}"

    def hook_done(self, result: object) -> bool:
        """What a hook says, whether it has read its part; raises TypeError for nonsense."""
        if result is None or isinstance(result, bool):
            return result is True
        raise TypeError(
            f"a hook returned an object of type {type(result).__name__}, not True or False"
        )

    def diagnose(self, code: str, severity: str, text: str, offset: i64, length: i64) -> None:
        """Records what is wrong with the message as a whole."""
        if self._diagnoses is None:
            self._diagnoses = []
        self._diagnoses.append(Diagnosis(code, severity, text, int(offset), int(length)))
