"""Reports: what the page holds, what Markdown says, and how the command is used."""

from __future__ import annotations

import hashlib
import os
from base64 import b64encode
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

import nldissect
from nldissect._internal.render.markdown_report import code, fence
from support import hostile
from support.command import Command, start
from support.messages import RECORDINGS
from support.report_pages import ReportPage

LINKS, ERRORS = RECORDINGS / "links.pcap", RECORDINGS / "errors.pcap"
OWN_TAGS = {
    "html", "head", "meta", "title", "style", "body", "header", "h1", "form", "label", "input",
    "output", "details", "summary", "p", "kbd", "main", "section", "div", "span", "script",
    "noscript", "pre",
}  # fmt: skip


def made(run: Command, *words: object) -> ReportPage:
    """The page that `nldissect report` writes into a pipe."""
    done = run("report", *words)
    assert done.err == ""
    assert done.status == 0
    return ReportPage(done.out)


# -- the page ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["links", "errors", "genl_hosts", "genltest"])
def test_the_page_has_what_the_json_has_and_the_bytes(run: Command, name: str) -> None:
    path = RECORDINGS / f"{name}.pcap"
    page = made(run, "--copies", "--show-secrets", path)
    objects = run("read", "--show-secrets", "-T", "jsonl", path).objects
    assert [one["message"] for one in page.messages] == objects
    messages = list(nldissect.open(path))
    assert [bytes.fromhex(one["bytes"]) for one in page.messages] == [m.bytes for m in messages]
    assert [row[0] for row in page.rows] == [m.number for m in messages]
    refused = [one for one in page.messages if "why" in one]
    assert [one["message"]["message"] for one in refused] == [
        m.number for m in messages if m.error is not None and m.error < 0
    ]


def test_rows_say_partner_error_and_kind(run: Command) -> None:
    rows = {row[0]: row for row in made(run, ERRORS).rows}
    assert rows[4][1:] == [
        "1.580463",
        "564?",
        "←",
        "route",
        "error",
        "⇄3",
        "EEXIST",
        "-17 EEXIST for newlink kiwi0",
        "error",
        0,
    ]
    assert rows[3][6:8] == ["⇄4", "EEXIST"]  # the request tells of it too


def test_copies_are_counted_unless_they_are_asked_for(run: Command) -> None:
    path = RECORDINGS / "rtmon.pcap"
    kinds = [row[9] for row in made(run, path).rows]
    assert "copy" not in kinds
    assert "copy" in [row[9] for row in made(run, "--copies", path).rows]


def test_the_filter_title_and_number_of_messages(run: Command) -> None:
    page = made(run, "-Y", "error == EEXIST", "-c", "1", ERRORS)
    assert [row[0] for row in page.rows] == [4]
    assert "errors.pcap: error == EEXIST" in page.text
    assert "A <title>" in made(run, "--title", "A <title>", "-c", "1", ERRORS).text


def test_files_are_merged_or_keep_their_numbers(run: Command) -> None:
    merged = made(run, ERRORS, LINKS)
    assert {row[10] for row in merged.rows} == {0}
    assert len({row[0] for row in merged.rows}) == len(merged.rows)
    assert {one["message"]["file"] for one in merged.messages} == {str(ERRORS), str(LINKS)}
    apart = made(run, "--no-merge", ERRORS, LINKS)
    assert {row[10] for row in apart.rows} == {0, 1}


def test_the_policy_names_the_pages_own_script_and_style(run: Command) -> None:
    page = made(run, ERRORS)

    def named(text: str) -> str:
        return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    policies = [a["content"] for tag, a in page.tags if a.get("http-equiv")]
    assert policies == [
        f"default-src 'none'; script-src {named(page.scripts[0])}; "
        f"style-src {named(page.styles[0])}; base-uri 'none'; form-action 'none'"
    ]
    assert len(page.scripts) == len(page.styles) == 1
    assert not any(a.keys() & {"src", "href", "action"} for _, a in page.tags)


def test_nothing_that_a_capture_holds_is_markup(run: Command, tmp_path: Path) -> None:
    path = hostile.capture(tmp_path / "<script>alert(1)<script>.pcapng")
    page = made(run, "--title", hostile.STRINGS["markup"], path)
    assert {tag for tag, _ in page.tags} == OWN_TAGS
    assert len(page.scripts) == 1
    own = made(run, ERRORS)
    assert page.scripts == own.scripts
    assert [t for t in page.tags if t[0] != "script"] == [t for t in own.tags if t[0] != "script"]
    assert not hostile.acting(page.text)
    assert len(page.messages) == len(list(nldissect.open(path)))


@pytest.mark.parametrize("name", ["wireguard", "xfrm", "wifi"])
def test_secrets_stay_out_of_it(run: Command, name: str, tmp_path: Path) -> None:
    path = RECORDINGS / f"{name}.pcap"
    secrets = {
        node.bytes.hex()
        for message in nldissect.open(path)
        for node in message.walk()
        if node.field.secret and len(node.bytes) > 3 and any(node.bytes)
    }
    assert secrets
    hidden = str(made(run, path).messages) + run("report", "-T", "markdown", path).out
    shown = str(made(run, "--show-secrets", path).messages)
    for secret in secrets:
        assert secret not in hidden
        assert secret in shown


