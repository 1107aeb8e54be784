"""What a rule does, as nft(8) lists it."""

from __future__ import annotations

from typing import Final

from nldissect.dissectors._nft_attributes import Nest
from nldissect.dissectors._nft_matches import Matches
from nldissect.dissectors._nft_registers import slot_of
from nldissect.dissectors._nft_values import (
    FAMILIES,
    ICMP_CODES,
    ICMPV6_CODES,
    ICMPX_CODES,
    bytes_text,
    text_of,
    time_text,
)

UNITS: Final = {1: "second", 60: "minute", 3600: "hour", 86400: "day", 604800: "week"}
LEVELS: Final = ("emerg", "alert", "crit", "err", "warn", "notice", "info", "debug", "audit")
NAT_FLAGS: Final = {4: "random", 16: "fully-random", 8: "persistent"}


class Statements(Matches):
    """Expressions that do something."""

    def counter(self, data: Nest) -> None:
        """NFTA_COUNTER_BYTES, _PACKETS."""
        said = f" packets {data.number(2)} bytes {data.number(1)}" if data.each() else ""
        self.say(f"counter{said}")

    def limit(self, data: Nest) -> None:
        """NFTA_LIMIT_RATE, _UNIT, _BURST, _TYPE, _FLAGS."""
        self.say(f"limit {limit_text(data)}")

    def connlimit(self, data: Nest) -> None:
        """NFTA_CONNLIMIT_COUNT, _FLAGS."""
        self.say(f"ct count {'over ' if data.number(2) & 1 else ''}{data.number(1)}")

    def quota(self, data: Nest) -> None:
        """NFTA_QUOTA_BYTES, _FLAGS, _CONSUMED."""
        self.say(f"quota {quota_text(data)}")

    def last(self, data: Nest) -> None:
        """NFTA_LAST_SET, _MSECS."""
        self.say(f"last used {time_text(data.number(2)) if data.number(1) else 'never'}")

    def log(self, data: Nest) -> None:
        """NFTA_LOG_GROUP, _PREFIX, _SNAPLEN, _QTHRESHOLD, _LEVEL, _FLAGS."""
        words = ["log"]
        if data.has(2):
            words.append(f"prefix {text_of(data.raw(2))}")
        for key, name in ((1, "group"), (3, "snaplen"), (4, "queue-threshold")):
            if data.has(key) and (key == 1 or data.number(key)):
                words.append(f"{name} {data.number(key)}")
        level = data.number(5)
        if data.has(5) and level != 4:
            words.append(f"level {LEVELS[level] if level < len(LEVELS) else level}")
        flags = data.number(6)
        if flags & 0x2F == 0x2F:  # NF_LOG_MASK
            words.append("flags all")
            flags = 0
        else:
            tcp = [name for bit, name in ((1, "sequence"), (2, "options")) if flags & bit]
            if tcp:
                words.append("flags tcp " + ",".join(tcp))
            words += ["flags ip options"] * (flags >> 2 & 1) + ["flags skuid"] * (flags >> 3 & 1)
        words += ["flags ether"] * (flags >> 5 & 1)
        self.say(" ".join(words))

    def queue(self, data: Nest) -> None:
        """NFTA_QUEUE_NUM, _TOTAL, _FLAGS, _SREG_QNUM."""
        flags = data.number(3)
        named = [name for bit, name in ((1, "bypass"), (2, "fanout")) if flags & bit]
        text = "queue" + (" flags " + ",".join(named) if named else "")
        if data.has(4):
            text += f" to {self.shown(self.use(data.number(4)))}"
        else:
            first, total = data.number(1), data.number(2)
            text += f" to {first}" + (f"-{first + total - 1}" if total > 1 else "")
        self.say(text)

    def reject(self, data: Nest) -> None:
        """NFTA_REJECT_TYPE, _ICMP_CODE."""
        kind, code = data.number(1), data.number(2)
        text = "reject"
        if kind == 1:
            text += " with tcp reset"
        elif kind == 2:
            if code != 1:
                named = ICMPX_CODES[code] if code < len(ICMPX_CODES) else code
                text += f" with icmpx {named}"
        elif self.network == "ip6":
            text += "" if code == 4 else f" with icmpv6 {ICMPV6_CODES.get(code, code)}"
        elif self.network == "ip":
            text += "" if code == 3 else f" with icmp {ICMP_CODES.get(code, code)}"
        else:
            text += f" with icmp code {code}"
        if kind == 0:
            self.forget("network")
        self.say(text)

    def synproxy(self, data: Nest) -> None:
        """NFTA_SYNPROXY_MSS, _WSCALE, _FLAGS."""
        self.say(f"synproxy {synproxy_text(data)}".rstrip())

    def flow(self, data: Nest) -> None:
        """NFTA_FLOW_TABLE_NAME."""
        self.say(f"flow add @{data.word(1)}")

    def notrack(self, data: Nest) -> None:
        """Has no attributes."""
        self.say("notrack")

    def extension(self, data: Nest) -> None:
        """NFTA_MATCH_NAME or NFTA_TARGET_NAME: iptables' own."""
        if data.word(1) == "comment":
            self.say(f"comment {text_of(data.raw(3))}")
        else:
            self.say(f"xt {text_of(data.raw(1))}")

    # -- addresses ------------------------------------------------------------------------

    def target(self, data: Nest, address: tuple[int, int], port: tuple[int, int]) -> str:
        """` to 192.0.2.1-192.0.2.9:1000-2000` from the registers of these attributes."""
        kind = "address"
        low = high = ""
        from_map = False
        if data.has(address[0]):
            operand = self.use(data.number(address[0]))
            from_map = operand.raw is None
            low = self.constant(data.number(address[0]), kind)
            high = self.constant(data.number(address[1]), kind) if data.has(address[1]) else ""
        text = low
        if high and high != low and not from_map:
            text += f"-{high}"
        if data.has(port[0]) and (not from_map or slot_of(data.number(port[0])) in self.fresh):
            if ":" in low and not from_map:
                text = "-".join(f"[{part}]" for part in text.split("-"))
            first = self.constant(data.number(port[0]), "be")
            last = self.constant(data.number(port[1]), "be") if data.has(port[1]) else first
            text += f":{first}" + (f"-{last}" if last != first else "")
        return f" to {text}" if text else ""

    def nat_flags(self, bits: int) -> str:
        """random, fully-random, persistent."""
        named = [name for bit, name in NAT_FLAGS.items() if bits & bit]
        return " " + ",".join(named) if named else ""

    def nat(self, data: Nest) -> None:
        """NFTA_NAT_TYPE, _FAMILY, _REG_ADDR_MIN, _MAX, _REG_PROTO_MIN, _MAX, _FLAGS."""
        text = "dnat" if data.number(1) else "snat"
        # nft says the family too where one map gives address and port.
        mapped = data.has(5) and slot_of(data.number(5)) not in self.fresh
        if data.has(3) and (self.family == 1 or mapped):
            text += " " + FAMILIES.get(data.number(2), "")
        if data.number(7) & 64:
            text += " prefix"
        self.say(text + self.target(data, (3, 4), (5, 6)) + self.nat_flags(data.number(7)))

    def masq(self, data: Nest) -> None:
        """NFTA_MASQ_FLAGS, _REG_PROTO_MIN, _MAX."""
        self.say("masquerade" + self.target(data, (0, 0), (2, 3)) + self.nat_flags(data.number(1)))

    def redir(self, data: Nest) -> None:
        """NFTA_REDIR_REG_PROTO_MIN, _MAX, _FLAGS."""
        self.say("redirect" + self.target(data, (0, 0), (1, 2)) + self.nat_flags(data.number(3)))

    def tproxy(self, data: Nest) -> None:
        """NFTA_TPROXY_FAMILY, _REG_ADDR, _REG_PORT."""
        family = data.number(1)
        text = "tproxy"
        if self.family == 1 and family in (2, 10):
            text += " " + FAMILIES[family]
        self.say(text + self.target(data, (2, 2), (3, 3)))

    def dup(self, data: Nest) -> None:
        """NFTA_DUP_SREG_ADDR, _SREG_DEV."""
        text = "dup"
        if data.has(1):
            text += f" to {self.constant(data.number(1), 'address')}"
        if data.has(2):
            device = self.constant(data.number(2), "ifindex")
            text += f" {'device' if data.has(1) else 'to'} {device}"
        self.say(text)

    def fwd(self, data: Nest) -> None:
        """NFTA_FWD_SREG_DEV, _SREG_ADDR, _NFPROTO."""
        device = self.constant(data.number(1), "ifindex")
        if data.has(2):
            family = FAMILIES.get(data.number(3), "")
            address = self.constant(data.number(2), "address")
            self.say(f"fwd {family} to {address} device {device}")
        else:
            self.say(f"fwd to {device}")


