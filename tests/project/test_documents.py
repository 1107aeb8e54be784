"""The pages of the documentation: what they show is so, and their links lead somewhere."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

from nldissect._internal.filter.name_index import operations_of
from support import ROOT
from support.documents import compared, prepare, same
from support.messages import builtin

pytestmark = pytest.mark.docs

PAGES = ["tutorial-failing-command", "tutorial-generic-family", "tutorial-pytest", "cookbook",
         "comparison"]  # fmt: skip
EVERY = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "captures" / "README.md"])


@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_what_comes_of_its_commands(name: str, tmp_path: Path) -> None:
    """`python tests/support/documents.py docs/NAME.md` writes it anew."""
    prepare(tmp_path)
    ran = 0
    for command, wanted, got in compared(ROOT / "docs" / f"{name}.md", tmp_path):
        assert same(wanted, got), f"$ {command}\n{got}"
        ran += 1
    assert ran > 3


def anchors(text: str) -> set[str]:
    """The anchors that GitHub, and the site, give the headings of a page."""
    found: set[str] = set()
    for heading in re.findall(
        r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S), re.M
    ):
        slug = re.sub(r"[^\w\- ]", "", re.sub(r"\]\([^)]*\)", "", heading).lower()).replace(
            " ", "-"
        )
        found.add(slug if slug not in found else f"{slug}-1")
    return found


@pytest.mark.parametrize("page", EVERY, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    prose = re.sub(r"^```.*?^```$|`[^`\n]+`", "", text, flags=re.M | re.S)
    for link in re.findall(r"\]\(([^)\s]+)\)", prose):
        if re.match(r"https?://", link):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), link


def test_the_reference_has_every_attribute_and_its_links_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs" / "site"))
    reference = import_module("reference")
    assert reference.write(tmp_path) > 6900
    for file in builtin().files():
        page = (tmp_path / f"{file.name}.md").read_text(encoding="utf-8")
        for attributes in file.spec().attribute_sets.values():
            for field in attributes.ensure().values():
                if field.constant and field.shown != "pad":
                    assert f"<code>{field.constant}</code>" in page, field.path
        for operation in operations_of(file.spec()):
            assert f"<code>{operation.constant or operation.name}</code>" in page
        known = re.findall(r' id="([^"]*)"', page)
        assert len(known) == len(set(known))
        assert set(re.findall(r'href="#([^"]*)"', page)) <= set(known), file.name
    every = (tmp_path / "constants.md").read_text(encoding="utf-8")
    for name, anchor in set(re.findall(r'href="([^"#]*)\.html#([^"]*)"', every)):
        assert f'id="{anchor}"' in (tmp_path / f"{name}.md").read_text(encoding="utf-8"), anchor
    assert "<code>IFLA_MTU</code></td> <td>" in every
    index = (tmp_path / "index.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\]\(([^)/]+)\)", index)) == {
        path.name for path in tmp_path.iterdir() if path.name != "index.md"
    }


def test_the_site_has_every_page() -> None:
    index = (ROOT / "docs" / "site" / "index.md").read_text(encoding="utf-8")
    for page in EVERY:
        name = page.relative_to(ROOT).with_suffix("").as_posix()
        assert re.search(rf"^(?:\w+ <)?{re.escape(name)}>?$", index, re.M), name
