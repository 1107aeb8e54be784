"""The loop of every command: messages framed, learnt from, bound and paired, in one pass."""

from __future__ import annotations

from mypy_extensions import mypyc_attr

from ..engine.message import Message
from ..pairing.conversation import Conversations
from ..pairing.hold_back import HoldBack
from ..pairing.transaction import Link
from ..wire.errors import CaptureError
from .forward_pass import RecordSource, Session


@mypyc_attr(allow_interpreted_subclasses=True)
class MessageSink:
    """Whoever is given the messages of a capture, each once it is settled, in order."""

    def take(self, message: Message, link: Link) -> bool:
        """The next message; false when no more are wanted."""
        raise NotImplementedError


class Driver:
    """Gives the messages of one capture to a sink; see `hold_back.HoldBack` for when.

    `pairs` does the pairing where somebody wants to know of ends. With `patience` (seconds)
    a message that arrives waits no longer than that for what belongs to it. Without `own`
    what the recording program asked is passed over, in pairing too.
    """

    def __init__(
        self,
        session: Session,
        sink: MessageSink,
        pairs: Conversations | None = None,
        patience: float | None = None,
        own: bool = True,
    ) -> None:
        self._session = session
        self._sink = sink
        self._hold_back = HoldBack(pairs, patience=patience)
        self._own = own

    def run(self, capture: RecordSource, before: int | None = None) -> bool:
        """Goes through the capture; false when the sink had enough before its end.

        `before` is how many bytes the header pass is ahead (`Session.messages`). What
        `capture` raises comes once all that was read before it is given.
        """
        hold_back, own = self._hold_back, self._own
        failure: CaptureError | None = None
        try:
            for message in self._session.messages(capture, before):
                if message.own and not own:
                    continue
                hold_back.feed(message)
                if not self._give():
                    return False
        except CaptureError as problem:
            failure = problem
        hold_back.finish()
        if not self._give():
            return False
        if failure is not None:
            raise failure
        return True

    def overdue(self) -> bool:
        """Gives what waited long enough; false when that were enough."""
        self._hold_back.overdue()
        return self._give()

    @property
    def patience(self) -> float | None:
        """How long until something is overdue, in seconds; None when nothing waits."""
        return self._hold_back.patience

    def _give(self) -> bool:
        hold_back, sink = self._hold_back, self._sink
        while True:
            message = hold_back.take()
            if message is None:
                return True
            if not sink.take(message, hold_back.link):
                return False