def limit_text(data: Nest) -> str:
    """`rate over 5/second burst 10 packets`."""
    rate, burst, unit = data.number(1), data.number(3), data.number(2)
    each = UNITS.get(unit, f"{unit} seconds")
    over = "over " if data.number(5) & 1 else ""
    if data.number(4):
        ends = f" burst {bytes_text(burst)}" if burst else ""
        return f"rate {over}{bytes_text(rate)}/{each}{ends}"
    ends = f" burst {burst} packets" if burst else ""
    return f"rate {over}{rate}/{each}{ends}"


def quota_text(data: Nest) -> str:
    """`over 25 mbytes used 3 kbytes`."""
    used = f" used {bytes_text(data.number(4))}" if data.number(4) else ""
    return f"{'over ' if data.number(2) & 1 else ''}{bytes_text(data.number(1))}{used}"


def synproxy_text(data: Nest) -> str:
    """`mss 1460 wscale 7 timestamp sack-perm`."""
    flags = data.number(3)
    words = []
    if flags & 1:
        words.append(f"mss {data.number(1)}")
    if flags & 2:
        words.append(f"wscale {data.number(2)}")
    words += ["timestamp"] * (flags >> 3 & 1) + ["sack-perm"] * (flags >> 2 & 1)
    return " ".join(words)
