"""What strace says of the netlink traffic beside a recording: a second opinion.

Only system calls are read: which process sent which message through which file
descriptor, and what it then received there, unicast or from a multicast group.
The file descriptor, which a recording does not have, tells whose answer is whose.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from pathlib import Path

from nldissect._internal.engine.message import Message

FLAGS = {
    "REQUEST": 1, "MULTI": 2, "ACK": 4, "ECHO": 8, "DUMP_INTR": 16, "DUMP_FILTERED": 32,
    "ROOT": 0x100, "MATCH": 0x200, "ATOMIC": 0x400, "DUMP": 0x300, "REPLACE": 0x100,
    "EXCL": 0x200, "CREATE": 0x400, "APPEND": 0x800, "NONREC": 0x100, "BULK": 0x200,
    "CAPPED": 0x100, "ACK_TLVS": 0x200,
}  # fmt: skip

HEADER = re.compile(
    r"(?P<echo>msg=\[?)?\{nlmsg_len=(\d+), nlmsg_type=(.+?), nlmsg_flags=([^,]+), "
    r"nlmsg_seq=(\d+), nlmsg_pid=(-?\d+)\}"
)
CALL = re.compile(r"(\d+) +(sendto|sendmsg|recvfrom|recvmsg|socket)\((?:(\d+))?")
RESUMED = re.compile(r"(\d+) +<\.\.\. (\w+) resumed>")
PORT = re.compile(r"<NETLINK:\[[^\]]*:(\d+)\]>")
GROUPS = re.compile(r"nl_groups=(0x[0-9a-f]+|[0-9]+)")

Header = tuple[int, int, int, int]  # length, flags, sequence, port


class Sent:
    """One message as a system call passed it; `echo` is the header that an error echoes."""

    def __init__(self, header: Header, socket: tuple[str, str, int], order: int) -> None:
        self.header = header
        self.socket = socket
        self.order = order
        self.echo: Header | None = None
        self.group = 0  # mask of groups, -1: multicast, without telling which


def flags(text: str) -> int:
    total = 0
    for word in text.split("|"):
        total |= FLAGS[word[6:]] if word.startswith("NLM_F_") else int(word, 0)
    return total


def headers(text: str) -> list[tuple[Header, Header | None, bool]]:
    """(header, the one it echoes, whether it is an error) of each message in a buffer."""
    out: list[tuple[Header, Header | None, bool]] = []
    for found in HEADER.finditer(text):
        length, kind, names, seq, port = found.group(2, 3, 4, 5, 6)
        header = (int(length), flags(names), int(seq), int(port) & 0xFFFFFFFF)
        if found["echo"] and out and out[-1][2]:
            out[-1] = (out[-1][0], header, True)
        else:
            out.append((header, None, kind == "NLMSG_ERROR"))
    return out


def calls(path: Path) -> tuple[list[Sent], list[Sent]]:
    """The messages sent and received, in order."""
    sent: list[Sent] = []
    received: list[Sent] = []
    started: dict[str, str] = {}
    opened: dict[tuple[str, str], int] = {}
    for order, line in enumerate(path.read_text(errors="replace").splitlines()):
        if " <unfinished ...>" in line:
            pid = line.split(maxsplit=1)[0]
            line = started[pid] = line.replace(" <unfinished ...>", "")
            if " recv" in line or " socket(" in line:
                continue
        elif found := RESUMED.match(line):
            begun = started.pop(found[1], "")
            if " send" in begun:
                continue
            line = begun + line[found.end() :]
        call = CALL.match(line)
        if call is None:
            continue
        pid, name, fd = call[1], call[2], call[3]
        if name == "socket":
            new = re.search(r"= (\d+)", line)
            if new is not None:
                opened[pid, new[1]] = opened.get((pid, new[1]), 0) + 1
            continue
        if "MSG_PEEK" in line:
            continue
        socket = (pid, fd, opened.get((pid, fd), 0))
        group = GROUPS.search(line)
        own = PORT.search(line)
        for header, echo, _ in headers(line):
            one = Sent(header, socket, order)
            one.echo = echo
            if name.startswith("send"):
                sent.append(one)
                continue
            if group is not None:
                one.group = int(group[1], 0)
            if not one.group and own is not None and int(own[1]) != header[3]:
                one.group = -1  # it names another port than that of the socket it came to
            received.append(one)
    return sent, received


def header(message: Message) -> Header:
    return message.length, message.flags, message.seq, message.port


def align(
    messages: list[Message], seen: list[Sent]
) -> dict[int, Sent]:  # message number to what strace saw
    """Messages of one port in the capture and in strace, paired where they follow alike."""
    out: dict[int, Sent] = {}
    keys = [header(m) for m in messages]
    matcher = SequenceMatcher(None, keys, [s.header for s in seen], autojunk=False)
    for at, there, size in matcher.get_matching_blocks():
        for i in range(size):
            out[messages[at + i].number] = seen[there + i]
    return out


def align_requests(messages: list[Message], sent: list[Sent]) -> dict[int, Sent]:
    """Requests of the capture and of strace, where both have as many with a header."""
    ours: dict[Header, list[Message]] = {}
    theirs: dict[Header, list[Sent]] = {}
    for message in messages:
        ours.setdefault(header(message), []).append(message)
    for one in sent:
        theirs.setdefault(one.header, []).append(one)
    out: dict[int, Sent] = {}
    for key, these in ours.items():
        those = theirs.get(key, [])
        if len(these) == len(those):
            out.update((m.number, s) for m, s in zip(these, those, strict=True))
    return out


def truth(messages: list[Message], path: Path) -> tuple[dict[int, int], dict[int, int]]:
    """(answer to request, multicast message to group mask), by message number.

    A received message answers the last request of its own file descriptor that
    has its sequence number (or, as some modules answer, one less) and, where it
    echoes a header, that header.
    """
    sent, received = calls(path)
    requests = align_requests([m for m in messages if m.to_kernel], sent)
    number_of = {id(s): number for number, s in requests.items()}
    by_port: dict[int, list[Message]] = {}
    seen_by_port: dict[int, list[Sent]] = {}
    for message in messages:
        if not message.to_kernel and message.netlink:
            by_port.setdefault(message.port, []).append(message)
    for one in received:
        seen_by_port.setdefault(one.header[3], []).append(one)
    answers: dict[int, int] = {}
    multicast: dict[int, int] = {}
    for port, these in by_port.items():
        for number, one in align(these, seen_by_port.get(port, [])).items():
            if one.group:
                multicast[number] = one.group
                continue
            before = [s for s in sent if s.socket == one.socket and s.order < one.order]
            for step in (0, 1):
                fit = [
                    s
                    for s in before
                    if (s.header[2] + step) & 0xFFFFFFFF == one.header[2]
                    and (one.echo is None or one.echo == s.header)
                ]
                if fit:
                    if id(fit[-1]) in number_of:
                        answers[number] = number_of[id(fit[-1])]
                    break
    return answers, multicast
