"""Traffic control: what tc(8) prints of a dump agrees with what is decoded from its bytes.

The tables name, for each kind, every key of the command's JSON and where its
value is in the message; a key without an entry fails. Where tc(8) of iproute2
6.1 prints broken JSON, its words are compared instead.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from nldissect._internal.engine.message import Message
from nldissect._internal.engine.node import Node
from nldissect._internal.engine.summary import describe
from support.messages import (
    RECORDINGS,
    attr,
    codes,
    covered,
    messages,
    msg,
    nest,
    recording,
    u8,
    u16,
    u32,
)

OURS = ("tc", "tc_qdiscs", "tc_filters", "tc_actions")
TICK = 64e-9


class At:
    """The values below a node (or of a message) by path; None for what is not there."""

    def __init__(self, node: Node | Message) -> None:
        self.node = node

    def __call__(self, path: str) -> Any:
        found = self.node.find(path)
        return None if found is None else found.value

    def word(self, path: str) -> str | None:
        found = self.node.find(path)
        return None if found is None else found.label

    def below(self, path: str) -> list[At]:
        found = self.node.find(path)
        return [] if found is None else [At(child) for child in found.children]


Value = Callable[[At], Any]
Table = dict[str, Value]


def at(path: str, scale: float = 1) -> Value:
    def get(seen: At) -> Any:
        value = seen(path)
        return value * scale if scale != 1 and value is not None else value

    return get


def share(path: str) -> Value:
    return at(path, 1 / 0xFFFFFFFF)


def flag(path: str, bit: int) -> Value:
    return lambda seen: bool(seen(path) & bit)


def word(path: str, words: dict[Any, Any]) -> Value:
    return lambda seen: words[seen(path)]


def red_flags(path: str) -> Table:
    return {
        "ecn": flag(path, 1),
        "harddrop": flag(path, 2),
        "adaptive": flag(path, 4),
        "nodrop": flag(path, 8),
    }


def red(where: str, probability: Value) -> Table:
    return {
        "limit": at(f"{where}.limit"),
        "min": at(f"{where}.qth-min"),
        "max": at(f"{where}.qth-max"),
        "ewma": at(f"{where}.Wlog"),
        "probability": probability,
        "Scell_log": at(f"{where}.Scell-log"),
        **red_flags(f"{where}.flags"),
    }


def nested(path: str, table: Table) -> Value:
    """A JSON object whose keys are looked up below a path."""
    return lambda seen: {key: get(At(seen.node.find(path))) for key, get in table.items()}


def size_text(size: int) -> str:
    return f"{size // 1024}Kb" if size and size % 1024 == 0 else f"{size}b"


def burst(rate: str, rate64: str, ticks: str, log: str) -> Value:
    """Bytes that the buffer's time is good for, as tc(8) works them out."""

    def get(seen: At) -> str:
        micro = int(seen(ticks) * TICK * 1e6)
        size = (seen(rate64) or seen(rate)) * micro // 1_000_000
        return f"{size_text(size)}/{1 << seen(log)}"

    return get


def latency(seen: At) -> int:
    """tc(8) shows the limit of tbf as the time that it takes, in microseconds."""

    def time(rate: int, ticks: int) -> float:
        return 1e6 * (seen("parms.limit") / rate) - ticks * TICK * 1e6

    peak = seen("parms.peakrate.rate")
    longest = time(seen("parms.rate.rate"), seen("parms.buffer"))
    return int(max(longest, time(peak, seen("parms.mtu"))) if peak else longest)


LINK_LAYERS = {0: "unspec", 1: "ethernet", 2: "atm"}
CLOCKS = {11: "TAI"}
LIMIT: Table = {"limit": at("limit")}
PRIO: Table = {"bands": at("bands"), "priomap": at("priomap"), "multiqueue": lambda _: False}
QUEUE_TIMES: Table = {
    "limit": at("limit"), "target": at("target"), "interval": at("interval"),
    "ecn": lambda seen: bool(seen("ecn")), "ce_threshold": at("ce-threshold"),
}  # fmt: skip


def gred_queues(seen: At) -> list[dict[str, Any]]:
    """The virtual queues that exist; RED's own numbers are in the old array."""
    out = []
    for queue in seen.below("vq-list"):
        old = next(p for p in seen.below("parms") if p("DP") == queue("dp"))
        most = seen("max-p")[queue("dp")]
        out.append(
            {
                "vq": queue("dp"),
                "prio": old("prio"),
                "limit": old("limit"),
                "min": old("qth-min"),
                "max": old("qth-max"),
                "ewma": old("Wlog"),
                "probability": most / (1 << 32),
                "Scell_log": old("Scell-log"),
                "qave": old("qave"),
                **{key: get(queue) for key, get in red_flags("flags").items()},
                **{
                    key: queue(f"stat-{key.replace('_', '-')}")
                    for key in (
                        "backlog",
                        "forced_drop",
                        "prob_drop",
                        "pdrop",
                        "forced_mark",
                        "prob_mark",
                        "packets",
                        "bytes",
                    )
                },
                "other": queue("stat-other") or 0,
            }
        )
    return out


def queues_of_classes(seen: At) -> list[list[int]]:
    pairs = zip(seen("offset"), seen("count"), strict=True)
    return [[first, first + count - 1] for first, count in pairs][: seen("num-tc")]


