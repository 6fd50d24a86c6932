"""What a name means in latents: a saved latent, a photo, a folder, a seed, a direction.

Looked up in this order: `mean`; `seed:7`; directions of the run; names in the
latents.npz that was named by a flag; a photo or a folder of that name, whose photos are
projected; names in the latents.npz that the word project left in the run.

Legend: points [...] of the run's space.
"""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from absl import flags

from kerasgan.cli.failures import UsageError
from kerasgan.cli.photos import Photos, read_photos
from kerasgan.cli.trained import Trained, usual_space
from kerasgan.data.doctor import DataError
from kerasgan.data.latent_files import LatentFileError, Latents, point_of, read_latents
from kerasgan.hints import nearest_hint

if TYPE_CHECKING:
    from collections.abc import Iterable

MEAN = "mean"
SEED = "seed:"
MOST_PHOTOS = 64  # of a folder that are projected for its mean
MOST_SEED = 2**31 - 1


def directions_file(trained: Trained) -> Path:
    """The run's directions in one space of one generator; others lie beside it."""
    usual = (usual_space(trained.config), "ema")
    if (trained.space_name, trained.which) == usual:
        return trained.run.path / "directions.npz"
    return trained.run.path / f"directions_{trained.space_name}_{trained.which}.npz"


class UnknownName(KeyError):
    """A name that means nothing; its first argument is the sentence."""


