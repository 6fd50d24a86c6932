"""What a preparation kept and dropped, on one page that opens from disk.

One HTML file with everything in it: no network, no script, light and dark as the
reader's system is. It shows some of the pictures kept, evenly spread, and the first
few dropped for each reason, so that it stays below some 3 MB for any number of
pictures; the record beside it has them all.
"""

from __future__ import annotations

import html
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kerasgan import __version__
from kerasgan.data.examination import kind_of, printable
from kerasgan.images import UnreadableImage, read_image
from kerasgan.preparation.record import RECORD, Record
from kerasgan.preparation.state import PASSING, THUMBNAILS, thumbnail
from kerasgan.preparation.tally import Tally
from kerasgan.runs import write_atomically

KEPT_SHOWN = 240
NAME_SHOWN = 40  # characters

STYLE = """
:root { color-scheme: light dark; --ink: #1d1d1f; --paper: #fff; --line: #d8d8dc; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8e8ea; --paper: #16161a; --line: #3a3a40; }
}
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem;
  padding: 0 1rem; color: var(--ink); background: var(--paper); }
table { border-collapse: collapse; }
td { padding: .15rem 1.2rem .15rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; overflow-wrap: anywhere; }
.pictures { display: flex; flex-wrap: wrap; gap: .5rem; }
figure { margin: 0; width: 6rem; }
figure img { width: 6rem; height: 6rem; object-fit: contain; display: block;
  background: var(--line); }
figcaption { font-size: 11px; line-height: 1.3; overflow-wrap: anywhere; }
.none { width: 6rem; height: 6rem; display: grid; place-items: center;
  background: var(--line); font-size: 11px; }
"""


def write_report(record: Record, tally: Tally, settings: dict[str, Any]) -> Path:
    """Write the page beside the record; its path.

    Args:
        record: of a preparation, which is read once more.
        tally: what it came to.
        settings: shown as they are.

    Raises:
        OSError: it cannot be written there.
    """
    kept, dropped = _chosen(record, tally)
    sections = [
        _section(f"Kept: {tally.pictures:,}", _shown(len(kept), tally.pictures), kept)
    ]
    for kind, count in tally.reasons.most_common():
        figures = dropped[kind]
        remark = _shown(len(figures), count)
        if kind in PASSING:
            remark = "The next start tries again."
        sections.append(_section(f"Dropped, {kind}: {count:,}", remark, figures))
    page = _page(record, tally, settings, sections)
    write_atomically(record.report, page.encode("utf-8", "replace"))
    return record.report


def _chosen(record: Record, tally: Tally) -> tuple[list[str], dict[str, list[str]]]:
    """Figures of some of the pictures kept, and of some dropped for each reason."""
    step = max(1, -(-tally.pictures // KEPT_SHOWN))
    kept: list[str] = []
    dropped: dict[str, list[str]] = defaultdict(list)
    number = 0
    for line in record.lines():
        for picture in line["kept"]:
            if number % step == 0:
                name = picture["picture"]
                about = _about(line["source"], name, picture)
                kept.append(_figure(_small(record.out / name), about))
            number += 1
        for cut in line["dropped"]:
            figures = dropped[kind_of(cut["reason"])]
            if len(figures) < THUMBNAILS:
                about = _about(line["source"], cut["reason"], cut)
                figures.append(_figure(cut.get("thumbnail", ""), about))
    return kept, dropped


def _about(source: str, what: str, note: dict[str, Any]) -> tuple[str, str]:
    """A caption, and what shows when the mouse rests on the picture."""
    name = printable(source.rpartition("/")[2])
    short = name if len(name) <= NAME_SHOWN else f"...{name[3 - NAME_SHOWN :]}"
    more = [printable(f"{source}: {what}")]
    more += [f"{name} {note[name]}" for name in ("box", "score") if name in note]
    return printable(f"{short}: {what.rpartition('/')[2]}"), ", ".join(more)


def _small(file: Path) -> str:
    """A thumbnail of a written picture; empty where somebody has removed it."""
    try:
        return thumbnail(read_image(file))
    except UnreadableImage:
        return ""


def _figure(jpeg: str, about: tuple[str, str]) -> str:
    caption, title = (html.escape(text, quote=True) for text in about)
    image = '<div class="none">no picture</div>'
    if jpeg:
        source = html.escape(f"data:image/jpeg;base64,{jpeg}", quote=True)
        image = f'<img src="{source}" alt="" loading="lazy">'
    return f'<figure title="{title}">{image}<figcaption>{caption}</figcaption></figure>'


def _shown(shown: int, of: int) -> str:
    """
    >>> _shown(3, 3), _shown(48, 2000)
    ('', '48 of them')
    """
    return "" if shown == of else f"{shown:,} of them"


def _section(title: str, remark: str, figures: list[str]) -> str:
    paragraph = f"<p>{remark}</p>" if remark else ""
    pictures = f'<div class="pictures">{"".join(figures)}</div>'
    return f"<h2>{html.escape(title)}</h2>{paragraph}{pictures}"


def _page(
    record: Record, tally: Tally, settings: dict[str, Any], sections: Iterable[str]
) -> str:
    given = [(name, str(value)) for name, value in settings.items() if value != ""]
    title = html.escape(f"What prepare made of {printable(settings['path'])}")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{STYLE}</style></head><body>\n"
        f"<h1>{title}</h1>\n{_table(tally.rows())}\n"
        f"<p>Every picture and its reason: {RECORD}, beside this page.</p>\n"
        + "\n".join(sections)
        + f"\n<h2>Settings</h2>{_table(given)}<p>kerasgan {__version__}</p>\n"
        "</body></html>\n"
    )


def _table(rows: Iterable[tuple[str, str]]) -> str:
    cells = (
        f"<tr><td>{html.escape(printable(left))}</td>"
        f"<td>{html.escape(printable(right))}</td></tr>"
        for left, right in rows
    )
    return f"<table>{''.join(cells)}</table>"