CAKE_WORDS = {
    "diffserv": word("diffserv-mode", {0: "diffserv3", 2: "diffserv8", 3: "besteffort"}),
    "flowmode": word("flow-mode", {0: "flowblind", 5: "dual-srchost", 7: "triple-isolate"}),
    "ack-filter": word("ack-filter", {0: "disabled", 1: "enabled", 2: "aggressive"}),
    "atm": word("atm", {1: "atm", 2: "ptm"}),
}
OPTIONS: dict[str, Table] = {
    "bfifo": LIMIT,
    "pfifo": LIMIT,
    "pfifo_head_drop": LIMIT,
    "skbprio": LIMIT,
    "prio": PRIO,
    "pfifo_fast": PRIO,
    "htb": {
        "r2q": at("init.rate2quantum"),
        "default": lambda seen: f"{seen('init.defcls'):#x}",
        "direct_packets_stat": at("init.direct-pkts"),
        "ver": lambda seen: "{}.{}".format(*divmod(seen("init.version"), 1 << 16)),
        "direct_qlen": at("direct-qlen"),
    },
    "red": {
        **red("parms", at("max-p", 1 / (1 << 32))), **red_flags("TCA_RED_FLAGS.value"),
        "qevents": lambda seen: [
            {"kind": kind, "block": seen(path)}
            for kind, path in (("early_drop", "early-drop-block"), ("mark", "mark-block"))
        ],
    },
    "choke": red("parms", at("max-p", 1 / (1 << 32))),
    "gred": {
        "dp_cnt": at("dps.DPs"), "dp_default": at("dps.def-DP"), "limit": at("limit"),
        "grio": lambda seen: bool(seen("dps.grio")), **red_flags("dps.flags"), "vqs": gred_queues,
    },
    "sfb": {
        "rehash": at("parms.rehash-interval", 1000), "db": at("parms.warmup-time", 1000),
        "limit": at("parms.limit"), "max": at("parms.max"), "target": at("parms.bin-size"),
        "increment": at("parms.increment", 1 / 0xFFFF),
        "decrement": at("parms.decrement", 1 / 0xFFFF),
        "penalty_rate": at("parms.penalty-rate"), "penalty_burst": at("parms.penalty-burst"),
    },
    "tbf": {
        "rate": lambda seen: seen("rate64") or seen("parms.rate.rate"),
        "burst": burst("parms.rate.rate", "rate64", "parms.buffer", "parms.rate.cell-log"),
        "peakrate": at("parms.peakrate.rate"), "lat": latency,
        "mpu": lambda seen: [seen("parms.rate.mpu"), seen("parms.peakrate.mpu")]
        if seen("parms.peakrate.rate") else seen("parms.rate.mpu"),
        "mtu": burst("parms.peakrate.rate", "prate64", "parms.mtu", "parms.peakrate.cell-log"),
        "limit": at("parms.limit"), "overhead": at("parms.rate.overhead"),
        "linklayer": word("parms.rate.linklayer", LINK_LAYERS),
    },
    "sfq": {
        "limit": at("v0.limit"), "quantum": at("v0.quantum"), "depth": at("depth"),
        "headdrop": lambda seen: bool(seen("headdrop")), "flows": at("v0.flows"),
        "divisor": at("v0.divisor"), "perturb": at("v0.perturb-period"), "ewma": at("Wlog"),
        "min": at("qth-min"), "max": at("qth-max"), "probability": at("max-P", 1 / (1 << 32)),
        **red_flags("flags"),
        **{key: at(f"stats.{key.replace('_', '-')}") for key in (
            "prob_mark", "prob_mark_head", "prob_drop", "forced_mark", "forced_mark_head",
            "forced_drop",
        )},
    },
    "netem": {
        "limit": at("limit"), "gap": at("gap"), "ecn": lambda seen: bool(seen("ecn")),
        "delay": lambda seen: {
            "delay": seen("latency64") / 1e9, "jitter": seen("jitter64") / 1e9,
            "correlation": (seen("corr.delay-corr") or 0) / 0xFFFFFFFF,
        },
        "loss-random": lambda seen: {
            "loss": seen("loss") / 0xFFFFFFFF,
            "correlation": seen("corr.loss-corr") / 0xFFFFFFFF,
        },
        "loss-gemodel": nested("TCA_NETEM_LOSS.ge", {
            "p": share("p"), "r": share("r"),
            "1-h": lambda seen: 1 - seen("h") / 0xFFFFFFFF, "1-k": share("k1"),
        }),
        "duplicate": lambda seen: {
            "duplicate": seen("duplicate") / 0xFFFFFFFF,
            "correlation": seen("corr.dup-corr") / 0xFFFFFFFF,
        },
        "reorder": nested("reorder", {
            "reorder": share("probability"), "correlation": share("correlation"),
        }),
        "corrupt": nested("corrupt", {
            "corrupt": share("probability"), "correlation": share("correlation"),
        }),
        "rate": lambda seen: {
            "rate": seen("rate64") or seen("rate.rate"),
            "packetoverhead": seen("rate.packet-overhead"), "cellsize": seen("rate.cell-size"),
            "celloverhead": seen("rate.cell-overhead"),
        },
        "slot": nested("slot", {
            "distribution": at("dist-delay", 1e-9), "jitter": at("dist-jitter", 1e-9),
            "packets": at("max-packets"), "bytes": at("max-bytes"),
        }),
    },
    "cbs": {key: at(f"parms.{key}") for key in
            ("hicredit", "locredit", "sendslope", "idleslope", "offload")},
    "codel": QUEUE_TIMES,
    "fq_codel": {
        **QUEUE_TIMES, "flows": at("flows"), "quantum": at("quantum"),
        "ce_threshold_selector": at("ce-threshold-selector"),
        "ce_threshold_mask": at("ce-threshold-mask"), "memory_limit": at("memory-limit"),
        "drop_batch": at("drop-batch-size"),
    },
    "pie": {
        **{key: at(key) for key in ("limit", "target", "tupdate", "alpha", "beta")},
        **{key: lambda seen, key=key: bool(seen(key.replace("_", "-")))
           for key in ("ecn", "bytemode", "dq_rate_estimator")},
    },
    "cake": {
        **CAKE_WORDS,
        "bandwidth": at("base-rate64"),
        "autorate": lambda seen: "autorate-ingress" if seen("autorate") else None,
        **{key: lambda seen, key=key: bool(seen(key)) for key in ("nat", "wash", "ingress")},
        "split_gso": lambda seen: bool(seen("split-gso")),
        "raw": lambda seen: seen("raw") is not None,
        "rtt": at("rtt"), "overhead": at("overhead"), "mpu": at("mpu"), "memlimit": at("memory"),
        "fwmark": lambda seen: f"{seen('fwmark'):#x}" if seen("fwmark") else "0",
    },
    "hhf": {
        "limit": at("backlog-limit"), "quantum": at("quantum"), "hh_limit": at("hh-flows-limit"),
        "reset_timeout": at("reset-timeout"), "admit_bytes": at("admit-bytes"),
        "evict_timeout": at("evict-timeout"), "non_hh_weight": at("non-hh-weight"),
    },
    "etf": {
        "clockid": word("parms.clockid", CLOCKS), "delta": at("parms.delta"),
        "offload": lambda seen: "on" if seen("parms.flags") & 2 else "off",
        "deadline_mode": lambda seen: "on" if seen("parms.flags") & 1 else "off",
        "skip_sock_check": lambda seen: "on" if seen("parms.flags") & 4 else "off",
    },
    "fq": {
        "limit": at("plimit"), "flow_limit": at("flow-plimit"), "quantum": at("quantum"),
        "buckets": lambda seen: 1 << seen("buckets-log"), "orphan_mask": at("orphan-mask"),
        "initial_quantum": at("initial-quantum"), "maxrate": at("flow-max-rate"),
        "low_rate_threshold": at("low-rate-threshold"), "refill_delay": at("flow-refill-delay"),
        "ce_threshold": at("ce-threshold"), "timer_slack": at("timer-slack"),
        "horizon": at("horizon"), "horizon_cap": lambda _: None,
    },
    "mqprio": {"tc": at("num-tc"), "map": at("prio-tc-map"), "queues": queues_of_classes},
}  # fmt: skip
EMPTY = {"noqueue", "drr", "qfq", "plug", "ingress", "clsact", "teql0", "mq"}

FQ_NAMES = {
    "flows": "flows", "inactive": "inactive-flows", "gc": "gc-flows",
    "highprio": "highprio-packets", "tcp_retrans": "tcp-retrans", "flows_plimit": "flows-plimit",
}  # fmt: skip
TIN_NAMES = {
    "threshold_rate": "threshold-rate64", "sent_bytes": "sent-bytes64", "drops": "dropped-packets",
    "ecn_mark": "ecn-marked-packets", "ack_drops": "acks-dropped-packets",
    "max_pkt_len": "max-skblen",
}  # fmt: skip


def tins(seen: At) -> list[dict[str, Any]]:
    same = (
        "backlog-bytes target-us interval-us peak-delay-us avg-delay-us base-delay-us sent-packets"
        " way-indirect-hits way-misses way-collisions sparse-flows bulk-flows unresponsive-flows"
        " flow-quantum"
    )
    names = {**TIN_NAMES, **{name.replace("-", "_"): name for name in same.split()}}
    return [{key: tin(name) for key, name in names.items()} for tin in seen.below("tin-stats")]


