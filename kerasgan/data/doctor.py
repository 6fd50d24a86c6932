"""The dataset doctor: which files of a folder can be trained on, and why not the rest.

H height, W width, C channels; pictures uint8 [H, W, C], `image_size` is (H, W).

`find_files` walks the folder, `examine` reads and decodes every picture once, in
threads, and gives what it found as an `Examination`: its `table()` is what a user
sees before the training starts. The same pass hands each good picture to a `keep`
function, which is how store.py packs them without a second look.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from kerasgan.data.examination import Examination, printable
from kerasgan.decoding import decode_image, read_bytes
from kerasgan.images import check_fit, enlargement, fit_image
from kerasgan.integrity import UnreadableImage
from kerasgan.runs import RunFolder

ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif"})
MAX_ENLARGEMENT = 2.0  # beyond it a picture is a blur
DIGEST_BYTES = 16
RUN_FOLDERS = "runs of kerasgan"
Item, Result = TypeVar("Item"), TypeVar("Result")


class DataError(ValueError):
    """A folder that cannot be trained on; the message says what to do.

    Attributes:
        skipped: (name, reason) of the files that were looked at in vain.
    """

    def __init__(self, message: str, skipped: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.skipped = list(skipped)


class FoundFile(NamedTuple):
    """A file that should be a picture, as the folder lists it."""

    name: str  # relative to the folder, with forward slashes
    size: int  # bytes
    mtime_ns: int
    mode: int  # a changed permission makes a folder new


@dataclass
class Listing:
    """What the walk over a folder found; nothing has been opened yet."""

    folder: Path
    files: list[FoundFile] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    other_files: Counter[str] = field(default_factory=Counter)  # by ending


def find_files(folder: str | os.PathLike, endings: frozenset[str] = ENDINGS) -> Listing:
    """Every picture file below `folder`, sorted by name.

    Follows links, each folder once. Hidden files and folders are passed over, and so
    are run folders (`--path .` has them below it); files of other endings than
    `endings` (lower case, with the dot) are counted.

    Raises:
        DataError: no such folder, a file, or a folder that may not be read.
    """
    folder = Path(folder)
    check_folder(folder)
    listing = Listing(folder)
    seen: set[tuple[int, int]] = set()  # a folder's identity: device and inode
    waiting = deque([(folder, "")])
    while waiting:
        place, prefix = waiting.popleft()
        try:
            status = place.stat()
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            if prefix and RunFolder(place).is_ours():
                listing.other_files[RUN_FOLDERS] += 1
                continue
            with os.scandir(place) as entries:
                entries = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            if not prefix:
                raise DataError(
                    f"The picture folder {printable(folder)} must be readable. "
                    f"Received: {error.strerror}. Change its permissions."
                ) from error
            listing.skipped.append((prefix, f"cannot be read: {error.strerror}"))
            continue
        for entry in entries:
            if not entry.name.startswith("."):
                _sort_in(entry, prefix, listing, waiting, endings)
    listing.files.sort(key=lambda file: file.name)
    return listing


def check_folder(folder: str | os.PathLike) -> None:
    """Refuse what is no folder.

    Raises:
        DataError: there is nothing of that name, or a file.
    """
    folder = Path(folder)
    if not folder.exists():
        raise DataError(
            f"The picture folder must exist. Received {printable(folder)}: no such "
            "folder. Check the spelling of --path."
        )
    if not folder.is_dir():
        raise DataError(
            f"--path must be a folder of pictures. Received {printable(folder)}: a "
            f"file. Give the folder it lies in: {printable(folder.parent)}"
        )


def _sort_in(
    entry: os.DirEntry,
    prefix: str,
    listing: Listing,
    waiting: deque,
    endings: frozenset[str],
) -> None:
    """Put one entry of a folder where it belongs."""
    name = prefix + entry.name
    ending = os.path.splitext(entry.name)[1].lower()
    try:
        status = entry.stat()
    except OSError as error:  # a broken link
        if ending in endings:
            reason = f"cannot be read: {error.strerror}"
            listing.skipped.append((name, reason))
        return
    if stat.S_ISDIR(status.st_mode):
        # Real folders first: a link to one of them then adds nothing.
        add = waiting.append if entry.is_symlink() else waiting.appendleft
        add((Path(entry.path), name + "/"))
    elif ending not in endings:
        listing.other_files[ending or "no ending"] += 1
    elif not stat.S_ISREG(status.st_mode):
        listing.skipped.append((name, "not a file"))
    else:
        listing.files.append(
            FoundFile(name, status.st_size, status.st_mtime_ns, status.st_mode)
        )


def examine(
    folder: str | os.PathLike,
    *,
    image_size: tuple[int, int],
    channels: int = 3,
    fit: str = "crop",
    most_enlarged: float = MAX_ENLARGEMENT,
    copies: bool = False,
    progress: Callable[[int, int], None] | None = None,
    keep: Callable[[np.ndarray], None] | None = None,
    listing: Listing | None = None,
) -> Examination:
    """Read every picture of a folder once and say which can be used.

    Args:
        folder: any depth of subfolders, any letter case, names in any script.
        image_size: (H, W) wanted.
        channels: 1, 3 or 4.
        fit: crop, pad or stretch; see `kerasgan.images.fit_image`.
        most_enlarged: a picture that would have to grow more times is too small.
        copies: of files with the same content all are used, not the first one alone.
        progress: called as progress(done, total) after each file.
        keep: called with each usable picture, uint8 [H, W, C], in sorted order.
        listing: the folder's files where `find_files` has just been called.

    Returns:
        the Examination.

    Raises:
        DataError: there is no such folder, or no usable picture in it.

    Example:
    >>> import cv2, tempfile
    >>> folder = tempfile.mkdtemp()
    >>> cv2.imwrite(folder + "/a.png", np.zeros((64, 64, 3), np.uint8))
    True
    >>> examine(folder, image_size=(64, 64)).names
    ['a.png']
    """
    check_fit(fit)
    listing = listing or find_files(folder)
    result = Examination(str(listing.folder), tuple(image_size), channels, fit)
    result.skipped.extend(listing.skipped)
    result.other_files.update(listing.other_files)
    first_with: dict[bytes, str] = {}  # digest of a file -> its name

    def look(file: FoundFile) -> _Look:
        path = listing.folder / file.name
        return _look(path, image_size, channels, fit, most_enlarged)

    total = len(listing.files)
    found = zip(listing.files, in_threads(look, listing.files), strict=True)
    for done, (file, seen) in enumerate(found, start=1):
        original = first_with.setdefault(seen.digest, file.name)
        if seen.reason:
            result.skipped.append((file.name, seen.reason))
        elif original != file.name and not copies:
            result.skipped.append((file.name, f"same as {original}"))
        else:
            result.add(file.name, seen.shape, seen.digest.hex())
            if keep is not None:
                keep(seen.image)
        if progress is not None:
            progress(done, total)
    result.skipped.sort()
    if not result.names:
        raise DataError(_no_picture(result), result.skipped)
    return result


@dataclass(frozen=True)
class _Look:
    """What one file turned out to be: a fitted picture, or a reason."""

    digest: bytes = b""
    shape: tuple[int, int] = (0, 0)  # as it came, upright
    image: np.ndarray | None = None
    reason: str = ""


def _look(
    path: Path,
    image_size: tuple[int, int],
    channels: int,
    fit: str,
    most_enlarged: float,
) -> _Look:
    digest = b""
    try:
        data = read_bytes(path)
        digest = content_digest(data)
        image = decode_image(data, channels)
    except UnreadableImage as error:
        return _Look(digest or os.fsencode(path), reason=error.reason)
    height, width = image.shape[:2]
    if enlargement(image.shape, image_size, fit) > most_enlarged:
        return _Look(digest, reason=f"too small: {height}x{width}")
    return _Look(digest, (height, width), fit_image(image, image_size, fit))


def content_digest(data: bytes) -> bytes:
    """What tells the content of a file from that of others."""
    return hashlib.blake2b(data, digest_size=DIGEST_BYTES).digest()


def in_threads(
    function: Callable[[Item], Result], items: Iterable[Item]
) -> Iterator[Result]:
    """`map` in threads: results in order, only a few at a time in memory.

    >>> list(in_threads(lambda k: k * k, range(5)))
    [0, 1, 4, 9, 16]
    """
    threads = min(16, os.cpu_count() or 1)
    window: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="decode") as pool:
        try:
            for item in items:
                window.append(pool.submit(function, item))
                if len(window) >= 4 * threads:
                    yield window.popleft().result()
            while window:
                yield window.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def _no_picture(result: Examination) -> str:
    """The sentence for a folder that holds nothing to train on."""
    folder = printable(result.folder)
    wanted = " ".join(sorted(ending[1:] for ending in ENDINGS))
    if result.skipped:
        return (
            f"{folder} must hold at least one usable picture and holds none. "
            f"What was found:\n{result.table()}"
        )
    if result.other_files:
        return (
            f"{folder} must hold pictures ({wanted}) and holds none, only "
            f"{result.other_files_in_words()}. Convert them, or name another folder."
        )
    return f"{folder} must hold pictures ({wanted}) and is empty. Name another folder."
