"""Messages as programs get them: decoded, paired, and with the way into other forms."""

from __future__ import annotations

import builtins
from typing import Any

from mypy_extensions import i64

from ..pairing.paired import PairedMessage
from ..session.forward_pass import Session
from ..wire.record import Record


class Message(PairedMessage):
    """One netlink message: what it says, whom it answers, and itself as bytes, JSON or packet."""

    def another(self, data: builtins.bytes, base: i64, limit: i64, state: i64) -> Message:
        """A message of this class over other bytes, for an echoed request."""
        return Message(self.context, self.protocol, data, base, limit, self.big, state)

    def __setitem__(self, path: str, value: Any) -> None:
        """Another value at this path, or one more attribute; raises EncodeError.

        Takes what `nldissect.build` takes. Nodes given out before are those of the message
        as it was.
        """
        from ..encode.editor import assign

        assign(self, path, value)

    def __delitem__(self, path: str) -> None:
        """Takes every attribute at this path out; KeyError for none."""
        from ..encode.editor import remove

        remove(self, path)

    def encode(self) -> builtins.bytes:
        """The bytes that its header and the values of its nodes give.

        Of a message that nobody changed they are the captured ones, `bytes`.
        """
        from ..encode.tree_encoder import encode

        made = encode(self)
        trailing = 0 if self.outer is not None else len(self.data) - self.limit
        return made[: len(made) - trailing]

    def to_dict(self) -> dict[str, Any]:
        """What `to_json` says, as Python objects."""
        from ..render.json_output import to_dict

        return to_dict(self)

    def to_json(self) -> str:
        """The message as `nldissect read -T jsonl` prints it (docs/json.md)."""
        from ..render.json_output import to_json

        return to_json(self)

    def to_scapy(self) -> Any:
        """The message as a scapy packet; see `nldissect.scapy`."""
        from .packets import to_scapy

        return to_scapy(self)


def split(session: Session, record: Record, big: bool) -> list[Message]:
    """The messages of one record, not bound yet, as `Session.split` makes them."""
    out: list[Message] = []
    for found in session.split(record, big):
        made = Message(
            session, found.protocol, found.data, found.base, found.limit, found.big, found.state
        )
        made.record, made.offset = record, found.offset
        made.truncated, made.to_kernel = found.truncated, found.to_kernel
        out.append(made)
    return out
