"""`nldissect monitor`: names of groups, and what is heard in a kernel of its own."""

from __future__ import annotations

import os
import shlex
import struct
import sys
from pathlib import Path

import pytest

from nldissect._internal.capture.live.group_names import full_name, groups_named
from nldissect._internal.capture.live.groups import (
    GENERIC,
    GROUPS,
    ROUTE,
    MulticastGroup,
    announced_groups,
    family_groups,
    family_names,
)
from nldissect._internal.capture.live.preamble import Preamble
from nldissect._internal.capture.reader import open_capture
from nldissect._internal.wire.errors import UsageError
from support import ROOT
from support.command import open_to_all
from support.nobody import as_nobody
from support.uml import in_kernel, needs_kernel

pytestmark = pytest.mark.slow


in_scenes = needs_kernel("setpriv", "nsenter", "unshare")

KNOWN = [
    *(MulticastGroup(protocol, number, name) for protocol, names in GROUPS.items()
      for name, number in names.items()),
    MulticastGroup(GENERIC, 16, "notify", "nlctrl"),
    MulticastGroup(GENERIC, 5, "monitor", "ethtool"),
    MulticastGroup(GENERIC, 6, "config", "nl80211"),
    MulticastGroup(GENERIC, 7, "scan", "nl80211"),
]  # fmt: skip


def chosen(*words: str) -> list[tuple[int, int]]:
    return [
        (group.protocol, group.number)
        for group in groups_named(list(words), KNOWN, ["ethtool", "mptcp_pm", "nlctrl", "nl80211"])
    ]


@pytest.mark.parametrize(
    ("word", "groups"),
    [
        ("link", [(0, 1)]), ("RTNLGRP_LINK", [(0, 1)]), ("route:link", [(0, 1)]),
        ("ipv4-route", [(0, 7)]), ("IPV4_ROUTE", [(0, 7)]), ("RTNLGRP_IPV4_ROUTE", [(0, 7)]),
        ("route", [(0, 7), (0, 11), (0, 27)]), ("address", [(0, 5), (0, 9)]),
        ("route:27", [(0, 27)]), ("route:0x1b", [(0, 27)]), ("route:99", [(0, 99)]),
        ("0:27", [(0, 27)]), ("nlctrl", [(16, 16)]), ("nlctrl:notify", [(16, 16)]),
        ("ethtool:monitor", [(16, 5)]), ("nl80211", [(16, 6), (16, 7)]), ("generic:9", [(16, 9)]),
        ("netfilter:nftables", [(12, 7)]), ("NFNLGRP_NFTABLES", [(12, 7)]),
        ("netfilter:NFNLGRP_NFTABLES", [(12, 7)]), ("uevent", [(15, 1), (15, 2)]),
        ("kobject-uevent:kernel", [(15, 1)]), ("link,neigh", [(0, 1), (0, 3)]),
    ],
)  # fmt: skip
def test_names_of_groups(word: str, groups: list[tuple[int, int]]) -> None:
    assert chosen(word) == groups


def test_a_group_is_joined_once_and_all_of_a_protocol() -> None:
    assert chosen("link", "route:1", "RTNLGRP_LINK") == chosen("link,") == [(0, 1)]
    assert len(chosen("route:all")) == len(GROUPS[ROUTE])
    assert len(chosen("xfrm")) == len(GROUPS[6])


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("lnik", "'lnik' is no group, family or protocol (did you mean 'link'?); `nldissect "
         "monitor --list` lists them"),
        ("ethtol:monitor", "'ethtol' is no family or protocol here (did you mean 'ethtool'?)"),
        ("ethtool:montor", "ethtool has no group 'montor' (did you mean 'monitor'?); there are "
         "monitor"),
        ("netfilter:nftable", "did you mean 'nftables'?"),
        ("mptcp_pm", "the family mptcp_pm has no groups"),
        ("route:0", "groups count from 1"),
        ("", "'' names nothing; `nldissect monitor --list` lists names"),
        (",", "'' names nothing"),
        (":", "':' names nothing"),
    ],
)  # fmt: skip
def test_names_that_are_none(word: str, words: str) -> None:
    with pytest.raises(UsageError) as problem:
        chosen(word)
    assert words in str(problem.value)