STATISTICS: dict[str, Table] = {
    "red": {key: at(key) for key in ("marked", "early", "pdrop", "other")},
    "choke": {key: at(key) for key in ("marked", "early", "pdrop", "other", "matched")},
    "sfb": {
        **{key: at(key) for key in ("earlydrop", "penaltydrop", "bucketdrop", "queuedrop",
                                    "childdrop", "marked", "maxqlen")},
        "maxprob": at("maxprob", 1 / 0xFFFF), "avgprob": at("avgprob", 1 / 0xFFFF),
    },
    "codel": {key: at(key.replace("_", "-")) for key in (
        "count", "lastcount", "ldelay", "drop_next", "maxpacket", "ecn_mark", "drop_overlimit")},
    "fq_codel": {key: at(key.replace("_", "-")) for key in (
        "maxpacket", "drop_overlimit", "new_flow_count", "ecn_mark", "new_flows_len",
        "old_flows_len")} | {"memory_used": at("memory-usage")},
    "pie": {"pkts_in": at("packets-in"), **{key: at(key.replace("_", "-")) for key in (
        "prob", "delay", "avg_dq_rate", "overlimit", "dropped", "maxq", "ecn_mark")}},
    "hhf": {"drop_overlimit": at("drop-overlimit"), "hh_overlimit": at("hh-overlimit"),
            "tot_hh": at("hh-tot-count"), "cur_hh": at("hh-cur-count")},
    "fq": {
        **{key: at(name) for key, name in FQ_NAMES.items()},
        "throttled": lambda seen: [seen("throttled-flows"), seen("throttled")],
    },
    "cake": {
        "memory_used": at("memory-used"), "memory_limit": at("memory-limit"),
        "capacity_estimate": at("capacity-estimate64"), "avg_hdr_offset": at("avg-netoff"),
        "min_network_size": at("min-netlen"), "max_network_size": at("max-netlen"),
        "min_adj_size": at("min-adjlen"), "max_adj_size": at("max-adjlen"), "tins": tins,
    },
}  # fmt: skip
STATS2: Table = {
    "bytes": at("basic.bytes"), "packets": at("basic.packets"), "drops": at("queue.drops"),
    "overlimits": at("queue.overlimits"), "requeues": at("queue.requeues"),
    "backlog": at("queue.backlog"), "qlen": at("queue.qlen"), "rate": at("rate-est.bps"),
    "pps": at("rate-est.pps"),
}  # fmt: skip


# -- the command's output -------------------------------------------------------------


def elements(text: str) -> Iterator[str]:
    """The objects of a JSON array as text, also where they are no JSON."""
    depth, quoted, start = 0, False, 0
    for pos, char in enumerate(text):
        if char == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif char == "{":
            depth += 1
            if depth == 1:
                start = pos
        elif char == "}":
            depth -= 1
            if depth == 0:
                yield text[start : pos + 1]


def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; the values of a repeated key become a list, as u32 has several `match`."""
    out: dict[str, Any] = {}
    for key, value in found:
        out[key] = [*out[key], value] if key in out else [value]
    return {key: values[0] if len(values) == 1 else values for key, values in out.items()}


def objects(name: str, what: str) -> list[dict[str, Any] | str]:
    """What a command printed: objects, or their text where it is broken."""
    text = (RECORDINGS / f"{name}.{what}.json").read_text()
    inner = text.find('"actions":[{"order":0')
    text = text[inner + len('"actions":') :] if inner >= 0 else text.strip()[1:-1]
    out: list[dict[str, Any] | str] = []
    for element in elements(text):
        try:
            out.append(json.loads(element, object_pairs_hook=pairs))
        except ValueError:
            out.append(element)
    return out


def dumps(name: str, request: str) -> list[list[Message]]:
    """The kernel's answers to each dump of this operation in a recording."""
    seen = recording(name)
    out = []
    for start, asked in enumerate(seen):
        if asked.operation is None or asked.operation.name != request:
            continue
        if asked.to_kernel and asked.flags & 0x300 == 0x300:
            rest = itertools.takewhile(lambda m: m.type != 3, seen[start + 1 :])
            answers = [m for m in rest if m.seq == asked.seq and m.type >= 16]
            out.append([m for m in answers if m.operation and m.operation.request_class != 2])
    return out


def same(found: Any, told: Any) -> bool:
    """Whether two values agree, fractions to the six digits that tc(8) prints."""
    if isinstance(told, dict) and isinstance(found, dict):
        return all(same(found.get(key), value) for key, value in told.items())
    if isinstance(told, list) and isinstance(found, list):
        return len(told) == len(found) and all(map(same, found, told))
    if isinstance(told, float) or isinstance(found, float):
        return found is not None and told == pytest.approx(found, rel=2e-5, abs=1e-9)
    return type(found) is type(told) and found == told


def check(told: dict[str, Any], table: Table, seen: At, where: str) -> list[str]:
    """Every key that has no entry or another value."""
    out = []
    for key, value in told.items():
        if key not in table:
            out.append(f"{where}: {key!r} has no entry")
        elif not same(table[key](seen), value):
            out.append(f"{where}: {key} is {value!r}, decoded {table[key](seen)!r}")
    return out


def handle(value: int) -> str:
    return f"{value >> 16:x}:{value & 0xFFFF:x}" if value & 0xFFFF else f"{value >> 16:x}:"


# -- qdiscs -------------------------------------------------------------------------

# tc(8) 6.1 writes these into the JSON as plain text.
QDISC_WORDS: dict[str, Value] = {
    "hfsc": lambda seen: f"default {seen('defcls'):x} ",
    "multiq": lambda seen: f"bands {seen('bands')}/{seen('max-bands')} ",
    "taprio": lambda seen: ",".join(
        f'{{"index":{e("index")},"cmd":"S","gatemask":"{e("gate-mask"):#x}",'
        f'"interval":{e("interval")}}}'
        for e in seen.below("sched-entry-list")
    ),
}
STAB: Table = {
    "linklayer": word("stab.base.linklayer", LINK_LAYERS), "overhead": at("stab.base.overhead"),
    "mpu": at("stab.base.mpu"), "mtu": at("stab.base.mtu"), "tsize": at("stab.base.tsize"),
}  # fmt: skip


def qdisc_table(message: Message) -> Table:
    """Where the keys outside `options` are."""
    parent = At(message)("tcm-parent")
    return {
        "kind": at("kind"),
        "handle": lambda seen: handle(seen("tcm-handle")),
        "dev": lambda seen: seen.word("tcm-ifindex"),
        "root": lambda _: parent == 0xFFFFFFFF,
        "parent": lambda _: handle(parent),
        "refcnt": at("tcm-info"),
        "ingress_block": at("ingress-block"),
        "egress_block": at("egress-block"),
        "stab": lambda seen: {key: get(seen) for key, get in STAB.items()},
        **{
            key: lambda seen, get=get: get(At(seen.node.find("stats2")))
            for key, get in STATS2.items()
        },
    }


