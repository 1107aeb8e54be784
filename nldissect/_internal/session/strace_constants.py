"""Names of C in what strace(1) decoded as numbers again, and structs by their members."""

from __future__ import annotations

from typing import Any, Final, final

from ..engine.labels import NLM_F
from ..spec import model, specfile
from ..spec.registry import Registry
from ..wire import framing, linux
from ..wire.tracetext import MORE, TraceValue, number

# linux/netlink.h
NLMSG: Final = {"NLMSG_NOOP": 1, "NLMSG_ERROR": 2, "NLMSG_DONE": 3, "NLMSG_OVERRUN": 4}
_FLAGS: Final = {
    **{f"NLM_F_{name}": bits for name, bits in NLM_F.items()},
    "NLA_F_NESTED": framing.NLA_F_NESTED, "NLA_F_NET_BYTEORDER": framing.NLA_F_NET_BYTEORDER,
    "NLMSGERR_ATTR_MSG": 1, "NLMSGERR_ATTR_OFFS": 2, "NLMSGERR_ATTR_COOKIE": 3,
    "NLMSGERR_ATTR_POLICY": 4, "NLMSGERR_ATTR_MISS_TYPE": 5, "NLMSGERR_ATTR_MISS_NEST": 6,
    "NFNETLINK_V0": 0, "NFNL_MSG_BATCH_BEGIN": 16, "NFNL_MSG_BATCH_END": 17,
}  # fmt: skip
# Constants that count up, by what their names begin with: linux/netfilter/nfnetlink.h and the
# message types of its subsystems.
_COUNTED: Final = {
    "NFNL_SUBSYS_": (
        "NONE", "CTNETLINK", "CTNETLINK_EXP", "QUEUE", "ULOG", "OSF", "IPSET", "ACCT",
        "CTNETLINK_TIMEOUT", "CTHELPER", "NFTABLES", "NFT_COMPAT", "HOOK",
    ),
    "NFT_MSG_": (
        "NEWTABLE", "GETTABLE", "DELTABLE", "NEWCHAIN", "GETCHAIN", "DELCHAIN", "NEWRULE",
        "GETRULE", "DELRULE", "NEWSET", "GETSET", "DELSET", "NEWSETELEM", "GETSETELEM",
        "DELSETELEM", "NEWGEN", "GETGEN", "TRACE", "NEWOBJ", "GETOBJ", "DELOBJ", "GETOBJ_RESET",
        "NEWFLOWTABLE", "GETFLOWTABLE", "DELFLOWTABLE", "GETRULE_RESET", "DESTROYTABLE",
        "DESTROYCHAIN", "DESTROYRULE", "DESTROYSET", "DESTROYSETELEM", "DESTROYOBJ",
        "DESTROYFLOWTABLE", "GETSETELEM_RESET",
    ),
    "IPCTNL_MSG_": (
        "CT_NEW", "CT_GET", "CT_DELETE", "CT_GET_CTRZERO", "CT_GET_STATS_CPU", "CT_GET_STATS",
        "CT_GET_DYING", "CT_GET_UNCONFIRMED",
    ),
}  # fmt: skip

# Name in C, size in bytes, whether it is padding
Layout = list[tuple[str, int, bool]]
LaidOut = tuple[int, int, Layout]  # with the size of the struct, and that with padding at its end


