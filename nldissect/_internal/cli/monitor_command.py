"""`nldissect monitor`: notifications, as any program may hear them."""

from __future__ import annotations

import errno
import os
import signal
from argparse import Namespace

from ..capture.live import privileges
from ..capture.live.group_names import full_name, groups_named, named_groups
from ..capture.live.groups import MulticastGroup, family_names
from ..capture.live.monitor import Monitor, may_join
from ..capture.live.preamble import Preamble
from ..wire import linux
from ..wire.errors import UsageError
from ..wire.text import safe
from .input_captures import registry_of
from .message_printer import MessagePrinter
from .output import TextOutput, complain

# No such group or protocol in this kernel: nothing that privileges would change.
ABSENT = (errno.EINVAL, errno.EPROTONOSUPPORT, errno.ENOENT)


def monitor(options: Namespace, output: TextOutput) -> int:
    """Listens and shows until stopped; returns the exit status."""
    registry = registry_of(options)
    try:
        preamble = Preamble()
    except OSError as problem:
        raise UsageError(f"monitor: no netlink socket: {problem.strerror}") from None
    printer = MessagePrinter(Namespace(**{**vars(options), "files": []}), output, registry)
    preamble.ask()
    preamble.close()
    known = named_groups(preamble.answers)
    if options.list:
        return _list(known, output)
    chosen = known
    if options.groups:
        try:
            chosen = groups_named(options.groups, known, family_names(preamble.answers))
        except UsageError as problem:
            raise UsageError(f"monitor: {problem}") from None
    watch = [] if output.binary is None else [output.binary.fileno()]
    listener = Monitor(
        chosen, preamble, follows=not options.groups, all_nsid=options.all_nsid, watch=watch
    )
    try:
        privileges.drop_to_decode((*options.dissectors, *options.specs), options.write)
        _report_joined(listener, bool(options.groups))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: listener.stop())
        if printer.writer is not None:
            for record in listener.preamble_records:  # the file explains itself
                printer.writer.keep(record)
        return printer.print_framed(lambda: printer.print_live(listener))
    finally:
        listener.close()


def _report_joined(listener: Monitor, asked: bool) -> None:
    """What is listened to, and what cannot be."""
    denied = [group for group, number in listener.refused if number in (errno.EPERM, errno.EACCES)]
    other = [
        (group, number)
        for group, number in listener.refused
        if group not in denied and (asked or number not in ABSENT)
    ]
    if denied:
        names = ", ".join(map(full_name, denied))
        complain(f"not permitted, needs CAP_NET_ADMIN: {names}")
    for group, number in other:
        complain(f"{full_name(group)} cannot be joined: {os.strerror(number)}")
    if not listener.joined:
        raise UsageError("monitor: no group could be joined")
    count = len(listener.joined)
    complain(f"listening to {count} group{'s' * (count > 1)}")


def _list(known: list[MulticastGroup], output: TextOutput) -> int:
    """--list: the groups, their numbers, and whether they may be joined."""
    rows = []
    for group in known:
        refused = may_join(group)
        note = ""
        if refused in (errno.EPERM, errno.EACCES):
            note = "not permitted"
        elif refused:
            note = "not in this kernel"
        protocol = linux.protocol_name(group.protocol)
        rows.append((safe(full_name(group)), protocol, str(group.number), note))
    width = max(len(row[0]) for row in rows)
    output.write(f"{'GROUP':{width}}  {'PROTOCOL':14}  NUMBER\n")
    for name, protocol, number, note in rows:
        output.write(f"{name:{width}}  {protocol:14}  {number:>6}  {note}".rstrip() + "\n")
    return 0