def qdisc_faults(told: dict[str, Any], message: Message) -> list[str]:
    kind = told["kind"]
    where = f"{kind} {told['handle']}"
    table = qdisc_table(message)
    application = message.find("stats2.app")
    for key, get in STATISTICS.get(kind, {}).items():
        assert application is not None, f"{where} has no statistics of its own"
        table[key] = lambda _, get=get: get(At(application))
    out = check({k: v for k, v in told.items() if k != "options"}, table, At(message), where)
    if kind in EMPTY:
        return out + ([f"{where}: options"] if told["options"] else [])
    options = message.find("options")
    assert options is not None, f"{where} has no options"
    return out + check(told["options"], OPTIONS[kind], At(options), where)


def test_qdiscs_are_what_tc_prints():
    told = objects("tc_qdiscs", "qdisc")
    answers = [dump for dump in dumps("tc_qdiscs", "getqdisc") if len(dump) == len(told)][-1]
    faults, words, kinds = [], set(), set()
    for one, message in zip(told, answers, strict=True):
        kind = message.find("kind").value
        kinds.add(kind)
        if isinstance(one, dict):
            faults += qdisc_faults(one, message)
        else:
            words.add(kind)
            assert QDISC_WORDS[kind](At(message.find("options"))) in one
    assert not faults, "\n".join(faults)
    assert words == set(QDISC_WORDS)
    assert len(kinds) == 34


CLASS_LINE = re.compile(
    r"^class (\S+) (\S+) (root|parent \S+)(?: leaf (\S+))?(.*)"
    r"(?:\n (?:Sent (\d+) bytes (\d+) pkt )?"
    r"\(dropped (\d+), overlimits (\d+) requeues (\d+)\))?",
    re.MULTILINE,
)
RATE = re.compile(r"(rate|ceil) (\d+)([KMG]?)bit")
UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9}


def rates(message: Message) -> dict[str, int]:
    seen = At(message)
    return {
        name: 8 * (seen(f"options.{name}64") or seen(f"options.parms.{name}.rate"))
        for name in ("rate", "ceil")
    }


@pytest.mark.parametrize(
    ("which", "least"),
    [("basket", 22), ("basket parent 18:", 3), ("basket parent 1a:", 1), ("sack", 9),
     ("sack parent 34:", 1), ("mqprio", 7)],
)  # fmt: skip
def test_classes_are_what_tc_prints(which, least):
    text = (RECORDINGS / "tc_qdiscs.txt").read_text()
    text = text.partition(f"$ tc -s -d class show dev {which}\n")[2].partition("\n$")[0]
    told = list(CLASS_LINE.finditer(text))
    answers = next(dump for asked, dump in class_dumps() if asked == which)
    assert len(told) == len(answers) >= least
    for match, message in zip(told, answers, strict=True):
        seen = At(message)
        kind, name, parent, leaf, rest, *counts = match.groups()
        assert seen("kind") == kind
        assert seen.word("tcm-handle") == name
        assert seen.word("tcm-parent") == parent.removeprefix("parent ")
        assert (seen.word("tcm-info") or None) == leaf
        stats = At(message.find("stats2"))
        keys = ("bytes", "packets", "drops", "overlimits", "requeues")
        found = [STATS2[key](stats) for key in keys]
        assert [None if n is None else str(n) for n in found] == counts
        if kind == "htb":
            numbers = {k: int(n) * UNITS[unit] for k, n, unit in RATE.findall(rest)}
            assert numbers == rates(message)


def class_dumps() -> Iterator[tuple[str, list[Message]]]:
    """Each dump of classes, with what `tc class show dev` was asked for."""
    seen = recording("tc_qdiscs")
    requests = [m for m in seen if m.operation and m.operation.name == "gettclass"]
    for request, dump in zip(requests, dumps("tc_qdiscs", "gettclass"), strict=True):
        seen = At(request)
        parent = seen.word("tcm-parent")
        yield f"{seen.word('tcm-ifindex')}{f' parent {parent}' if parent else ''}", dump


def test_statistics_of_classes_are_read_by_kind():
    """fq_codel's are a union that says itself which one it is."""
    seen = [m for dump in dumps("tc_qdiscs", "gettclass") for m in dump]
    found = {}
    for message in seen:
        application = message.find("stats2.app")
        if application is not None:
            found[message.find("kind").value] = [n.name for n in application.children]
    assert found["htb"] == ["lends", "borrows", "giants", "tokens", "ctokens"]
    assert found["hfsc"] == ["work", "rtwork", "period", "level"]
    assert found["drr"] == ["deficit"]
    assert found["qfq"] == ["weight", "lmax"]
    assert found["sfq"] == ["allot"]
    assert found["fq_codel"][:3] == ["type", "deficit", "ldelay"]
    assert "deficit" in found["cake"]


# -- filters and actions ---------------------------------------------------------------

VERDICTS = {
    -1: "continue", 0: "pass", 1: "reclassify", 2: "drop", 3: "pipe", 4: "stolen", 8: "trap",
}  # fmt: skip
PROTOCOLS = {
    0x0003: "all", 0x0800: "ip", 0x86DD: "ipv6", 0x0806: "arp", 0x8100: "802.1Q",
    0x88A8: "802.1ad", 0x8847: "mpls_uc", 0x8864: "ppp_ses",
}  # fmt: skip


def verdict(path: str) -> Value:
    def get(seen: At) -> dict[str, Any]:
        value = seen(path)
        if value >> 28 == 1:
            return {"type": "jump", "jump": value & 0xFFFFFFF}
        if value >> 28 == 2:
            return {"type": "goto", "chain": value & 0xFFFFFFF}
        return {"type": VERDICTS[value]}

    return get


def geneve(path: str) -> Value:
    """The options of Geneve lie one after the other in one nest."""

    def get(seen: At) -> list[dict[str, Any]]:
        values = [child.node.value for child in seen.below(path)]
        return [
            {"class": a, "type": b, "data": list(c)}
            for a, b, c in zip(*[iter(values)] * 3, strict=True)
        ]

    return get


def one_option(path: str, *names: str) -> Value:
    return lambda seen: [{name: seen(f"{path}.{name}") or 0 for name in names}]


def instructions(seen: At) -> dict[str, Any]:
    return {
        "length": seen("ops-len"),
        "insns": [{k: i(k) for k in ("code", "jt", "jf", "k")} for i in seen.below("ops")],
    }


def pedit(seen: At) -> list[dict[str, Any]]:
    extended = seen.below("keys-ex")
    keys = seen.below("parms-ex.keys") or seen.below("parms.keys")
    types = ("network", "eth", "ipv4", "ipv6", "tcp", "udp")
    out = []
    for number, key in enumerate(keys):
        kind = extended[number]("htype") if extended else 0
        command = extended[number]("cmd") if extended else 0
        out.append(
            {
                "htype": types[kind],
                "offset": key("off"),
                "cmd": ("set", "add")[command],
                "val": f"{key('val'):x}",
                "mask": f"{key('mask'):x}",
            }
        )
    return out


def nat_words(seen: At) -> str:
    bits = seen("action")
    low = seen("nat-ipv4-min") or seen("nat-ipv6-min")
    high = seen("nat-ipv4-max") or seen("nat-ipv6-max")
    out = f"{'src' if bits & 16 else 'dst'} addr {low}" + (f"-{high}" if high != low else "")
    if seen("nat-port-min"):
        out += f" port {seen('nat-port-min')}-{seen('nat-port-max')}"
    return out


