"""Which protocols and families in a capture mostly have no dissector, and what to do about it."""

from __future__ import annotations

import shlex
from typing import Final

from ..analysis.fitting import Samples, fitting
from ..engine.message import Message
from ..spec.registry import Registry
from ..wire import framing
from ..wire.linux import protocol_name

NUMBERED: Final = "family "  # before the number of one whose name the capture does not have


class Undescribed:
    """Counts the messages of each protocol and generic family, and those without a dissector.

    Of families without a name it has `samples`.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._known: dict[str, bool] = {}  # families, by whether there is a dissector
        self.counts: dict[str, list[int]] = {}  # all, without a dissector
        self.samples = Samples()

    def see(self, message: Message) -> None:
        """Counts a message, if it is of a protocol and not of netlink itself."""
        if message.type < framing.NLMSG_MIN_TYPE:
            return
        if message.protocol == framing.NETLINK_GENERIC:
            family = message.family
            name = f"{NUMBERED}{message.type}" if family is None else family
            known = self._known.get(name)
            if known is None:
                known = self._registry.family(family, message.type) is not None
                known = self._known[name] = known or message.type == framing.GENL_ID_CTRL
            if family is None and not known:
                self.samples.see(message)
        else:
            name = protocol_name(message.protocol)
            known = message.spec is not None
        self.add(name, 1, not known)

    def add(self, name: str, messages: int, without: int) -> None:
        """Counts so many messages of one protocol or family."""
        counted = self.counts.setdefault(name, [0, 0])
        counted[0] += messages
        counted[1] += without

    def remark(self) -> str | None:
        """What a person may do about those of which most messages have no dissector."""
        found = sorted(
            name for name, (count, without) in self.counts.items() if 2 * without > count
        )
        if not found:
            return None
        shown = ", ".join(found[:4]) + (f" and {len(found) - 4} more" if len(found) > 4 else "")
        nameless = [int(n.removeprefix(NUMBERED)) for n in found if n.startswith(NUMBERED)]
        fits = {n: fitting(self._registry, n, self.samples.kept.get(n, [])) for n in nameless}
        only = [f"{n}={names[0]}" for n, names in fits.items() if len(names) == 1]
        ways = []
        if only:
            words = " ".join(f"--decode-as {shlex.quote(one)}" for one in only)
            ways.append(f"`{words}` says whose they seem to be: no other dissector fits")
        elif fits:
            number, several = next(iter(fits.items()))
            fit = f" ({', '.join(several[:4])} fit)" if several else ""
            ways.append(
                f"`--decode-as {number}=NAME` says which family {number} is{fit}; "
                "what may be a key is not shown without `--show-secrets`"
            )
        if len(only) < len(found):
            ways.append(
                "`nldissect dissectors learn` writes one from a capture or a module's source, "
                "`--specs DIR` takes the kernel's specs"
            )
        return f"most messages of {shown} have no dissector: {'; '.join(ways)}"