def test_constants_are_those_of_the_kernel_s_headers() -> None:
    """Every enumerator RTNLGRP_, NFNLGRP_, XFRMNLGRP_ and SKNLGRP_ of this system is known."""
    constants = {
        group.constant: group.number
        for protocol, names in GROUPS.items()
        for name, number in names.items()
        for group in [MulticastGroup(protocol, number, name)]
    }
    headers = {
        "linux/rtnetlink.h": "RTNLGRP_",
        "linux/netfilter/nfnetlink.h": "NFNLGRP_",
        "linux/xfrm.h": "XFRMNLGRP_",
        "linux/sock_diag.h": "SKNLGRP_",
    }
    checked = 0
    for header, prefix in headers.items():
        path = Path("/usr/include") / header
        if not path.exists():
            pytest.skip(f"needs {path} (linux-libc-dev)")
        number = -1
        for line in path.read_text().splitlines():
            word = line.strip().rstrip(",")
            if word.startswith(prefix) and word.replace("_", "").isalnum():
                number = 0 if word.endswith("_NONE") else number + 1
                if number and "NOP" not in word:
                    assert constants[word] == number
                    checked += 1
    assert checked > 50


def attribute(kind: int, payload: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(payload), kind) + payload + bytes(-len(payload) % 4)


def test_groups_of_a_family_that_is_announced() -> None:
    groups = b"".join(
        attribute(i, attribute(1, name + b"\0") + attribute(2, struct.pack("=I", number)))
        for i, (name, number) in enumerate(((b"config", 6), (b"scan", 7)), 1)
    )
    body = b"\1\2\0\0" + attribute(2, b"nl80211\0") + attribute(7, groups)
    message = struct.pack("=IHHII", 16 + len(body), 16, 0, 0, 0) + body
    found = announced_groups(message)
    assert [full_name(group) for group in found] == ["nl80211:config", "nl80211:scan"]
    assert [group.number for group in found] == [6, 7]
    for cut in range(len(message)):
        announced_groups(message[:cut])
    assert announced_groups(message[:16] + b"\2" + message[17:]) == []  # it goes


def test_families_of_this_kernel() -> None:
    preamble = Preamble()
    preamble.ask()
    preamble.close()
    assert "nlctrl" in family_names(preamble.answers)
    assert "nlctrl:notify" in map(full_name, family_groups(preamble.answers))


# -- in a kernel of its own -----------------------------------------------------------------

SCENES = r"""
export PYTHONPATH={path} NLDISSECT_CACHE={folder}/cache
cd {folder}
chmod 777 .
fields="-T fields -e operation -e protocol -e family -e ifname -e lost"
{as_nobody}
{python} -m nldissect monitor $fields >all 2>all.err & all=$!
NLDISSECT_CACHE=/dev/shm/cache $nobody -m nldissect monitor -w /dev/shm/kept.pcapng \
    >nobody 2>nobody.err & plain=$!
NLDISSECT_CACHE=/dev/shm/cache $nobody -m nldissect monitor $fields --type newlink RTNLGRP_LINK \
    >link 2>link.err & link=$!
{python} -m nldissect monitor --all-nsid -T fields -e ifname -w nsid.pcapng link \
    >nsid 2>nsid.err & nsid=$!
for name in all nobody link nsid; do
    until grep -q listening $name.err; do sleep 0.1; done
done
ip link add pear0 type dummy
ip addr add 192.0.2.1/24 dev pear0
ip link del pear0
insmod {macsec} && rmmod macsec
# Another network namespace gets an id with a link's peer there.
unshare -n sleep 60 & other=$!
until [ "$(readlink /proc/$other/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.1; done
ip link add kiwi0 type veth peer name kiwi1 netns $other
nsenter -t $other -n ip link add mango0 type dummy
kill $other
sleep 0.3
kill -INT $nsid; wait $nsid
# One that does not read loses some, and says so.
ip link set dummy0 up
kill -STOP $link
{python} {folder}/flood.py
kill -CONT $link
sleep 1
ip link add plum0 type dummy
sleep 0.5
kill -INT $all; wait $all; echo $? >all.status
kill -TERM $plain; wait $plain; echo $? >nobody.status
kill -HUP $link; wait $link; echo $? >link.status
cp /dev/shm/kept.pcapng .
NLDISSECT_CACHE=/dev/shm/cache $nobody -m nldissect monitor audit:readlog 2>denied.err
echo $? >denied.status
"""