TUNNEL_ENDS: Table = {
    "src_ip": lambda seen: seen("enc-ipv4-src") or seen("enc-ipv6-src"),
    "dst_ip": lambda seen: seen("enc-ipv4-dst") or seen("enc-ipv6-dst"),
}
IFE_PLACES = ("mark", "tcindex", "prio")


def ife_meta(name: str) -> Value:
    def get(seen: At) -> Any:
        value = seen(f"metalst.{'skbmark' if name == 'mark' else name}")
        return "allow" if value is True else value

    return get


ACTIONS: dict[str, Table] = {
    "gact": {"prob": lambda seen: {
        "random_type": ("none", "netrand", "determ")[seen("prob.ptype") or 0],
        "control_action": verdict("prob.paction")(seen) if seen("prob.ptype") else {"type": "pass"},
        "val": seen("prob.pval") or 0,
    }},
    "police": {
        "control_action": lambda seen: verdict("tbf.action")(seen) if seen("result") is None
        else [verdict("tbf.action")(seen), verdict("result")(seen)],
        "overhead": at("tbf.rate.overhead"), "linklayer": word("tbf.rate.linklayer", LINK_LAYERS),
        "pkts_rate": at("pktrate64"),
        "pkts_burst": lambda seen: round(seen("pktburst64") * TICK * seen("pktrate64")),
    },
    "mirred": {
        "mirred_action": lambda seen: "mirror" if seen("parms.eaction") in (2, 4) else "redirect",
        "direction": lambda seen: "egress" if seen("parms.eaction") < 3 else "ingress",
        "to_dev": lambda seen: seen.word("parms.ifindex"),
    },
    "pedit": {"nkeys": lambda seen: seen("parms-ex.nkeys") or seen("parms.nkeys"), "keys": pedit},
    "nat": {
        "type": lambda _: "nat",
        "direction": lambda seen: "egress" if seen("parms.flags") & 1 else "ingress",
        # tc(8) counts the bits of the mask wrongly: always 32.
        "old_addr": lambda seen: f"{seen('parms.old-addr')}/32", "new_addr": at("parms.new-addr"),
    },
    "skbedit": {
        "queue_mapping": at("queue-mapping"), "priority": lambda seen: seen.word("priority"),
        "mark": at("mark"), "mask": lambda seen: f"{seen('mask'):x}",
        "ptype": lambda seen: seen.word("ptype"), "inheritdsfield": lambda _: None,
    },
    "vlan": {
        "vlan_action": lambda seen: seen.word("parms.v-action").replace("-", "_"),
        "id": at("push-vlan-id"), "priority": at("push-vlan-priority"),
        "protocol": lambda seen: PROTOCOLS[seen("push-vlan-protocol")],
        "dst_mac": at("push-eth-dst"), "src_mac": at("push-eth-src"),
    },
    "mpls": {
        "mpls_action": lambda seen: seen.word("parms.m-action").replace("-", "_"),
        "protocol": lambda seen: PROTOCOLS[seen("proto")],
        **{key: at(key) for key in ("label", "tc", "bos", "ttl")},
    },
    "csum": {"csum": lambda seen: ", ".join(
        ["iph", *seen.word("parms.update-flags").split("|")[1:]])},
    "ct": {
        "action": lambda seen: " ".join(
            w for w in seen.word("action").split("|") if not w.startswith("nat")),
        "mark": at("mark"), "mark_mask": lambda seen: f"{seen('mark-mask'):x}",
        "label": lambda seen: seen("labels").hex(), "nat": nat_words,
    },
    "ctinfo": {
        "zone": at("zone"), "dscpmask": lambda seen: f"{seen('parms-dscp-mask'):#x}",
        "dscpstatemask": lambda seen: f"{seen('parms-dscp-statemask'):#x}",
        "cpmark": lambda seen: f"{seen('parms-cpmark-mask'):#x}",
        "dscpset": at("stats-dscp-set"), "dscperror": at("stats-dscp-error"),
        "cpmarkset": at("stats-cpmark-set"),
    },
    "connmark": {"zone": at("parms.zone")},
    "tunnel_key": {
        **TUNNEL_ENDS,
        "mode": lambda seen: {"set": "set", "release": "unset"}[seen.word("parms.t-action")],
        "key_id": at("enc-key-id"), "dst_port": at("enc-dst-port"),
        "flag": lambda seen: "nocsum" if seen("no-csum") else "csum",
        "tos": at("enc-tos"), "ttl": at("enc-ttl"), "geneve_opts": geneve("enc-opts.geneve"),
        "vxlan_opts": one_option("enc-opts.vxlan", "gbp"),
        "erspan_opts": one_option("enc-opts.erspan", "ver", "index", "dir", "hwid"),
    },
    "ife": {
        "mode": lambda seen: seen.word("parms.flags"), "dst": at("dmac"), "src": at("smac"),
        "type": lambda seen: f"{seen('TCA_IFE_TYPE'):#x}" if seen("TCA_IFE_TYPE") else "0",
        **{name: ife_meta(name) for name in IFE_PLACES},
    },
    "sample": {"rate": at("rate"), "group": at("psample-group"), "trunc_size": at("trunc-size")},
    "bpf": {"bytecode": instructions},
}  # fmt: skip
ACTION_WORDS: dict[str, Value] = {
    "simple": lambda seen: f"Simple <{seen('data')}>",
    "skbmod": lambda seen: (
        f"set dmac {seen('dmac')} set smac {seen('smac')}" if seen("dmac")
        else "swap mac" if seen("parms.flags") & 8 else "ecn"
    ),
}  # fmt: skip


def action_faults(told: dict[str, Any], entry: Node) -> list[str]:
    kind = told.get("kind", told.get("type"))
    where = f"{kind} {told['index']}"
    options = entry.find("options")
    assert options is not None
    seen = At(options)
    head = next(p for p in ("parms-ex", "parms", "tbf", "act") if options.find(p) is not None)
    stats = entry.find("TCA_ACT_STATS")
    table: Table = {
        "order": lambda _: told["order"],
        "kind": lambda _: At(entry)("kind"),
        "control_action": verdict(f"{head}.action"),
        "index": at(f"{head}.index"),
        "ref": at(f"{head}.refcnt"),
        "bind": at(f"{head}.bindcnt"),
        "installed": lambda _: seen("tm.install") // 100,
        "last_used": lambda _: seen("tm.lastuse") // 100,
        "first_used": lambda _: seen("tm.firstuse") // 100,
        "stats": lambda _: {key: get(At(stats)) for key, get in STATS2.items()},
        "cookie": lambda _: At(entry)("cookie").hex(),
        "not_in_hw": lambda _: At(entry)("in-hw-count") == 0,
        "skip_hw": lambda _: bool(At(entry)("TCA_ACT_FLAGS.value") & 2),
        "hw_stats": lambda _: ["disabled"] if At(entry)("hw-stats.value") == 0 else ["immediate"],
        "no_percpu": lambda _: bool(At(entry)("TCA_ACT_FLAGS.value") & 1),
        "used_hw_stats": lambda _: [],
        **ACTIONS[kind],
    }
    return check(told, table, seen, where)


KINDS = tuple(sorted({*ACTIONS, *ACTION_WORDS}))


