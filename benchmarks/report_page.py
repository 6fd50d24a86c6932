"""A run's report in a headless Chromium: no error, the slider works, any reader.

    python benchmarks/report_page.py --run runs/faces [--screenshots FOLDER]

Opens runs/faces/report.html from disk, moves the slider by mouse and by keyboard, reads
the curves by mouse and by keyboard, changes the unit of time; then the same page dark,
and 390 pixels wide. Prints one JSON line. Ends with status 1 where the console had a
word to say, the page asked for anything of a network, the slider changed no picture,
the curves were not read, or the page is wider than its window. Does nothing where there
is no Chromium.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from chromium import Chromium, find_chromium

SIZES = {"light": (1200, 900), "dark": (1200, 900), "phone": (390, 844)}


def main() -> None:
    """Open, move, read, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", required=True)
    parser.add_argument("--screenshots")
    args = parser.parse_args()
    if find_chromium() is None:
        print("skipped: there is no Chromium here")
        return
    page = (Path(args.run) / "report.html").resolve()
    start = time.monotonic()
    found: dict[str, object] = {"page_mb": round(page.stat().st_size / 1e6, 2)}
    with Chromium(page.as_uri()) as browser:
        browser.wait_for("document.body && document.body.dataset.ready === 'yes'")
        found["ready_seconds"] = round(time.monotonic() - start, 2)
        found["grids"] = browser.evaluate("D.grids.length")
        found["charts"] = browser.evaluate("charts.length")
        browser.looks(*SIZES["light"])
        wrong = check_slider(browser) + check_curves(browser)
        for name, size in SIZES.items():
            browser.looks(*size, dark=name == "dark")
            browser.evaluate("scrollTo(0, 0)")
            time.sleep(0.3)
            wide = browser.evaluate("document.documentElement.scrollWidth")
            if wide > size[0]:
                wrong.append(f"{name}: {wide} pixels wide in a window of {size[0]}")
            if args.screenshots:
                file = Path(args.screenshots) / f"{name}.png"
                browser.screenshot(file, whole=True)
        wrong += browser.complaints()
    print(json.dumps(found | {"wrong": wrong}))
    sys.exit(1 if wrong else 0)


def check_slider(browser: Chromium) -> list[str]:
    """What does not work about it."""
    if browser.evaluate("D.grids.length") < 2:
        return ["there are no two grids to slide between"]
    shown = "[$('grid').src, $('when').textContent, $('grid').naturalWidth].join()"
    seen = [browser.evaluate(shown)]
    left, top, wide, high = browser.evaluate(
        "(e => { e.scrollIntoView({block: 'center'}); const b = "
        "e.getBoundingClientRect(); return [b.x, b.y, b.width, b.height]; })"
        "($('slider'))"
    )
    for share in (0.5, 0.05):
        browser.mouse("mousePressed", left + share * wide, top + high / 2)
        browser.mouse("mouseReleased", left + share * wide, top + high / 2)
        browser.wait_for("$('grid').complete && $('grid').naturalWidth > 0")
        seen.append(browser.evaluate(shown))
    for key in ("End", "ArrowLeft"):
        browser.press(key)
        browser.wait_for("$('grid').complete && $('grid').naturalWidth > 0")
        seen.append(browser.evaluate(shown))
    wrong = []
    if seen[3] != seen[0]:
        wrong.append("the slider does not come back to the last grid")
    if len(set(seen)) < min(4, browser.evaluate("D.grids.length")):
        wrong.append("the slider does not change the picture")
    return wrong


def check_curves(browser: Chromium) -> list[str]:
    """What does not work about them."""
    if not browser.evaluate("charts.length"):
        return ["there are no curves"]
    wrong, seen = [], {}
    browser.evaluate("charts[0].plot.focus()")
    for key in ("Home", "ArrowRight", "End"):
        browser.press(key)
        seen[key] = browser.evaluate("charts[0].where.textContent")
    browser.press("Home")
    left, top, wide, high = browser.evaluate(
        "(b => [b.x, b.y, b.width, b.height])(charts[0].plot.getBoundingClientRect())"
    )
    browser.mouse("mouseMoved", left + wide - 12, top + high / 2)
    by_mouse = browser.evaluate("charts[0].where.textContent")
    others = (seen["ArrowRight"], seen["End"], by_mouse)
    if browser.evaluate("charts[0].steps.length") > 1 and seen["Home"] in others:
        wrong.append("the curves are not read out")
    if browser.evaluate("axes.length") > 1:
        before = browser.evaluate("charts[0].plot.innerHTML")
        browser.click("#axes button:nth-child(2)")
        if browser.evaluate("charts[0].plot.innerHTML") == before:
            wrong.append("the unit of time does not change")
        browser.click("#axes button:nth-child(1)")
    return wrong


if __name__ == "__main__":
    main()
