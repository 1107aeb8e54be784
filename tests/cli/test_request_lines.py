"""What the list says of requests, held against their commands; of errors, who asked."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from support import ROOT
from support.command import NEWLINK, Command, attribute, link, message, mtu, name, save

CAPTURES = ROOT / "captures"
ERROR = 2
# Recording, the command as captures/NAME.txt has it, and what its request's line ends in
MADE = [
    (
        "links",  # ip link set apple0 gso_max_size 32000 gso_max_segs 100
        "newlink    apple0 gso-max-size 32000 gso-max-segs 100",
    ),
    (
        "links",  # ip link set mv0 protodown on
        "newlink    mv0 proto-down 1",
    ),
    (
        "links",  # ip link add link apple0 name apple0.8 type vlan protocol 802.1ad id 8 mvrp on
        "newlink    apple0.8@apple0 kind vlan protocol 8021ad id 8 flags mvrp mask 0x18",
    ),
    (
        "links",  # ip link add link apple0 name mv0 type macvlan mode bridge bcqueuelen 500
        "newlink    mv0@apple0 kind macvlan bc-queue-len 500 mode bridge",
    ),
    (
        "tunnels",  # ip link add vx0 type vxlan id 4242 remote 192.0.2.2 local 192.0.2.1
        "newlink    vx0 kind vxlan id 4242 remote 192.0.2.2 local 192.0.2.1 dstport 4789 "
        "dev apple0 port-range low 40000 high 50000 ttl 9 tos 16 ageing 120 limit 500 proxy 1 "
        "rsc 1 l2miss 1 l3miss 1 udp-csum 1 learning 0",
    ),
    (
        "tunnels",  # ip link add gre3 type gre remote 198.51.100.3 encap fou encap-dport 5555
        "newlink    gre3 kind gre remote 198.51.100.3 pmtudisc 1 ttl 0 encap-type fou "
        "encap-flags csum encap-dport 5555",
    ),
    (
        "routes",  # ip route add 10.20.0.0/16 encap mpls 100/200/300 ttl 44 via inet 192.0.2.9
        "newroute   10.20.0.0/16 encap mpls dst 100/200/300 ttl 44 via 192.0.2.9 "
        "table main proto boot",
    ),
    (
        "routes",  # ip route add 10.3.0.0/16 tos 0x10 via 192.0.2.9 dev apple0 onlink
        "newroute   10.3.0.0/16 tos 0x10 via 192.0.2.9 dev apple0 table main proto boot onlink",
    ),
    (
        "rules",  # ip rule add pref 4007 lookup main suppress_ifgroup 7
        "newrule    4007: from all lookup main suppress_ifgroup 7",
    ),
    (
        "rules",  # ip rule add pref 4014 tun_id 77 lookup 129
        "newrule    4014: from all tun_id 77 lookup 129",
    ),
    (
        "tc_qdiscs",  # tc qdisc add ... netem loss gemodel 1% 10% 70% 0.1% ecn delay 5s rate 50gbit
        "netem limit 1000 delay 5s rate 50Gbit loss gemodel p 1% r 10% 1-k 0.1% 1-h 70% ecn 1",
    ),
    (
        "tc_actions",  # tc actions add action continue random netrand jump 3 10 index 3
        "newaction  gact continue random netrand jump 3 10 index 3",
    ),
    (
        "links",  # ip link add pear0 address ... type veth peer name pear1 address ... mtu 1400
        "pear0 kind veth num-tx-queues 3 num-rx-queues 2 peer address 02:00:00:00:0b:02 mtu 1400 "
        "ifname pear1",
    ),
    (
        "addresses",  # ip addr change 2001:db8:1::1/64 dev apple0 preferred_lft 0 valid_lft forever
        "newaddr    2001:db8:1::1/64 dev apple0 scope global valid_lft forever preferred_lft 0sec",
    ),
    (
        "tc_actions",  # tc actions flush action gate: NLM_F_ROOT, but no dump
        "delaction  flush gate flags large-dump-on",
    ),
]


@pytest.mark.parametrize(("recording", "line"), MADE, ids=[line for _, line in MADE])
def test_a_request_says_what_its_command_did(recording: str, line: str, run: Command) -> None:
    shown = run("read", "-Y", "to_kernel", CAPTURES / f"{recording}.pcap").lines
    assert any(each.endswith(line) for each in shown)


def locked(lines: list[str]) -> list[str]:
    return [each for each in lines if "mtu lock 1400" in each]


def test_what_selects_is_said_of_the_kernels_messages_too(run: Command) -> None:
    told = run("read", "-Y", "from_kernel and operation == newroute", CAPTURES / "routes.pcap")
    assert locked(told.lines)
    assert all("rto_min lock 300" in line and "cc_algo bbr" in line for line in locked(told.lines))
    rules = run("read", "-Y", "from_kernel and operation == newrule", CAPTURES / "rules.pcap")
    assert any("suppress_ifgroup 7" in line for line in rules.lines)


def test_what_the_line_has_no_room_for_is_counted(tmp_path: Path, run: Command) -> None:
    """30 attributes that no set has: 24 by number, and how many more."""
    unknown = b"".join(attribute(2000 + i, bytes([i, 0, 0, 0])) for i in range(30))
    path = save(
        tmp_path / "a.pcap", link(name("eth0") + unknown, kind=NEWLINK, flags=1, sequence=2)
    )
    (line,) = run("read", path).lines
    assert line.endswith(" attr 2022 22 +7")
    path = save(
        tmp_path / "b.pcap", link(name("eth0") + unknown[:8], kind=NEWLINK, flags=1, sequence=2)
    )
    (line,) = run("read", path).lines
    assert line.endswith("newlink    eth0 <UP> ifi-index 2 attr 2000 0")


def test_a_new_name_is_shown_with_the_old_one(tmp_path: Path, run: Command) -> None:
    path = save(
        tmp_path / "a.pcap",
        link(name("eth0") + mtu(1500), index=7),
        link(name("wan0"), kind=NEWLINK, index=7, flags=5, sequence=2),
    )
    assert run("read", path).lines[1].endswith("newlink    eth0 → wan0 <UP>")


def test_secrets_are_not_said(run: Command) -> None:
    shown = run("read", "-Y", "operation == set-device", CAPTURES / "genl_hosts.pcap")
    assert "preshared-key <redacted 32 bytes>" in shown.out
    assert "allowed ips -10.0.0.0/24" in shown.out  # one that is taken away


# -- who asked -----------------------------------------------------------------------------


def failed(path: Path) -> Path:
    """A request of process 812, which the kernel refuses."""
    request = link(name("nope"), kind=NEWLINK, flags=5, sequence=3)
    return save(path, request, message(ERROR, b"\xed\xff\xff\xff" + request, sequence=3, port=812))


@pytest.mark.parametrize("options", [[], ["-Y", "error"], ["-V"], ["-V", "-Y", "error"]])
def test_an_error_says_which_request_which_object_and_whose(
    options: list[str], tmp_path: Path, run: Command
) -> None:
    lines = run("read", *options, failed(tmp_path / "a.pcap")).lines
    (error,) = [line for line in lines if " error " in line]
    assert error.endswith("error      -19 ENODEV for newlink nope (to #1, [812]?)")


def test_the_process_that_a_trace_names(run: Command) -> None:
    shown = run("read", "--type", "error", "--pid", "751", CAPTURES / "refused.strace")
    assert shown.lines
    assert all(line.endswith(", [751])") for line in shown.lines)


@pytest.mark.parametrize(
    ("options", "shown"), [(["--pid", "812"], 2), (["--port", "812"], 1), (["--port", "0"], 1)]
)
def test_a_process_has_its_requests_and_a_port_what_is_sent_to_it(
    options: list[str], shown: int, tmp_path: Path, run: Command
) -> None:
    assert len(run("read", *options, failed(tmp_path / "a.pcap")).lines) == shown


@pytest.mark.parametrize("several", [[], ["-j", "2"]])
def test_a_process_that_is_not_known(several: list[str], tmp_path: Path, run: Command) -> None:
    missed = run("read", "--pid", "813", *several, failed(tmp_path / "a.pcap"))
    assert missed.out == ""
    assert missed.err == (
        "nldissect: --pid: no message is known to be of process 813; those known are 812 "
        "(a port id, nlmsg_pid, is --port 813)\n"
    )


def test_objects_in_objects_are_named_in_full(run: Command) -> None:
    acks = run("read", "--type", "ack", CAPTURES / "tc_qdiscs.pcap").out
    assert "ack        for newtclass dev basket parent 17:1 17:30 (to #" in acks
    acks = run("read", "--type", "ack", CAPTURES / "routes.pcap").out
    assert "ack        for newroute unreachable 10.7.0.0/16 table main (to #" in acks


@pytest.mark.parametrize(
    ("recording", "subjects"),
    [
        ("genl_tunnels", {"macsec add-txsa macsec0 tx sa 0", "IOAM6 add-namespace 123"}),
        ("genl_events", {"NET_DM stop sw-drops", "nlctrl getfamily drbd"}),
        ("netfilter", {"ct-delete tcp src=192.0.2.1 dst=192.0.2.50 sport=1000 dport=80"}),
        ("addresses", {"newneigh 192.0.2.16 dev apple0"}),
        ("routes", {"newroute blackhole 10.8.0.0/16 table main", "newnexthop id 10 group 1,3/3,2"}),
    ],
)
def test_acknowledgements_name_what_was_asked(
    recording: str, subjects: set[str], run: Command
) -> None:
    path = CAPTURES / f"{recording}.pcap"
    shown = {
        row.split(" for ")[-1].partition(" (to #")[0]
        for row in run("read", "--type", "ack,error", path).lines
    }
    assert subjects <= shown
    summaries = run(
        "read", "-Y", "to_kernel", "-e", "family", "-e", "operation", "-e", "summary", path
    )
    said = {word.rstrip(",:") for word in summaries.out.split()}
    for text in shown:
        words = text.split()
        more = {word.rstrip(",:") for word in words} - said - {"command"}
        assert not more, text
        assert all(one != other for one, other in pairwise(words)), text
