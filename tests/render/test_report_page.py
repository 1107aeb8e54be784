"""The page of a report in Chromium: what its reader sees and does, and whether all can."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support import hostile, report_pages
from support.command import Command
from support.messages import RECORDINGS

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

chromium = pytest.fixture(scope="module")(report_pages.browser)

# Of the recordings of links: a request that is refused at an attribute, and its answer.
LINKS, ERRORS = RECORDINGS / "links.pcap", RECORDINGS / "errors.pcap"


class Reader:
    """Somebody in front of a report; whatever the page complains of or asks for is kept."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.trouble: list[str] = []
        page.on("console", lambda said: self.trouble.append(said.text))
        page.on("pageerror", lambda problem: self.trouble.append(str(problem)))
        page.on("dialog", lambda dialog: self.trouble.append(dialog.message))
        page.on("request", lambda request: self.trouble.append(request.url))

    def open(self, path: Path, fragment: str = "") -> None:
        """Opens it and waits until all of it is there; nothing but the page is asked for."""
        self.page.goto("about:blank")
        self.page.goto(f"file://{path}{fragment}")
        self.page.wait_for_selector("body[data-ready]")
        self.rest()
        assert self.trouble == [f"file://{path}"]
        self.trouble.clear()

    def rest(self) -> None:
        """Waits for what the page does between two frames."""
        self.page.wait_for_timeout(60)

    def press(self, keys: str) -> None:
        """Keys with blanks between them."""
        for key in keys.split():
            self.page.keyboard.press(key)
        self.rest()

    def filter(self, text: str) -> str:
        """Types into the filter box; what is said of it at the end."""
        self.page.fill("#filter", text)
        self.page.wait_for_timeout(300)
        while "…" in self.page.inner_text("#count"):
            self.rest()
        return self.page.inner_text("#count")

    @property
    def head(self) -> str:
        """The line over the tree."""
        return self.page.inner_text("#about h2")

    def text(self, selector: str) -> str:
        """The texts of all that fits."""
        return "".join(self.page.locator(selector).all_text_contents())

    @property
    def bytes(self) -> str:
        """The bytes that are marked for the field."""
        return self.text("#bytes .in")


@pytest.fixture
def reader(chromium: Browser) -> Iterator[Reader]:
    context = chromium.new_context(viewport={"width": 1400, "height": 900})
    made = Reader(context.new_page())
    yield made
    assert made.trouble == []  # no error, no dialog, nothing fetched
    context.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("report") / "errors.html"


@pytest.fixture
def errors(run: Command, report: Path) -> Path:
    if not report.exists():
        assert run("report", ERRORS, "-o", report).status == 0
    return report


def test_list_tree_and_bytes_are_linked(reader: Reader, errors: Path) -> None:
    reader.open(errors, "#17")  # newlink kiwi1@kiwi0 kind vlan
    assert reader.head.startswith("17 → newlink")
    reader.page.focus("#tree")
    reader.press("End")
    assert "IFLA_INFO_KIND" in reader.text("#tree .active")
    assert reader.bytes == "09000100766c616e00"
    reader.press("ArrowLeft")
    assert "IFLA_LINKINFO" in reader.text("#tree .active")
    assert reader.bytes.startswith("10001200")
    reader.press("ArrowLeft")
    assert 'kind "vlan"' in reader.text("#tree .active")  # folded, it tells what is in it
    assert reader.page.get_attribute("#tree .active", "aria-expanded") == "false"
    reader.press("ArrowRight ArrowRight")
    assert "IFLA_INFO_KIND" in reader.text("#tree .active")
    reader.page.click("#bytes .byte >> text=10 >> nth=0")
    first = int(reader.page.get_attribute("#bytes .at", "data-byte") or -1)
    assert first >= 0
    assert reader.page.locator("#tree .active").count() == 1
    reader.page.hover("#tree .line >> nth=0")
    assert len(reader.text("#bytes .over")) == 32  # the header's 16 bytes
    reader.page.focus("#bytes")
    reader.press("Home ArrowRight ArrowDown")
    assert reader.page.get_attribute("#bytes .at", "data-byte") == "17"
    assert "ifinfomsg" in reader.text("#tree .line")


def test_keys_go_through_messages_errors_and_partners(reader: Reader, errors: Path) -> None:
    reader.open(errors)
    assert reader.head.startswith("1 ")
    reader.page.focus("#list")
    reader.press("ArrowDown j")
    assert reader.head.startswith("3 ")
    assert reader.text("#list .partner .number") == "4"
    reader.press("%")
    assert reader.head.startswith("4 ← error")
    assert "EEXIST (17): File exists" in reader.text("#about .why")
    reader.press("%")
    assert reader.head.startswith("3 → newlink")
    assert "Why it was refused, by 4:" in reader.text("#about .why")
    reader.page.click("#about button")
    assert reader.head.startswith("4 ")
    reader.press("End e Home e")
    assert "error" in (reader.page.get_attribute("#about h2", "class") or "") or "EEXIST" in (
        reader.text("#list .active")
    )
    reader.press("Enter J")
    assert reader.page.evaluate("document.activeElement.id") == "tree"
    assert reader.page.evaluate("location.hash") == f"#{reader.head.split()[0]}"


