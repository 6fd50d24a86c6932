"""`curate`'s page in a headless Chromium: clusters ticked, command copied and run.

    python benchmarks/curate_page.py --curation SORTED --work FOLDER \
        [--clusters 1,2] [--screenshot FILE.png]

SORTED is the --out of a finished curation. Ticks the clusters with the mouse, presses
the copy button, takes the command from the clipboard, runs it in a shell, and counts
the files; then the same with a lasso around the middle of the map. Prints one JSON
line: seconds until the page is ready, milliseconds a frame, what the page said and
what was there. Ends with status 1 where the two differ. Does nothing where there is no
Chromium.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

from chromium import Chromium, find_chromium

FRAMES = 20
LASSO = [(-0.2, -0.2), (0.2, -0.25), (0.25, 0.2), (0.0, 0.1), (-0.25, 0.25)]


def main() -> None:
    """Open, click, run, count, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--curation", required=True)
    parser.add_argument("--work", required=True)
    parser.add_argument("--clusters", default="1,2")
    parser.add_argument("--screenshot")
    args = parser.parse_args()
    if find_chromium() is None:
        print("skipped: there is no Chromium here")
        return
    page = (Path(args.curation) / "map.html").resolve()
    found = {"page_mb": round(page.stat().st_size / 1e6, 1)}
    start = time.monotonic()
    with Chromium(page.as_uri()) as browser:
        browser.wait_for("document.body.dataset.ready === 'yes'")
        found["ready_seconds"] = round(time.monotonic() - start, 1)
        found["pictures"] = browser.evaluate("D.total")
        found["frame_ms"] = frame_milliseconds(browser)
        for number in args.clusters.split(","):
            browser.click(f"#cluster_{number}")
        out = Path(args.work).resolve() / "kept_clusters"
        found["clusters"] = keep_and_count(browser, out)
        if args.screenshot:
            browser.screenshot(args.screenshot)
        for number in args.clusters.split(","):
            browser.click(f"#cluster_{number}")
        draw_lasso(browser)
        browser.click("#inside")
        found["lasso"] = keep_and_count(
            browser, Path(args.work).resolve() / "kept_lasso"
        )
    print(json.dumps(found))
    for part in ("clusters", "lasso"):
        if found[part]["page_says"] != found[part]["files"]:
            sys.exit(f"the page and the folder differ: {found[part]}")


def frame_milliseconds(browser: Chromium) -> dict[str, float]:
    """Median times of painting all thumbnails, and of moving what is painted."""
    found = {}
    for name, renew in (("whole", "true"), ("moving", "false")):
        times = browser.evaluate(
            f"[...Array({FRAMES})].map(() => {{ const t = performance.now(); "
            f"stale = {renew}; paint(); "
            "canvas.getContext('2d').getImageData(0, 0, 1, 1); "
            "return performance.now() - t; })"
        )
        found[name] = round(statistics.median(times), 1)
    return found


def keep_and_count(browser: Chromium, out: Path) -> dict[str, int]:
    """Copy the command with the page's button, run it, count the files."""
    browser.evaluate(
        f"$('out').value = {json.dumps(str(out))}; $('out').dispatchEvent("
        "new Event('input'))"
    )
    browser.click("#copy")
    browser.wait_for("$('copy').textContent === 'Copied'")
    command = browser.pasted()
    browser.wait_for("$('copy').textContent !== 'Copied'")
    said = browser.evaluate("$('count').textContent")
    subprocess.run(command, shell=True, check=True, stdout=subprocess.DEVNULL)
    files = sum(path.is_file() for path in out.rglob("*"))
    return {
        "page_says": int(re.search(r"[\d,]+", said)[0].replace(",", "")),
        "files": files,
    }


def draw_lasso(browser: Chromium) -> None:
    """Around the middle of the map."""
    browser.click("#lasso")
    left, top, wide, high = browser.evaluate(
        "(b => [b.x, b.y, b.width, b.height])(canvas.getBoundingClientRect())"
    )
    side = min(wide, high)
    corners = [
        (left + wide / 2 + x * side, top + high / 2 + y * side) for x, y in LASSO
    ]
    browser.mouse("mousePressed", *corners[0])
    for corner in corners[1:]:
        browser.mouse("mouseMoved", *corner)
    browser.mouse("mouseReleased", *corners[-1])


if __name__ == "__main__":
    main()
