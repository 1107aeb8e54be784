"""The report on UAPI headers finds what a new kernel brings."""

from __future__ import annotations

from pathlib import Path

import pytest

import uapi_report

NETCONF = """
/* settings, seen NETCONFA_COMMENTED */
struct netconfmsg {
	__u8	ncm_family;
	__u8	ncm_pad;
	__u16	ncm_more;
};
enum {
	NETCONFA_UNSPEC,
	NETCONFA_IFINDEX,
	NETCONFA_FORWARDING,
	NETCONFA_RP_FILTER = 9,
	NETCONFA_NEW_THING,	/* s32 */
	NETCONFA_ALIAS = NETCONFA_FORWARDING,
	NETCONFA_ALL_THE_MAX_THINGS,
	__NETCONFA_MAX
};
#define NETCONFA_MAX	(__NETCONFA_MAX - 1)
#define NTF_USE		(1 << 0)
#define NTF_BRAND_NEW	(1U << 9)
#define NTF_TEXT	"text"
enum unheard_of { UNHEARD_ONE = 1 << 3, UNHEARD_TWO };
"""


@pytest.fixture(name="include")
def _include(tmp_path: Path) -> Path:
    (tmp_path / "linux").mkdir()
    (tmp_path / "linux" / "netconf.h").write_text(NETCONF)
    (tmp_path / "linux" / "ipv6.h").write_text(
        "enum { DEVCONF_FORWARDING = 0, DEVCONF_HOPLIMIT, DEVCONF_NOVELTY, DEVCONF_MAX };"
    )
    return tmp_path


def test_it_reads_names_and_numbers(include: Path) -> None:
    facts = uapi_report.read(include, ("netconf.h", "not-there.h"))
    first, second = facts.enums
    assert first.values["NETCONFA_RP_FILTER"] == 9
    assert first.values["NETCONFA_NEW_THING"] == 10
    assert "NETCONFA_COMMENTED" not in first.values
    assert second.values == {"UNHEARD_ONE": 8, "UNHEARD_TWO": 9}
    assert facts.defines[0].values["NTF_BRAND_NEW"] == 512
    assert facts.structs["netconfmsg"][1] == ["ncm_family", "ncm_pad", "ncm_more"]


def test_it_tells_what_is_missing(include: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert uapi_report.main(str(include), "rtnetlink") == 1
    said = capsys.readouterr().out.splitlines()
    assert "missing, unknown why: 4" in said
    for line in (
        "    netconf.h: NETCONFA_NEW_THING",
        "    ipv6.h: DEVCONF_NOVELTY",
        "    netconf.h: NETCONFA_ALL_THE_MAX_THINGS",
        "    netconf.h: NTF_BRAND_NEW",
        "left out, another name of one that is known: 1 (NETCONFA_ALIAS)",
        "    netconf.h: struct netconfmsg: ncm_more",
        "    NETCONFA_RP_FILTER is 9, rt-netconf.netconf-attrs has 3",
        "    netconf.h: unheard_of (2 constants)",
    ):
        assert line in said


def test_nothing_is_missing_where_all_is_known(
    include: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (include / "linux" / "netconf.h").write_text(
        "enum { NETCONFA_UNSPEC, NETCONFA_IFINDEX, NETCONFA_FORWARDING, __NETCONFA_MAX };"
    )
    (include / "linux" / "ipv6.h").unlink()
    assert uapi_report.main(str(include)) == 0
    assert "known: 2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5), ("0x10U", 16), ("(1 << 4)", 16), ("BIT(3)", 8), ("_BITUL(2) | KNOWN", 7),
        ("KNOWN - 1", 2), ("-1", -1), ("sizeof(int)", None), ("UNKNOWN", None), ('"x"', None),
    ],
)  # fmt: skip
def test_expressions(text: str, value: int | None) -> None:
    assert uapi_report.evaluate(text, {"KNOWN": 3}) == value
