"""The half of `curate` that keeps pictures of a finished curation: `--keep 3,7`.

Imports no TensorFlow, and nothing heavy before the flags are found right.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from absl import flags

from kerasgan.cli.counter import counter
from kerasgan.cli.curation_names import KEEPING, PAGE, SUMMARY, TABLE
from kerasgan.cli.failures import Failure, UsageError
from kerasgan.cli.typed import typed
from kerasgan.hints import nearest_hint
from kerasgan.runs import RunError, read_json

if TYPE_CHECKING:
    from kerasgan.curation.keeping import Polygon

DROPPED = ("outliers", "duplicates")
WITH_KEEPING = (*KEEPING, "drop", "curation", "copy", "out", "debug")


def keep_some(values: flags.FlagValues) -> int:
    """Bring the chosen pictures of a finished curation into a folder of their own."""
    for name in values:
        if values[name].present and name not in WITH_KEEPING:
            raise UsageError(
                f"--{name} must go without --keep, which takes pictures from a "
                "finished curation: leave it out."
            )
    if not values.out:
        raise UsageError(
            "--out must name a folder for the kept pictures. Received none: "
            f"{typed()} --TYPE curate --keep {values.keep or '1'} --out kept"
        )
    numbers = parse_clusters(values.keep or "")
    polygons = [parse_polygons(name, values[name].value) for name in KEEPING[1:]]
    drop = parse_drop(values.drop or "")
    curation = find_curation(values.curation)
    folder = sorted_folder(curation)
    out = Path(values.out)
    check_kept_out(out, Path(folder), curation)
    import numpy as np

    from kerasgan.curation.keeping import Choice, changed, choose, keep
    from kerasgan.curation.sorted_pictures import SortedPictures
    from kerasgan.data.examination import printable

    pictures = SortedPictures.read(curation / TABLE)
    kept = choose(pictures, Choice(numbers, *polygons, drop))
    places = np.flatnonzero(kept)
    names = [pictures.names[k] for k in places]
    contents = [pictures.contents[k] for k in places]
    others = changed(folder, names, contents, counter("looking at"))
    copied = keep(folder, names, out, copy=values.copy, progress=counter("keeping"))
    if others:
        print(
            f"{len(others):,} of them changed since they were sorted, such as "
            f"{printable(others[0])}: curate --path {shlex.quote(folder)} sorts them "
            "anew."
        )
    how = f"{copied:,} copied, {len(names) - copied:,} hard links"
    print(
        f"{len(names):,} of {len(pictures.names):,} pictures in {out}/ ({how}).\n"
        f"Train on them: {typed()} --path {shlex.quote(str(out))}"
    )
    return 0


def find_curation(named: str | None) -> Path:
    """The curation that was named, or the newest in this folder.

    Raises:
        UsageError: there is none.
    """
    if named is not None:
        if not (Path(named) / SUMMARY).is_file():
            raise UsageError(
                f"--curation must be the --out of a finished curation. Received "
                f"{named}, which has no {SUMMARY}: run curate --path FOLDER --out "
                f"{named} to its end first."
            )
        return Path(named)
    finished = [path for path in Path().glob(f"*/{SUMMARY}") if path.is_file()]
    if not finished:
        raise UsageError(
            "--keep must have a finished curation to keep from, and there is none in "
            "this folder: name one by --curation, or sort first: "
            f"{typed()} --TYPE curate --path FOLDER --out sorted"
        )
    return max(finished, key=lambda path: path.stat().st_mtime).parent


def sorted_folder(curation: Path) -> str:
    """The folder whose pictures a finished curation sorted.

    Raises:
        Failure: its summary is damaged.
    """
    try:
        folder = read_json(curation / SUMMARY)["folder"]
    except (RunError, KeyError, TypeError):
        folder = None
    if not isinstance(folder, str):
        raise Failure(
            f"{curation / SUMMARY} must be as curate wrote it and is damaged. Run "
            "curate again with the --path and --out that it was made with."
        )
    return folder


def check_kept_out(out: Path, folder: Path, curation: Path) -> None:
    """Refuse a folder for the kept pictures that is not theirs alone.

    Raises:
        UsageError: it has something in it, or lies where it must not.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(
            f"--out must be a new or empty folder. Received {out}, which holds "
            "something: name another."
        )
    for place in (folder.resolve(), curation.resolve()):
        if out.resolve() == place or place in out.resolve().parents:
            raise UsageError(
                f"--out must lie outside {place}, which stays as it is. Received {out}."
            )


def parse_clusters(text: str) -> tuple[int, ...]:
    """
    >>> parse_clusters("3,7")
    (3, 7)

    Raises:
        UsageError: other things than numbers.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isdecimal() for part in parts):
        raise UsageError(
            f"--keep must be numbers of clusters with commas. Received {text}: try 3,7."
        )
    return tuple(sorted({int(part) for part in parts}))


def parse_polygons(flag: str, text: str | None) -> tuple[Polygon, ...]:
    """Corners `x,y,x,y,...` of each polygon, polygons with `;` between them.

    >>> [polygon.tolist() for polygon in parse_polygons("inside", "0,0,9,0,9,9")]
    [[[0, 0], [9, 0], [9, 9]]]

    Raises:
        UsageError: other things than whole numbers, or fewer than three corners.
    """
    import numpy as np

    polygons = []
    for part in (text or "").split(";"):
        if not part.strip():
            continue
        numbers = part.replace(" ", "").split(",")
        whole = all(re.fullmatch(r"\d{1,5}", number) for number in numbers)
        if not whole or len(numbers) < 6 or len(numbers) % 2:
            raise UsageError(
                f"--{flag} must be at least three corners x,y,x,y,x,y in whole "
                f"numbers. Received {part}: copy the command from {PAGE}."
            )
        polygons.append(np.array(numbers, np.int64).reshape(-1, 2))
    return tuple(polygons)


def parse_drop(text: str) -> tuple[str, ...]:
    """
    >>> parse_drop("outliers,duplicates")
    ('outliers', 'duplicates')

    Raises:
        UsageError: another word.
    """
    words = tuple(word.strip() for word in text.split(",") if word.strip())
    for word in words:
        if word not in DROPPED:
            raise UsageError(
                f"--drop must be {' or '.join(DROPPED)}, or both with a comma. "
                f"Received {word}.{nearest_hint(word, DROPPED)}"
            )
    return words