# Fills a listener's buffer, such as one without privileges may have: an alias changed over
# and over.
FLOOD = """
import socket, struct
made = socket.socket(16, 3, 0)
made.bind((0, 0))
index = socket.if_nametoindex("dummy0")
for number in range(1500):
    name = b"%0250d" % number
    body = struct.pack("=BBHiII", 0, 0, 0, index, 0, 0) + struct.pack("=HH", 254, 20) + name
    made.send(struct.pack("=IHHII", 16 + len(body) + 2, 19, 5, number, 0) + body + bytes(2))
    made.recv(8192)
"""


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("monitor")
    open_to_all(folder)
    (folder / "flood.py").write_text(FLOOD)
    macsec = next(Path("/usr/lib/uml/modules").rglob("macsec.ko"))
    script = SCENES.format(
        folder=shlex.quote(str(folder)),
        python=shlex.quote(sys.executable),
        macsec=macsec,
        as_nobody=as_nobody(),
        path=shlex.quote(os.pathsep.join([str(ROOT), *sys.path])),
    )
    done = in_kernel("sh", "-c", script, seconds=400, modules=("dummy", "veth"))
    assert done.returncode == 0, done.stderr
    return folder


def rows(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text().splitlines()]


@in_scenes
def test_everything_is_heard_without_being_told_what(scenes: Path) -> None:
    heard = rows(scenes / "all")
    operations = [row[0] for row in heard]
    assert ["newlink", "route", "", "pear0"] in [row[:4] for row in heard]
    assert "newaddr" in operations
    assert "delroute" in operations or "newroute" in operations
    assert ["newfamily", "generic", "nlctrl"] in [row[:3] for row in heard]
    assert ["delfamily", "generic", "nlctrl"] in [row[:3] for row in heard]
    assert "kobject-uevent" in [row[1] for row in heard]
    assert (scenes / "all.status").read_text() == "0\n"


@in_scenes
def test_nobody_may_listen_too(scenes: Path) -> None:
    said = (scenes / "nobody.err").read_text().splitlines()
    assert said[0].startswith("nldissect: not permitted, needs CAP_NET_ADMIN: ")
    assert "ipv4-mroute-r" in said[0]
    assert "audit:readlog" in said[0]
    assert said[1].startswith("nldissect: listening to ")
    assert len(said) == 2
    assert "newlink    pear0" in (scenes / "nobody").read_text()
    assert (scenes / "nobody.status").read_text() == "0\n"
    assert (scenes / "denied.status").read_text() == "2\n"
    assert "not permitted" in (scenes / "denied.err").read_text()


@in_scenes
def test_what_is_written_explains_itself(scenes: Path) -> None:
    capture = open_capture(str(scenes / "kept.pcapng"))
    kinds = [(record.protocol, record.data[4:6]) for record in capture]
    assert (16, b"\x10\0") in kinds  # the families that there were
    (interface,) = capture.interfaces
    assert interface.name == "monitor"
    assert any(socket.own for socket in interface.sockets)


@in_scenes
def test_other_network_namespaces(scenes: Path) -> None:
    assert {"kiwi0", "mango0"} <= set((scenes / "nsid").read_text().split())
    assert "mango0" not in (scenes / "all").read_text()
    capture = open_capture(str(scenes / "nsid.pcapng"))
    list(capture)
    assert [i.name for i in capture.interfaces] == ["monitor", "monitor nsid 0"]


@in_scenes
def test_groups_types_and_losses(scenes: Path) -> None:
    heard = rows(scenes / "link")
    assert {row[0] for row in heard} == {"newlink"}
    assert heard[0][3] == "pear0"
    assert heard[-1][3] == "plum0"
    lost = [int(row[4]) for row in heard if row[4]]
    assert len(heard) + sum(lost) >= 1500
    assert lost
    assert (scenes / "link.status").read_text() == "0\n"