def test_what_was_lost_is_told(run: Command) -> None:
    told = [path for path in sorted(RECORDINGS.glob("*.pcap*")) if "lost" in path.name]
    page = made(run, told[0]) if told else None
    assert page is None or "lost" in str(page.rows) + page.text


# -- Markdown --------------------------------------------------------------------------------


def test_what_was_asked_what_came_back_and_why(run: Command) -> None:
    out = run("report", "-T", "markdown", "-Y", "transaction == 2", ERRORS).out
    assert out.startswith("# `errors.pcap: transaction == 2`\n\n")
    assert "## 3. Asked: `newlink kiwi0" in out
    assert "## 4. Came back, refused: `error -17 EEXIST for newlink kiwi0`" in out
    assert "- `EEXIST (17): File exists`" in out
    assert out.count("```text\n") == 2
    assert 'IFLA_IFNAME: "kiwi0"' in out
    assert "2 messages, 1 refused" in out


def test_nothing_in_it_is_markup_either(run: Command, tmp_path: Path) -> None:
    path = hostile.capture(tmp_path / "`a` <b> [x](y) @z #1.pcapng")
    title = hostile.STRINGS["markdown"] + "``"
    out = run("report", "-T", "markdown", "--title", title, path).out
    kinds = set()
    for token in MarkdownIt("commonmark").parse(out):
        kinds |= {token.type, *(inner.type for inner in token.children or ())}
        if token.type == "inline":
            plain = [inner.content for inner in token.children or () if inner.type == "text"]
            assert not any(mark in text for text in plain for mark in ("@", "#", "<", hostile.MARK))
    harmless = {
        "heading_open", "heading_close", "inline", "text", "code_inline", "fence",
        "paragraph_open", "paragraph_close", "bullet_list_open", "bullet_list_close",
        "list_item_open", "list_item_close",
    }  # fmt: skip
    assert kinds == harmless
    assert not hostile.acting(out)


@pytest.mark.parametrize("text", ["a", "`", "``a`", "a`", " a ", "", "```\na\n```", "````"])
def test_spans_and_fences_hold_whatever_stands_in_them(text: str) -> None:
    tokens = MarkdownIt("commonmark").parse(fence(text))
    assert [(t.type, t.content) for t in tokens] == [("fence", text + "\n")]
    line = text.replace("\n", "")
    (inline,) = MarkdownIt("commonmark").parse(code(line))[1:2]
    found = [child for child in inline.children or () if child.type == "code_inline"]
    assert len(found) == 1
    assert found[0].content.strip() == line.strip()


# -- the command --------------------------------------------------------------------------------


def test_the_files_name_tells_the_form(run: Command, tmp_path: Path) -> None:
    for name, begins in (("a.html", "<!doctype html>"), ("a.HTM", "<!doctype"), ("a.md", "# `")):
        assert run("report", ERRORS, "-o", tmp_path / name).status == 0
        assert (tmp_path / name).read_text().startswith(begins)
    assert run("report", ERRORS, "-T", "markdown", "-o", tmp_path / "b.txt").status == 0
    assert (tmp_path / "b.txt").read_text().startswith("# `")
    assert (tmp_path / "a.html").read_text() == run("report", ERRORS).out
    assert run("report", "-o", "-", ERRORS).out == run("report", ERRORS).out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([ERRORS, "-o", "a.pdf"], "-o: a.pdf ends with neither .html nor .md; -T tells"),
        ([ERRORS, "-o", "no/such/a.html"], "-o: no/such/a.html cannot be written: No such file"),
        (["absent.pcap", "-o", "a.html"], "absent.pcap"),
        ([ERRORS, "-Y", "nothing ==", "-o", "a.html"], ""),
        ([], "FILE"),
    ],
)
def test_errors_of_use_are_one_line(
    run: Command, words: list[object], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("report", *words)
    assert done.status == 2
    assert says in done.err
    assert done.out == ""
    assert os.listdir(tmp_path) == []


def test_its_own_input_is_not_replaced(run: Command, tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    path.write_bytes(ERRORS.read_bytes())
    assert "is read at the same time" in run("report", path, "-o", path).err
    assert path.read_bytes() == ERRORS.read_bytes()


def test_a_capture_that_is_cut_gives_what_there_is(run: Command, tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(ERRORS.read_bytes()[:-5])
    done = run("report", cut, "-o", tmp_path / "a.html")
    assert done.status == 2
    assert "cut" in done.err
    assert ReportPage((tmp_path / "a.html").read_text()).rows


def test_a_stream_is_reported_too(tmp_path: Path) -> None:
    with ERRORS.open("rb") as file, start("report", "-", "-T", "html", stdin=file) as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    page = ReportPage(out.decode())
    assert len(page.rows) == len(list(nldissect.open(ERRORS)))
    assert "standard input" in page.text