@pytest.mark.parametrize("kind", KINDS)
def test_actions_are_what_tc_prints(kind):
    told = objects("tc_actions", kind)
    answers = next(
        dump
        for dump in dumps("tc_actions", "getaction")
        if dump and dump[0].find("tab.kind").value == kind
    )
    entries = [entry for message in answers for entry in message.find("tab").children]
    assert len(told) == len(entries) > 0
    faults = []
    for one, entry in zip(told, entries, strict=True):
        if isinstance(one, dict):
            faults += action_faults(one, entry)
        else:
            assert ACTION_WORDS[kind](At(entry.find("options"))) in one
    assert not faults, "\n".join(faults)


FLOWER_SHORT = {
    "dst_mac": "key-eth-dst", "src_mac": "key-eth-src", "enc_dst_ip": "key-enc-ipv4-dst",
    "enc_src_ip": "key-enc-ipv4-src", "enc_dst_port": "key-enc-udp-dst-port",
    "enc_tos": "key-enc-ip-tos", "enc_ttl": "key-enc-ip-ttl", "ct_label": "key-ct-labels",
}  # fmt: skip


# Keys of flower as tc(8) names them, by the way in which it prints them.
BY_PREFIX = {
    "eth-dst": "dst_mac", "eth-src": "src_mac", "arp-sip": "arp_sip", "arp-tip": "arp_tip",
    "arp-sha": "arp_sha", "arp-tha": "arp_tha", "ipv4-dst": "dst_ip", "ipv4-src": "src_ip",
    "ipv6-dst": "dst_ip", "ipv6-src": "src_ip", "enc-ipv4-dst": "enc_dst_ip",
    "enc-ipv4-src": "enc_src_ip", "enc-ipv6-dst": "enc_dst_ip", "enc-ipv6-src": "enc_src_ip",
}  # fmt: skip
WITH_MASK = {
    "tcp-src": "src_port", "tcp-dst": "dst_port", "udp-src": "src_port", "udp-dst": "dst_port",
    "sctp-src": "src_port", "sctp-dst": "dst_port", "ip-tos": "ip_tos", "ip-ttl": "ip_ttl",
    "ct-mark": "ct_mark", "enc-ip-tos": "enc_tos", "enc-ip-ttl": "enc_ttl",
}  # fmt: skip
AS_SHOWN: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "vlan-id": ("vlan_id", int), "vlan-prio": ("vlan_prio", int), "cvlan-id": ("cvlan_id", int),
    "cvlan-prio": ("cvlan_prio", int), "num-of-vlans": ("num_of_vlans", int),
    "pppoe-sid": ("pppoe_sid", int), "enc-key-id": ("enc_key_id", int),
    "mpls-label": ("mpls_label", int), "enc-udp-dst-port": ("enc_dst_port", int),
    "mpls-tc": ("mpls_tc", str), "mpls-bos": ("mpls_bos", str), "mpls-ttl": ("mpls_ttl", str),
    "vlan-eth-type": ("vlan_ethtype", lambda value: PROTOCOLS[value]),
    "cvlan-eth-type": ("cvlan_ethtype", lambda value: PROTOCOLS[value]),
    "eth-type": ("eth_type", {0x0800: "ipv4", 0x86DD: "ipv6", 0x0806: "arp", 0x8847: "8847"}.get),
    "ppp-proto": ("ppp_proto", {0x21: "ip"}.get), "arp-op": ("arp_op", {1: "request"}.get),
}  # fmt: skip


def flower_words(seen: At) -> dict[str, Any]:
    """All keys of a filter, as tc(8) would print them."""
    out: dict[str, Any] = {}
    values = {n.name.removeprefix("key-"): n for n in seen.node.children}

    def value(name: str) -> Any:
        return values[name].value if name in values else None

    for name in values.keys() & BY_PREFIX.keys():
        mask = values[f"{name}-mask"]
        bits = int.from_bytes(mask.bytes, "big").bit_count()
        whole = bits == 8 * len(mask.bytes)
        out[BY_PREFIX[name]] = value(name) if whole else f"{value(name)}/{bits}"
    for name in values.keys() & WITH_MASK.keys():
        out[WITH_MASK[name]] = value(name)
        masked(out, WITH_MASK[name], values.get(f"{name}-mask"))
    for name in values.keys() & AS_SHOWN.keys():
        key, shown = AS_SHOWN[name]
        out[key] = shown(value(name))
    if "ip-proto" in values:
        out["ip_proto"] = values["ip-proto"].label
    if "tcp-flags" in values:
        out["tcp_flags"] = f"{value('tcp-flags'):#x}/{value('tcp-flags-mask'):x}"
    for side in ("src", "dst"):
        if f"port-{side}-min" in values:
            ends = {"start": value(f"port-{side}-min"), "end": value(f"port-{side}-max")}
            out[f"{side}_port"] = ends
    for name in values.keys() & {"icmpv4-type", "icmpv4-code", "icmpv6-type", "icmpv6-code"}:
        mask = value(f"{name}-mask")
        shown = str(value(name)) + (f"/{mask}" if mask != 255 else "")
        out[f"icmp_{name.partition('-')[2]}"] = shown
    return out | flower_bits(seen, values)


def flower_bits(seen: At, values: dict[str, Node]) -> dict[str, Any]:
    """The keys of which tc(8) prints bit by bit."""
    out: dict[str, Any] = {}

    def value(name: str) -> Any:
        return values[name].value if name in values else None

    if "flags" in values and "flags-mask" in values:
        bits, mask = At(seen.node)("TCA_FLOWER_KEY_FLAGS"), value("flags-mask")
        names = (("frag", 1), ("firstfrag", 2))
        out["ip_flags"] = {name: bool(bits & bit) for name, bit in names if mask & bit}
    if "ct-state" in values:
        bits, mask = value("ct-state"), value("ct-state-mask")
        out["ct_state"] = "".join(
            ("+" if bits & bit else "-") + name
            for bit, name in ((8, "trk"), (1, "new"), (2, "est"))
            if mask & bit
        )
    if "ct-labels" in values:
        out["ct_label"] = f"{value('ct-labels').hex()}/{value('ct-labels-mask').hex()}"
    if "mpls-opts" in values:
        out["mpls"] = [
            {child.name: child.value for child in entry.node.children}
            for entry in seen.below("key-mpls-opts")
        ]
    for name, suffix in (("key-enc-opts", "key"), ("key-enc-opts-mask", "mask")):
        if seen.node.find(f"{name}.geneve") is not None:
            out[f"geneve_opt_{suffix}"] = geneve(f"{name}.geneve")(seen)
        if seen.node.find(f"{name}.vxlan") is not None:
            out[f"vxlan_opt_{suffix}"] = one_option(f"{name}.vxlan", "gbp")(seen)
        if seen.node.find(f"{name}.erspan") is not None:
            parts = ("ver", "index", "dir", "hwid")
            out[f"erspan_opt_{suffix}"] = one_option(f"{name}.erspan", *parts)(seen)
    return out


def masked(out: dict[str, Any], key: str, mask: Node | None) -> None:
    """tc(8) prints a mask beside the value when it does not take all bits."""
    if mask is not None and mask.value != (1 << 8 * len(mask.bytes)) - 1:
        out[f"{key}_mask"] = f"{mask.value:x}"


