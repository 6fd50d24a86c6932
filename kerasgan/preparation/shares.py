"""A number of pictures shared out among the sources that can give some.

Each source in turn gives an equal share of what is missing, so that what one lacks
those after it give. Where pictures are missing at the end, those that gave all of
theirs are asked again, until there are enough or none is left that can give more. All
of it follows from the record, so that a start after a kill asks as the one before
would have.
"""

from __future__ import annotations

import bisect
import dataclasses
import itertools
from collections.abc import Iterator

from kerasgan.preparation.sources import Source, Sources
from kerasgan.preparation.state import State


@dataclasses.dataclass(frozen=True)
class Shares:
    """Pictures to be shared out.

    Attributes:
        wanted: how many in all.
        usable: places of the sources that can give some, in order; see
            `cutting.usable_places`.
    """

    wanted: int
    usable: list[int]

    def turns(self, sources: Sources, state: State) -> Iterator[Source]:
        """The sources in the order in which they are asked, each with its share.

        Each must be settled before the next one is taken.
        """
        for source in sources.walk(state.done):
            others = bisect.bisect_left(self.usable, source.place)
            yield self._asked(source, state, len(self.usable) - others)
        for goes in itertools.count(1):
            if not state.able(goes):
                return
            names = state.able(goes, exactly=True)
            for before, source in enumerate(sources.walk(only=names)):
                if state.tally.pictures >= self.wanted:
                    return
                yield self._asked(source, state, len(names) - before)

    def _asked(self, source: Source, state: State, sharing: int) -> Source:
        """A source with its share, where it and those after it are `sharing`."""
        missing = max(0, self.wanted - state.tally.pictures)
        given = state.given[source.name]
        share = given.left or -(-missing // max(1, sharing))
        return dataclasses.replace(source, first=given.pictures, share=share)
