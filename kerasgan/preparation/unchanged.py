"""Whether the originals are still what a preparation was begun with."""

from __future__ import annotations

from typing import Any

from kerasgan.data.doctor import content_digest
from kerasgan.decoding import read_bytes
from kerasgan.integrity import UnreadableImage
from kerasgan.preparation.sources import Sources


class Unchanged:
    """Whether sources are as they were when their lines were written.

    Where the time of the last change is another one, the contents are compared; of a
    video, which has no digest in the record, they cannot be.

    Args:
        sources: as they are now.
    """

    def __init__(self, sources: Sources) -> None:
        self._folder = sources.folder
        self._states = sources.states()
        self._digests: dict[str, str] = {}

    def __call__(self, line: dict[str, Any]) -> bool:
        """Whether the source of a line of the record is; one that is gone counts so."""
        file, before = line["file"], list(line["state"])
        now = list(self._states.get(file, before))  # gone: its pictures stay
        if now == before:
            return True
        return now[:1] == before[:1] and self._digest(file) == line.get("digest")

    def _digest(self, file: str) -> str | None:
        if file not in self._digests:
            try:
                data = read_bytes(self._folder / file)
            except UnreadableImage:
                return None
            self._digests[file] = content_digest(data).hex()
        return self._digests[file]
