"""The words that pairing uses, and the numbers that stand for them inside.

Roles of messages, kinds, states and confidences of transactions, fates of a batch's parts, and
reasons: what a confidence stands on. Users see the words; attributes and columns whose names
end in `_code` hold places in ROLES, KINDS, STATES, CONFIDENCES and REASONS.
"""

from __future__ import annotations

from typing import Final

# Roles of a message
REQUEST: Final = "request"
ANSWER: Final = "answer"
NOTIFICATION: Final = "notification"
COPY: Final = "copy"
OTHER: Final = "other"

# Kinds of a transaction
DUMP: Final = "dump"
SINGLE: Final = "single"
ACK: Final = "ack"
SILENT: Final = "silent"
BATCH: Final = "batch"

# States of a transaction
OPEN: Final = "open"
ANSWERED: Final = "answered"
FAILED: Final = "failed"
INTERRUPTED: Final = "interrupted"  # all there, but what was dumped changed meanwhile
OVERRUN: Final = "overrun"  # answers were lost on their way
UNANSWERED: Final = "unanswered"
NOT_ASKED: Final = "not-asked"  # succeeded as far as one can see: no answer was asked for
CUT: Final = "cut"  # the capture ends within it, or the socket went on without its end
GIVEN_UP: Final = "given-up"  # too old to be waited for any longer

# Fates of a batch's parts
ACCEPTED: Final = "accepted"
ROLLED_BACK: Final = "rolled-back"

CERTAIN: Final = "certain"
LIKELY: Final = "likely"
GUESS: Final = "guess"

KINDS: Final = (DUMP, SINGLE, ACK, SILENT, BATCH)
ROLES: Final = (REQUEST, ANSWER, NOTIFICATION, COPY, OTHER)
STATES: Final = (
    "", OPEN, ANSWERED, FAILED, INTERRUPTED, OVERRUN, UNANSWERED, NOT_ASKED, CUT, GIVEN_UP,
    ROLLED_BACK,
)  # fmt: skip
CONFIDENCES: Final = (CERTAIN, LIKELY, GUESS)

ROLE_REQUEST: Final = 0
ROLE_ANSWER: Final = 1
ROLE_NOTIFICATION: Final = 2
ROLE_COPY: Final = 3
ROLE_OTHER: Final = 4

KIND_DUMP: Final = 0
KIND_SINGLE: Final = 1
KIND_ACK: Final = 2
KIND_SILENT: Final = 3
KIND_BATCH: Final = 4

STATE_OPEN: Final = 1
STATE_ANSWERED: Final = 2
STATE_FAILED: Final = 3
STATE_INTERRUPTED: Final = 4
STATE_OVERRUN: Final = 5
STATE_UNANSWERED: Final = 6
STATE_NOT_ASKED: Final = 7
STATE_CUT: Final = 8
STATE_GIVEN_UP: Final = 9
STATE_ROLLED_BACK: Final = 10

CONFIDENCE_CERTAIN: Final = 0
CONFIDENCE_LIKELY: Final = 1
CONFIDENCE_GUESS: Final = 2

# What a confidence stands on.
REASONS: Final = (
    "",
    "no netlink message",
    "a control message",
    "NLM_F_REQUEST",
    "part of a batch",
    "port and sequence number",
    "the only open request that fits",
    "the only one open, though its nlmsg_pid is another",
    "what others of the same time left over",
    "the oldest of several sent at one time",
    "the newest of several that fit",
    "its port and sequence number",
    "more of what was answered before",
    "sequence number plus one",
    "sequence number",
    "port and echoed header",
    "the only open request with the echoed header",
    "echoed header but for its flags",
    "echoed header, in a batch",
    "echoed header, after its end",
    "order, without a port",
    "the request is not in the capture",
    "data was lost for this port",
    "port",
    "no port",
    "equal bytes",
)
REASON_NO_MESSAGE: Final = 1
REASON_CONTROL: Final = 2
REASON_REQUEST_FLAG: Final = 3
REASON_BATCH_PART: Final = 4
REASON_PORT_SEQUENCE: Final = 5
REASON_ONLY_FIT: Final = 6
REASON_ONLY_OPEN: Final = 7
REASON_LEFT_OVER: Final = 8
REASON_OLDEST_FIT: Final = 9
REASON_NEWEST_FIT: Final = 10
REASON_ITS_PORT_SEQUENCE: Final = 11
REASON_MORE_ANSWERS: Final = 12
REASON_SEQUENCE_PLUS_ONE: Final = 13
REASON_SEQUENCE: Final = 14
REASON_PORT_ECHO: Final = 15
REASON_ONLY_ECHO: Final = 16
REASON_ECHO_BUT_FLAGS: Final = 17
REASON_ECHO_IN_BATCH: Final = 18
REASON_ECHO_AFTER_END: Final = 19
REASON_ORDER: Final = 20
REASON_NO_REQUEST: Final = 21
REASON_DATA_LOST: Final = 22
REASON_PORT: Final = 23
REASON_NO_PORT: Final = 24
REASON_EQUAL_BYTES: Final = 25