class Names:
    """Looks names up for one run; photos are projected when their point is wanted.

    Args:
        trained: the run.
        values: the flags of a search, and `latents`, `path` where the word has them.

    Raises:
        LatentFileError: the file of latents that was named cannot be read.
    """

    def __init__(self, trained: Trained, values: flags.FlagValues) -> None:
        self.trained, self.values = trained, values
        self.folder = Path(values.path or ".") if "path" in values else Path(".")
        self._kinds: dict[str, str] = {}
        self._photos: dict[str, Photos] = {}  # of photos and folders
        self._points: dict[str, np.ndarray] = {}  # of the same
        if self.latents_named:  # needed or not, it was asked for
            read_latents(self.latents_file)

    def kind(self, name: str) -> str:
        """mean, seed, direction, latent, photo or folder; looked up once.

        Raises:
            UnknownName: none of these.
        """
        if name not in self._kinds:
            self._kinds[name] = self._kind(name)
        return self._kinds[name]

    def _kind(self, name: str) -> str:
        if name == MEAN:
            return "mean"
        if name.startswith(SEED):
            self._seed(name)
            return "seed"
        if name in self._directions():
            self._check_one_meaning(name)
            return "direction"
        place = self.place(name) if name else None
        there = place is not None and exists(place)
        if (self.latents_named or not there) and self._saved(name) is not None:
            return "latent"
        if not there:
            raise UnknownName(self._unknown(name or '""'))
        try:
            self._photos[name] = read_photos(place, self.trained.config, MOST_PHOTOS)
        except DataError as error:
            raise UnknownName(str(error)) from None
        return "folder" if place.is_dir() else "photo"

    def check_places(self, names: Iterable[str]) -> None:
        """Look names up, which must be of points and not of directions, without a
        search.

        Raises:
            UsageError: a sentence for the first that means nothing, or no point.
        """
        for name in names:
            try:
                kind = self.kind(name)
            except UnknownName as error:
                raise UsageError(error.args[0]) from None
            if kind == "direction":
                raise UsageError(
                    f"{name} must be a point, such as a photo or {SEED}7, and is a "
                    "direction, which has no picture of its own: see --TYPE arithmetic "
                    f'--expr "{SEED}7 + {name}" --strength -2..2.'
                )

    def point(self, name: str) -> np.ndarray:
        """What a name stands for: a point, a folder's mean point, a direction.

        Raises:
            UnknownName: it means nothing.
            LatentFileError: latents of another generator.
        """
        kind = self.kind(name)
        if kind == "mean":
            return self.trained.space.centre
        if kind == "seed":
            return self.trained.space.draw(0, self._seed(name), 1)[0]
        if kind == "latent":
            return self._own(self.latents_file, name)
        if kind == "direction":
            return self._own(directions_file(self.trained), name)
        self.search([name])
        return self._points[name]

    def search(self, names: Iterable[str]) -> None:
        """Project the photos and folders among the names together, which is quicker
        than one by one as `point` comes to them; what is saved is checked first.

        Raises:
            LatentFileError: latents or directions of another generator, or damaged.
        """
        names = list(names)
        if self.latents_named:  # even if no name is out of it
            self._check(read_latents(self.latents_file), self.latents_file)
        for name in names:
            if self.kind(name) in ("latent", "direction"):
                self.point(name)
        wanted = [
            name
            for name in dict.fromkeys(names)
            if name in self._photos and name not in self._points
        ]
        if not wanted:
            return
        from kerasgan.cli.searching import cached_parts

        parts = [self._photos[name] for name in wanted]
        found = cached_parts(self.trained, parts, self.values)
        means = [points.mean(axis=0) for points in found]
        self._points |= dict(zip(wanted, means, strict=True))

    def place(self, name: str) -> Path:
        """Where a photo or folder of that name would lie."""
        return self.folder / name if exists(self.folder / name) else Path(name)

    @property
    def latents_named(self) -> bool:
        """Whether a flag names the file of latents."""
        return bool("latents" in self.values and self.values.latents)

    @property
    def latents_file(self) -> Path | None:
        """The latents that were named, or those that `project` left in the run."""
        if self.latents_named:
            return Path(self.values.latents)
        file = self.trained.run.path / "projected" / "latents.npz"
        return file if file.is_file() else None

    def known(self) -> list[str]:
        """All names that are saved."""
        file = self.latents_file
        latents = read_latents(file).names if file and file.is_file() else []
        return [*self._directions(), *latents]

    def _directions(self) -> list[str]:
        file = directions_file(self.trained)
        return read_latents(file).names if file.is_file() else []

    def _seed(self, name: str) -> int:
        number = name.removeprefix(SEED)
        if not number.isascii() or not number.isdigit():
            hint = spaced_hint(name) if number[:1].isdigit() else ""
            raise UnknownName(
                f"Behind {SEED} there must be the number of a picture of generate. "
                f"Received {name}.{hint}"
            )
        if int(number) > MOST_SEED:
            raise UnknownName(
                f"The number behind {SEED} must be at most {MOST_SEED}. "
                f"Received {name}."
            )
        return int(number)

    def _check_one_meaning(self, name: str) -> None:
        place = self.place(name)
        if exists(place):
            raise UnknownName(
                f"{name} must mean one thing, and is a direction of the run as well as "
                f'{place}. For the photos write "./{name}"; for the direction learn it '
                "under another name."
            )

    def _saved(self, name: str) -> np.ndarray | None:
        file = self.latents_file
        if file is None:
            return None
        latents = read_latents(file)
        try:
            return point_of(latents, name)
        except LatentFileError as error:  # there are several
            raise UnknownName(str(error)) from None

    def _own(self, file: Path, name: str) -> np.ndarray:
        latents = read_latents(file)
        self._check(latents, file)
        return point_of(latents, name)

    def _check(self, latents: Latents, file: Path) -> None:
        from kerasgan.data.latent_files import check_origin

        check_origin(latents, file, self.trained.fingerprint, self.trained.origin)
        if latents.space != self.trained.space_name:
            raise LatentFileError(
                f"{file} must hold points of {self.trained.space_name} and holds some "
                f"of {latents.space}: add --space {latents.space}."
            )

    def _unknown(self, name: str) -> str:
        known = self.known()
        hint = nearest_hint(name, known)
        for file in sorted(self.trained.run.path.glob("directions*.npz")):
            if name in read_latents(file).names:
                hint = f" It is a direction of {file}: see --space and --which."
        hint = hint or spaced_hint(name)
        return (
            f"{name} must be a photo, a folder of photos, {SEED}NUMBER, {MEAN}, or the "
            f"name of a saved latent or direction. There is none of that name.{hint}"
        )


def spaced_hint(name: str) -> str:
    """What to say of a name that may have been meant as two and an operator.

    >>> spaced_hint("me/2"), spaced_hint("me")
    (' The operators - and / need a space before them.', '')
    """
    meant = set("-/") & set(name)
    return " The operators - and / need a space before them." if meant else ""


def exists(path: Path) -> bool:
    """Whether there is something of that name, however long the name.

    >>> exists(Path("a" * 1000))
    False
    """
    try:
        return path.exists()
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return False
        raise
