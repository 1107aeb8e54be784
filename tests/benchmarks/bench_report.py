"""A report of many messages: how it is made, and how its page is in Chromium.

    python tests/benchmarks/bench_report.py [MESSAGES]

The recording is that of recordings.py, of so many messages (100,000 if not said). Times are
seconds on the clock, but for making the page, which is CPU. The exit status is 1 when a target
is missed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import recordings
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests"))

from support.report_pages import CHROMIUM  # noqa: E402

FIRST, WHOLE, KEY, JUMP, TREES = 2.0, 6.0, 0.1, 0.3, 30.0  # at most


def made(messages: int, folder: Path) -> Path:
    """The page; says what it took."""
    capture, page = folder / "busy.pcap", folder / "busy.html"
    subprocess.run(
        [sys.executable, recordings.__file__, "busy", capture, "--messages", str(messages)],
        check=True,
    )
    words = [sys.executable, "-m", "nldissect", "report", "--copies", str(capture), "-o", str(page)]
    process = subprocess.Popen(words, env={**os.environ, "PYTHONPATH": str(ROOT)})
    _, status, used = os.wait4(process.pid, 0)
    assert status == 0
    print(
        f"made in {used.ru_utime + used.ru_stime:.1f} s of CPU, {used.ru_maxrss >> 10} MiB resident"
    )
    print(f"capture {capture.stat().st_size >> 10} KiB, page {page.stat().st_size >> 10} KiB")
    return page


def took(page: Page, what: str, script: str, until: str) -> float:
    """Seconds from a script to when something holds."""
    begun = time.monotonic()
    page.evaluate(script)
    page.wait_for_function(until, polling=10, timeout=120_000)
    found = time.monotonic() - begun
    print(f"{what}: {found:.3f} s")
    return found


def main(messages: int) -> int:
    """Measures; returns the exit status."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        path = made(messages, Path(name))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(bypass_csp=True, viewport={"width": 1400, "height": 900})
        begun = time.monotonic()
        page.goto(f"file://{path}", wait_until="commit")
        page.wait_for_selector("#list .all .row", timeout=60_000)
        first = time.monotonic() - begun
        page.wait_for_selector("body[data-ready]", timeout=120_000)
        whole = time.monotonic() - begun
        print(f"first lines: {first:.2f} s, all: {whole:.2f} s")
        heap = page.evaluate("performance.memory.usedJSHeapSize") >> 20
        print(f"JavaScript's heap: {heap} MiB")
        typed = "get('filter').value = {!r}; filter()"
        counted = "document.getElementById('count').textContent"
        key = took(page, "a word", typed.format("newlink"), f"{counted}.includes(' of ')")
        trees = took(
            page,
            "a field in all trees",
            typed.format("mtu==1499"),
            f"{counted}.startsWith('0 of') && !{counted}.includes('…')",
        )
        page.evaluate(typed.format(""))
        page.wait_for_timeout(300)
        jump = took(
            page,
            "the last message",
            "list.go(rows.length - 1)",
            "document.querySelector('#about h2').textContent.startsWith(`${rows.length} `)",
        )
        frames = page.evaluate(
            """async () => {
                const times = [];
                for (let i = 0; i < 60; i++) {
                    const begun = performance.now();
                    list.box.scrollTop = (i * 7919 * list.height) % list.all.offsetHeight;
                    list.render();
                    times.push(performance.now() - begun);
                    await new Promise(requestAnimationFrame);
                }
                return times.sort((a, b) => a - b);
            }"""
        )
        print(f"a scroll: median {frames[30]:.1f} ms, worst {frames[-1]:.1f} ms")
        browser.close()
    missed = first > FIRST or whole > WHOLE or key > KEY or jump > JUMP or trees > TREES
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