def u32_table(message: Message) -> Table:
    """Where the keys of the u32 filter's options are."""
    options = message.find("options")
    keys = At(options).below("sel.keys") if options is not None else []
    matches = [
        {"value": f"{k('val'):x}", "mask": f"{k('mask'):x}", "offmask": "", "off": k("off")}
        for k in keys
    ]
    hits = At(options)("pcnt.rcnt"), At(options)("pcnt.kcnts")
    return {
        "fh": lambda _: At(message).word("tcm-handle"),
        "ht_divisor": at("divisor"),
        "order": lambda _: At(message)("tcm-handle") & 0xFFF,
        "key_ht": lambda seen: f"{seen('TCA_U32_HASH') >> 20:x}",
        "bkt": lambda seen: f"{seen('TCA_U32_HASH') >> 12 & 0xFF:x}",
        "flowid": lambda seen: seen.word("classid"),
        "link": lambda seen: seen.word("TCA_U32_LINK"),
        "not_in_hw": flag("TCA_U32_FLAGS", 8),
        "skip_hw": flag("TCA_U32_FLAGS", 1),
        "rule_hit": lambda _: hits[0],
        "success": lambda seen: [seen("pcnt.rhit"), *hits[1]],
        "fwmark_value": lambda seen: f"{seen('mark.val'):#x}",
        "fwmark_mask": lambda seen: f"{seen('mark.mask'):#x}",
        "fwmark_success": at("mark.success"),
        "match": lambda _: matches if len(matches) > 1 else matches[0],
        "input_dev": at("indev"),
        "offset_mask": lambda seen: f"{seen('sel.offmask'):x}",
        "offset_shift": at("sel.offshift"),
        "offset_off": at("sel.offoff"),
        "hash_mask": lambda seen: f"{seen('sel.hmask'):x}",
        "hash_off": at("sel.hoff"),
    }


FILTERS: dict[str, Table] = {
    "matchall": {"rule_hit": at("pcnt.rhit"), "flowid": lambda seen: seen.word("classid"),
                 "skip_hw": flag("TCA_MATCHALL_FLAGS", 1),
                 "not_in_hw": flag("TCA_MATCHALL_FLAGS", 8)},
    "bpf": {"flowid": lambda seen: seen.word("classid"), "bytecode": instructions,
            "direct-action": flag("TCA_BPF_FLAGS", 1), "skip_hw": flag("flags-gen", 1),
            "not_in_hw": flag("flags-gen", 8)},
    "flower": {"classid": lambda seen: seen.word("classid"), "indev": at("indev"),
               "keys": flower_words, "skip_hw": flag("TCA_FLOWER_FLAGS", 1),
               "not_in_hw": flag("TCA_FLOWER_FLAGS", 8)},
}  # fmt: skip
# What tc(8) writes into the JSON as plain text.
FILTER_WORDS: dict[str, Value] = {
    "fw": lambda seen: (
        f"/{seen('mask'):#x} classid {seen.word('classid')} input dev {seen('indev')} "
    ),
    "route": lambda seen: (
        f"flowid {seen.word('classid')} to {seen('to')} from"
        + (f" {seen('from')} " if seen("from") is not None else f"if {seen.word('iif')}")
    ),
    "flow": lambda seen: f"keys {seen.word('keys').replace('|', ',').replace('sku', 'sk-u')} ",
    "cgroup": lambda seen: "u32({val:08x}/{mask:08x} at {off})".format(
        **{n.name: n.value for n in seen.node.find("ematches.list.tc-u32-key").children}
    ),
    "basic": lambda seen: f'"flowid":"{seen.word("classid")}"' if seen("classid") else "nbyte(",
    "u32": lambda seen: (
        '"offset_mask":"{:x}","offset_shift":{},"offset_off":{}'.format(
            seen("sel.offmask"), seen("sel.offshift"), seen("sel.offoff")
        )
        if seen("police") is None and seen("sel.offmask")
        else (
            f'"kind":"police","index":{seen("police.tbf.index")},"control_action":{{"type":"drop"}}'
        )
    ),
}


PREF_AND_KIND = re.compile(r'"pref":(\d+),"kind":"(\w+)"')


def filter_faults(told: dict[str, Any], message: Message) -> list[str]:
    seen, kind = At(message), told["kind"]
    where = f"{kind} pref {told.get('pref')}"
    info = seen("tcm-info")
    protocol = (info & 0xFF) << 8 | info >> 8 & 0xFF
    table: Table = {
        "parent": lambda _: handle(seen("tcm-parent")),
        "protocol": lambda _: PROTOCOLS[protocol],
        "pref": lambda _: info >> 16,
        "kind": at("kind"),
        "chain": at("chain"),
    }
    out = check({k: v for k, v in told.items() if k != "options"}, table, seen, where)
    if "options" not in told:
        return out
    options = message.find("options")
    assert options is not None
    number = seen("tcm-handle")
    actions = [n for child in options.children if child.name == "act" for n in child.children]
    rest = {k: v for k, v in told["options"].items() if k != "actions" and "    offset" not in k}
    rest.pop(" eat ", None)
    table = (
        u32_table(message)
        if kind == "u32"
        else {
            "handle": lambda _: f"{number:#x}" if kind == "bpf" else number,
            "hw_tc": lambda seen: (
                (seen.node.message.find("options.classid").value & 0xFFFF) - 0xFFE0
            ),
            **FILTERS[kind],
        }
    )
    out += check(rest, table, At(options), where)
    for one, entry in zip(told["options"].get("actions", []), actions, strict=True):
        out += action_faults(one, entry)
    return out


@pytest.mark.parametrize(
    ("name", "what", "count", "broken"),
    [
        ("tc_filters", "root", 29, {"u32", "fw", "route", "flow", "cgroup", "basic"}),
        ("tc_filters", "ingress", 29, set()),
        ("tc_filters", "egress", 2, set()),
        ("tc_filters", "tunnel", 12, set()),
        ("tc_filters", "block", 2, set()),
        ("tc_actions", "filter", 6, set()),
    ],
)
def test_filters_are_what_tc_prints(name, what, count, broken):
    told = objects(name, what)
    assert len(told) == count
    wanted = [
        (t["pref"], t["kind"])
        if isinstance(t, dict)
        else (int(PREF_AND_KIND.search(t)[1]), PREF_AND_KIND.search(t)[2])
        for t in told
    ]
    answers = [
        dump
        for dump in dumps(name, "gettfilter")
        if [(At(m)("tcm-info") >> 16, At(m)("kind")) for m in dump] == wanted
    ][-1]
    faults, words = [], set()
    for one, message in zip(told, answers, strict=True):
        if isinstance(one, dict):
            faults += filter_faults(one, message)
        else:
            kind = message.find("kind").value
            words.add(kind)
            assert FILTER_WORDS[kind](At(message.find("options"))) in one
    assert not faults, "\n".join(faults)
    assert words == broken


# -- whole recordings ------------------------------------------------------------------

# tc(8) sends the text of action simple in a buffer of 32 bytes that it did not clear.
ON_PURPOSE = {"string-after-nul"}