@final
class StraceConstants:
    """Numbers by their names in C, and structs, of the protocols that were learnt.

    A name that two dissectors give different numbers has none. Generic families are known by
    the ids that the trace tells.
    """

    def __init__(self, registry: Registry) -> None:
        self.families: dict[str, int] = {"nlctrl": framing.GENL_ID_CTRL}
        self.bitfields: set[str] = set()  # attributes whose value is struct nla_bitfield32
        self._registry = registry
        self._numbers: dict[str, int | None] = {}
        self._masks: set[str] = set()  # flags: a dissector gives their bits, not bit numbers
        self._structs: dict[int, list[LaidOut]] = {}  # by protocol
        for _, names in linux.ENUMS.values():
            for value, name in names.items():
                self._add(name, value)
        for prefix, counted in _COUNTED.items():
            for i, name in enumerate(counted):
                self._add(prefix + name, i)

    def learn(self, protocol: int) -> None:
        """Takes in those of the protocol's dissectors; of generic families, nlctrl's."""
        if protocol in self._structs:
            return
        generic = protocol == framing.NETLINK_GENERIC
        entries = [
            entry
            for entry in self._registry.files()
            if entry.protonum == (None if generic else protocol)
            and (not generic or entry.name == "nlctrl")
        ]

        def read() -> dict[str, Any]:
            return _told_by([self._registry.named(entry.name) for entry in entries])

        if entries and all(entry.origin == "built-in" for entry in entries):
            sources = [source for entry in entries for source in entry.sources]
            found = specfile.cached_together(sources, "constants", read)
        else:
            found = read()
        for name, value in found["numbers"].items():
            self._add(name, value)
        self._masks.difference_update(found["attributes"])
        self._masks.update(found["masks"])
        self.bitfields.update(found["bitfields"])
        self._structs[protocol] = [
            (size, padded, [(name, width, hidden) for name, width, hidden in layout])
            for size, padded, layout in found["structs"]
        ]

    def _add(self, name: str, value: int | None) -> None:
        if self._numbers.setdefault(name, value) != value:
            self._numbers[name] = None  # two meanings: neither is certain

    def learn_families(self, data: bytes) -> None:
        """The ids of families, from CTRL_CMD_NEWFAMILY (linux/genetlink.h)."""
        for start, stop, _, _ in framing.split(data, False, len(data), framing.NETLINK_GENERIC):
            kind_and_command = data[start + 4 : start + 6] + data[start + 16 : start + 17]
            if stop - start < 20 or kind_and_command != b"\x10\0\1":
                continue
            name, ident = "", 0
            found = framing.Attributes(data, start + 20, stop, False)
            while found.next():
                value = data[found.start : found.stop]
                if found.type == 1:
                    ident = int.from_bytes(value[:2], "little")
                elif found.type == 2:
                    name = value.rstrip(b"\0").decode("utf-8", "replace")
            if name and ident:
                self.families[name] = ident

    def message_type(self, text: str) -> int | None:
        """nlmsg_type of a constant, a generic family's name, or a number; None if not known."""
        found = NLMSG.get(text, self.families.get(text))
        if found is None:
            found = self.number(text)
        return found if found is not None and 0 <= found <= 0xFFFF else None

    def number(self, value: TraceValue) -> int | None:
        """A number, a constant, or flags joined by |; None when a part is not known."""
        plain = number(value)
        if plain is not None or not isinstance(value, str):
            return plain
        total = 0
        for part in value.split("|"):
            found = self._term(part)
            if found is None:
                return None
            total |= found
        return total

    def _term(self, text: str) -> int | None:
        """A number or constant, perhaps negative, perhaps shifted: 1<<IFLA_STATS_LINK_64."""
        name, _, shift = text.partition("<<")
        found = number(name)
        if found is None:
            found = _FLAGS.get(name)
        if found is None:
            found = self._numbers.get(name.removeprefix("-"))
        if found is not None and shift:
            bits = number(shift)
            if bits is None:  # where a dissector has masks, strace has bit numbers
                bits = None if shift in self._masks else self._numbers.get(shift)
            found = found << bits if bits is not None and 0 <= bits < 64 else None
        return -found if found is not None and found > 0 and name.startswith("-") else found

    def layouts(self, value: dict[str, TraceValue], width: int, protocol: int) -> list[Layout]:
        """Layouts of known structs that have these members and this size."""
        out: list[Layout] = []
        for size, padded, layout in self._structs.get(protocol, ()):
            wide = size <= width <= padded or size > width
            if wide and fits(value, layout, width) and layout not in out:
                out.append(layout)
        return out


def _told_by(specs: list[model.Spec | None]) -> dict[str, Any]:
    """The constants and structs of dissectors, as the cache keeps them."""
    numbers: dict[str, int | None] = {}
    masks: set[str] = set()
    bitfields: list[str] = []
    attributes: list[str] = []
    structs: list[LaidOut] = []

    def add(name: str, value: int) -> None:
        if numbers.setdefault(name, value) != value:
            numbers[name] = None  # two meanings: neither is certain

    for spec in specs:
        if spec is None:
            continue
        sets = [found.ensure() for found in spec.attribute_sets.values()]  # makes what they have
        met = [spec.struct(name) for name in list(spec.structs)]
        met += [operation.header for operation in spec.operations.values()]
        structs += [(one.size, one.padded, layout_of(one)) for one in met if one is not None]
        for operation in spec.operations.values():
            kind = operation.reply if operation.request is None else operation.request
            if operation.constant and kind is not None:
                add(operation.constant, kind)
        for enum in spec.enums.values():
            if enum.flags:
                masks.update(enum.constants.values())
            for value, name in enum.constants.items():
                add(name, value)
        for field in [field for fields in sets for field in fields.values() if field.constant]:
            constant = str(field.constant)
            add(constant, field.number)
            if field.kind == model.BITFIELD32:
                bitfields.append(constant)
            masks.discard(constant)
            attributes.append(constant)
    return {
        "numbers": numbers,
        "masks": sorted(masks),
        "bitfields": bitfields,
        "attributes": attributes,
        "structs": structs,
    }


def layout_of(struct: model.Struct) -> Layout:
    """The members of a struct."""
    return [
        (
            member.name.replace("-", "_"),
            member.size,
            member.kind == model.PAD or "pad" in member.name or "reserved" in member.name,
        )
        for member in struct.members
    ]


def same_member(shown: str, member: str) -> bool:
    """Whether a member's C name is this spec's: tcm_ifindex is ifindex."""
    return shown == member or shown.endswith("_" + member) or member.endswith("_" + shown)


def fits(value: dict[str, TraceValue], layout: Layout, width: int) -> bool:
    """Whether all members shown are of the layout, in its order, within `width`."""
    names = [name for name in value if name != MORE]
    at = 0
    used = 0
    for name, size, hidden in layout:
        if used + size > width:
            break
        used += size
        if at < len(names) and same_member(names[at], name):
            at += 1
        elif not hidden and MORE not in value:
            return False
    return at == len(names) and bool(names)