def test_what_the_kernel_objected_to_is_marked_in_request_and_answer(
    reader: Reader, run: Command, tmp_path: Path
) -> None:
    path = RECORDINGS / "acks.pcap"
    page = report_pages.ReportPage(run("report", path).out)
    answer = next(one for one in page.messages if (one.get("why") or {}).get("offset"))
    number, asked = answer["message"]["message"], answer["message"]["answers"]
    made = tmp_path / "a.html"
    run("report", path, "-o", made)
    for at in (number, asked):
        reader.open(made, f"#{at}")
        assert reader.page.locator("#tree .blamed").count() == 1 or at == number
        assert reader.text("#about .why")
    assert "✗" in reader.text("#tree .blamed")
    marked = reader.page.locator("#bytes .out").first.get_attribute("data-byte")
    assert marked is not None
    assert int(marked) <= answer["why"]["offset"]


def test_the_filter_box(reader: Reader, run: Command, tmp_path: Path) -> None:
    made = tmp_path / "links.html"
    run("report", "--copies", LINKS, "-o", made)
    reader.open(made)

    def count(*words: str) -> str:
        return run("read", "--count", "--copies", "-Y", *words, LINKS).out.strip()

    assert reader.filter("") == "526 messages"
    assert (
        reader.filter("linkinfo.kind==vlan") == f"{count('linkinfo.kind == vlan')} of 526 messages"
    )
    assert reader.filter("mtu==1500") == f"{count('mtu == 1500')} of 526 messages"
    assert reader.filter("IFLA_MTU!=1500") == f"{count('mtu != 1500')} of 526 messages"
    assert reader.filter("ifname~apple") == f"{count('ifname contains apple')} of 526 messages"
    with_word = reader.filter("apple0 newlink")
    assert 0 < int(with_word.split()[0]) < 526
    without = reader.filter("apple0 -newlink")
    assert int(without.split()[0]) > 0
    assert reader.filter("no such words") == "0 of 526 messages"
    assert reader.text("#list .all") == "No message passes the filter."
    reader.filter("")
    reader.page.check("#errors")
    reader.rest()
    assert 0 < int(reader.page.inner_text("#count").split()[0]) < 200
    reader.page.focus("#list")
    reader.press("Home")
    assert "error" in reader.text("#list .active") or reader.text("#list .active .errno")
    reader.press("/")
    assert reader.page.evaluate("document.activeElement.id") == "filter"


@pytest.mark.slow
def test_hostile_strings_stay_text(reader: Reader, run: Command, tmp_path: Path) -> None:
    made = tmp_path / "hostile.html"
    title = hostile.STRINGS["markup"]
    run("report", "--title", title, hostile.capture(tmp_path / "a.pcapng"), "-o", made)
    reader.open(made)
    reader.page.focus("#list")
    own = {"DIV", "SPAN", "P", "H2", "UL", "LI", "BUTTON"}
    for _ in range(120):
        reader.page.keyboard.press("ArrowDown")
        reader.page.wait_for_timeout(15)
        reader.page.evaluate(
            "outline && (outline.unfoldBelow(0), tree.set(outline.lines.length, 0))"
        )
        tags = reader.page.evaluate(
            "[...document.querySelectorAll('#report *')].map((one) => one.tagName)"
        )
        assert set(tags) <= own | {"SECTION"}
        assert not hostile.acting(
            reader.page.evaluate("document.getElementById('report').textContent")
        )


def test_numbers_of_64_bits_stay_exact(reader: Reader, errors: Path) -> None:
    reader.open(errors)
    found = reader.page.evaluate(
        """exact('{"a":18446744073709551615,"b":"x,18446744073709551615\\\\"","c":[-12345678901234567]}')"""
    )
    assert found["a"] == "18446744073709551615"
    assert found["b"] == 'x,18446744073709551615"'
    assert found["c"] == ["-12345678901234567"]


def test_on_paper_stand_list_and_message(reader: Reader, errors: Path) -> None:
    reader.open(errors, "#4")
    reader.page.emulate_media(media="print")
    reader.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    rows = reader.page.evaluate("rows.length")
    assert reader.page.locator("#list .all .row").count() == rows
    assert not reader.page.is_visible("#filter")
    assert reader.page.evaluate("tree.box.scrollHeight <= tree.box.clientHeight + 1")  # all of it
    reader.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert reader.page.locator("#list .all .row").count() <= rows


def test_without_scripts_the_lines_are_there(chromium: Browser, errors: Path) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"file://{errors}")
    assert "-17 EEXIST for newlink kiwi0" in page.inner_text("noscript")
    assert not page.is_visible("#list")
    context.close()


@pytest.mark.slow
@pytest.mark.parametrize(("scheme", "width"), [("light", 1400), ("dark", 900), ("light", 400)])
def test_axe_finds_nothing(reader: Reader, errors: Path, scheme: Any, width: int) -> None:
    """axe-core, with a refused request, a folded tree, the help open, and something selected."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe")
    reader.page.emulate_media(color_scheme=scheme)
    reader.page.set_viewport_size({"width": width, "height": 900})
    for number in (3, 4, 17):
        reader.open(errors, f"#{number}")
        reader.page.click("summary")
        reader.page.focus("#tree")
        reader.press("ArrowDown")
        if number == 17:
            reader.filter("nothing has this")
        found = axe.Axe().run(reader.page)
        assert found.violations_count == 0, found.generate_report()
        assert len(found.response["passes"]) > 20  # it has looked
        assert not [one for one in found.response["incomplete"] if one["impact"] == "critical"]