@pytest.mark.parametrize("name", OURS)
def test_every_attribute_has_a_name_and_fits(name):
    for message in recording(name):
        assert covered(message)
        for node in message.walk():
            assert node.kind != "unknown", f"{message.number}: {node.path}"
        wrong = {d.code for d in message.diagnoses if d.severity != "note"} - ON_PURPOSE
        assert not wrong, f"{message.number}: {wrong}"
        assert "failed" not in describe(message).partition("for ")[0], message.number


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("tc_qdiscs", "newqdisc basket parent 1:7 17: htb default 30 r2q 5 direct-qlen 500"),
        (
            "tc_qdiscs",
            "newtclass dev basket parent 17:1 17:30 htb rate 500Kbit ceil 1Mbit prio 3 "
            "burst 15Kb cburst 20Kb overhead 4 mpu 64 linklayer atm quantum 1600",
        ),
        (
            "tc_qdiscs",
            "newqdisc adsl root 9: tbf rate 1Mbit limit 13870b "
            "peakrate 2Mbit burst 5Kb minburst 1540b",
        ),
        ("tc_qdiscs", "newqdisc clsact ffff: clsact ingress_block 21 egress_block 22"),
        (
            "tc_qdiscs",
            "newqdisc crate parent 2:2 22: codel limit 1000 target 4ms "
            "interval 80ms ce_threshold 1ms ecn 1",
        ),
        (
            "tc_qdiscs",
            "newqdisc lossy root a: netem limit 500 delay 100ms jitter 10ms correlation 25% "
            "loss 0.3% correlation 25% duplicate 1% correlation 5% reorder 25% correlation 50% "
            "corrupt 0.1% correlation 2% gap 5 rate 1Mbit packet-overhead 20 cell-size 100 "
            "cell-overhead 5",
        ),
        (
            "tc_filters",
            "newtfilter dev pear parent 1: protocol ip pref 1 u32 fh 800::800 ht 800: "
            "match c0000200/ffffff00 at 12 match 00000050/0000ffff at 20 flowid 1:20 "
            "flags terminal flags not-in-hw",
        ),
        (
            "tc_filters",
            "newtfilter block 5 protocol ip pref 30 flower ip_proto tcp dst_port 80 action drop",
        ),
        (
            "tc_filters",
            "newtfilter dev pear ingress protocol arp pref 15 flower handle 0x1 "
            "arp_sip 192.0.2.1 arp_tip 192.0.2.0/24 arp_op 1 arp_sha 02:00:00:00:00:03 "
            "arp_tha ff:ff:ff:ff:ff:ff flags not-in-hw",
        ),
        (
            "tc_filters",
            "newtfilter dev pear parent 1: protocol all pref 9 basic "
            "match cmp(val 256 mask 65280 off 2 align-flags u16 trans layer-opnd transport gt) "
            "and not cmp(val 1 align-flags u8) flowid 1:20",
        ),
        ("tc_actions", "newaction mirred egress redirect dev kiwi stolen index 9"),
        (
            "tc_actions",
            "newaction nat ingress from 192.0.2.5 to 203.0.113.9 "
            "pipe index 14 mask 255.255.255.255",
        ),
        ("tc_actions", "delaction gact index 3"),
        ("tc_actions", "delaction flush mpls (5 of them)"),
        (
            "tc_actions",
            "newtfilter dev fig egress protocol all pref 3 matchall handle 0x1 "
            "action goto chain 42 flags not-in-hw",
        ),
    ],
)
def test_one_line_says_what_tc_would(name, line):
    assert line in {describe(message) for message in recording(name)}


# -- what recordings do not have ---------------------------------------------------------


def tcmsg(parent: int = 0, info: int = 0, handle_of: int = 0, order: str = "<") -> bytes:
    parts = (7, handle_of, parent, info)
    return bytes(4) + b"".join(u32(part, order) for part in parts)


def kinded(kind: str, *options: bytes, number: int = 36, order: str = "<") -> Message:
    """A message about this kind with these bytes as its options."""
    body = attr(1, kind.encode() + b"\0", order) + attr(2, b"".join(options), order)
    (message,) = messages(msg(number, tcmsg(order=order) + body, order=order))
    return message


def test_keys_that_are_not_there_are_told():
    selector = bytes([1, 0, 3, 0]) + bytes(12)  # three keys
    one_key = u32(0) * 4
    message = kinded("u32", attr(5, selector + one_key), number=44)
    assert codes(message) == ["keys-short"]
    assert len(message.find("options.sel.keys").children) == 1
    assert covered(message)


def test_keys_that_nobody_counted_are_kept():
    message = kinded("u32", attr(5, bytes(16) + u32(7)), number=44)
    assert message.find("options.sel.data").value == u32(7)
    assert covered(message)


@pytest.mark.parametrize("size", range(8))
def test_an_extended_match_that_is_cut_is_told(size):
    matches = nest(2, attr(1, u16(1) + u16(0)), nest(2, attr(1, bytes(size))))
    message = kinded("basic", matches, number=44)
    assert codes(message) == ["ematch-short"]
    assert covered(message)


def test_an_extended_match_of_unknown_kind_keeps_its_bytes():
    match = u16(0) + u16(77) + u16(0) + u16(0) + b"abcd"
    message = kinded("basic", nest(2, nest(2, attr(1, match))), number=44)
    assert message.find("options.ematches.list.1.data").value == b"abcd"
    assert not codes(message)


def test_bit_fields_are_in_the_order_of_the_host():
    """struct tcf_em_cmp: align 2, flags 1, layer 1, operand 2 (tc_em_cmp.h)."""
    labels = []
    for order, first, second in (("<", 0x12, 0x21), (">", 0x21, 0x12)):
        match = u16(0, order) + u16(1, order) + bytes(4) + bytes(10) + bytes([first, second])
        list_of = nest(2, attr(1, match, order), order=order)
        message = kinded("basic", nest(2, list_of, order=order), number=44, order=order)
        found = message.find("options.ematches.list.1.tcf-em-cmp").children
        labels.append([node.label for node in found[-2:]])
    assert labels == [["u16 trans", "network lt"]] * 2


@pytest.mark.parametrize(
    ("length", "last"), [(104, "horizon-caps"), (112, "fastpath-packets"), (152, "pad")]
)
def test_statistics_of_older_kernels_are_shorter(length, last):
    body = attr(1, b"fq\0") + nest(7, attr(4, bytes(length)))
    (message,) = messages(msg(36, tcmsg() + body))
    assert message.find("stats2.app").children[-1].name == last
    assert not codes(message)


def test_statistics_of_newer_kernels_are_longer():
    body = attr(1, b"netem\0") + nest(7, attr(4, bytes(64)))
    (message,) = messages(msg(36, tcmsg() + body))
    assert codes(message) == ["struct-long"]
    assert covered(message)


def test_dualpi2_of_new_kernels():
    message = kinded("dualpi2", attr(1, u32(10000)), attr(3, u32(15000)), attr(14, u8(3)))
    assert describe(message).endswith("dualpi2 limit 10000 target 15ms ecn-mask any-ect")
    assert message.find("options.ecn-mask").label == "any-ect"


def test_options_of_a_class_are_not_those_of_its_qdisc():
    qdisc = kinded("hfsc", u16(0x30))
    assert qdisc.find("options.defcls").value == 0x30
    curve = attr(2, u32(1) + u32(2) + u32(125000))
    (node,) = kinded("hfsc", curve, number=40).find("options").children
    assert (node.constant, node.find("m2").value) == ("TCA_HFSC_FSC", 125000)
    assert kinded("bpf", attr(7, b"x.o\0"), number=44).find("options.name").value == "x.o"


def test_a_kind_that_nobody_knows_keeps_its_options():
    message = kinded("homemade", attr(1, b"abcd"))
    assert codes(message) == ["selector-unknown"]
    assert covered(message)
