"""What is corrected in the kernel's own specs, and in no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from nldissect._internal.spec import dissector_file, model, overlay

SPEC = """
name: {family}
{more}
definitions:
  - {{name: fib-result, type: enum, entries: [oif, oifname, addrtype]}}
attribute-sets:
  - name: {set}
    name-prefix: x-
    attributes:
      - {{name: before, type: u32}}
      - {attribute}
      - {{name: after, type: u32, enum: fib-result}}
operations:
  list:
    - {{name: op, attribute-set: {set}, do: {{}}}}
"""


def loaded(folder: Path, family: str, where: str, attribute: str, more: str = "") -> model.Spec:
    """A dissector for a kernel spec with one attribute between two others."""
    path = folder / "spec.yaml"
    path.write_text(SPEC.format(family=family, set=where, attribute=attribute, more=more))
    return dissector_file.load(str(path))


@pytest.mark.parametrize(
    ("family", "where", "attribute", "number", "kind", "big", "multi"),
    [
        ("ovs_flow", "action-attrs", "{name: psample, type: binary}", 25, model.BINARY, None, True),
        ("nftables", "rule-attrs", "{name: id, type: u32}", 9, model.U32, True, False),
        ("ovs_vport", "vport-options", "{name: dst-port, type: u32}", 2, model.U16, None, False),
        ("ovs_vport", "vport-options", "{name: extension, type: u32}", 2, model.NEST, None, False),
        (
            "tc", "flower-attrs", "{name: key-vlan-id, type: u16, byte-order: big-endian}",
            2, model.U16, None, False,
        ),
        ("rt-rule", "fib-rule-attrs", "{name: tun-id, type: u64}", 2, model.U64, True, False),
    ],
)  # fmt: skip
def test_kernel_specs_are_corrected(
    tmp_path: Path,
    family: str,
    where: str,
    attribute: str,
    number: int,
    kind: int,
    big: bool | None,
    multi: bool,
) -> None:
    spec = loaded(tmp_path, family, where, attribute)
    before, field, after = spec.attribute_sets[where].ensure().values()
    assert (field.number, field.kind, field.big, field.multi) == (number, kind, big, multi)
    assert (before.number, after.number) == (1, number + 1)
    assert not spec.faults


def test_entries_are_renumbered(tmp_path: Path) -> None:
    spec = loaded(tmp_path, "nftables", "expr-fib-attrs", "{name: a, type: u32}")
    enum = spec.attribute_sets["expr-fib-attrs"].ensure()[3].enum
    assert enum is not None
    assert enum.values == {"oif": 1, "oifname": 2, "addrtype": 3}


@pytest.mark.parametrize(
    ("family", "more"), [("ovs_flow", "x-claim: true"), ("ovs_other", ""), ("nlctrl", "")]
)
def test_others_are_as_they_are(tmp_path: Path, family: str, more: str) -> None:
    attribute = "{name: psample, type: nest, nested-attributes: action-attrs}"
    spec = loaded(tmp_path, family, "action-attrs", attribute, more)
    field = spec.attribute_sets["action-attrs"].ensure()[2]
    assert (field.name, field.multi) == ("psample", False)


@pytest.mark.parametrize(
    "raw", [None, [], {"name": 5}, {"name": "tc"}, {"name": "tc", "attribute-sets": [{"name": 5}]}]
)
def test_what_is_no_spec_is_left_alone(raw: object) -> None:
    corrected = overlay.corrected(raw)
    assert corrected == raw or corrected["name"] == "tc"


def test_sets_that_are_added_are_asked_for() -> None:
    for family, added in overlay.SETS.items():
        wanted = {
            change.get("nested-attributes")
            for one in overlay.ATTRIBUTES[family].values()
            for change in one.values()
        }
        assert {one["name"] for one in added} <= wanted
