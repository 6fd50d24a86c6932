"""A run's networks, opened for work with latents: project, inpaint, arithmetic ...

Legend: N pictures, Z latent_dim, K classes, H height, W width, C channels.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from absl import flags

from kerasgan.cli.failures import Failure, UsageError
from kerasgan.cli.run_flags import class_number, define_photo_label_flag, find_run
from kerasgan.config import ADVERSARIAL, TrainConfig, show
from kerasgan.images import at_once
from kerasgan.runs import RunFolder

if TYPE_CHECKING:
    import keras

    from kerasgan.latent.distances import Goal
    from kerasgan.latent.spaces import Space

SPACES = ("z", "w", "w+")
PRIORS = ("norm", "clip", "none")
ASKED = 64  # generated pictures that D is asked about, to know what is usual


def define_search_flags(values: flags.FlagValues) -> None:
    """The flags of a search for latents."""
    flags.DEFINE_enum(
        "space",
        None,
        SPACES,
        "what is searched: z|w|w+ (w where the run is of stylegan2, else z)",
        flag_values=values,
    )
    define_photo_label_flag(values)
    flags.DEFINE_integer("steps", 500, "steps of the search", flag_values=values)
    flags.DEFINE_float("rate", 0.1, "its highest learning rate", flag_values=values)
    flags.DEFINE_enum(
        "distance",
        "l2",
        ["l1", "l2"],
        "of pixels: l1 absolute, l2 squared: l1|l2",
        flag_values=values,
    )
    flags.DEFINE_float(
        "realism", None, "weight of D's opinion of the picture", flag_values=values
    )
    flags.DEFINE_float(
        "features", None, "weight of the distance in D's features", flag_values=values
    )
    flags.DEFINE_enum(
        "prior",
        "norm",
        PRIORS,
        "keeps latents where random ones lie: norm|clip|none",
        flag_values=values,
    )
    flags.DEFINE_integer("seed", 0, "of the starts", flag_values=values)


def check_search(values: flags.FlagValues) -> None:
    """Refuse numbers of a search that cannot be.

    Raises:
        UsageError: names the flag.
    """
    for name in ("steps", "rate"):
        if not 0 < values[name].value < float("inf"):
            raise UsageError(
                f"--{name} must be above 0. Received {values[name].value}."
            )
    for name in ("realism", "features"):
        value = values[name].value
        if value is not None and not 0 <= value < float("inf"):
            raise UsageError(f"--{name} must be 0 or more. Received {value}.")
    if not 0 <= values.seed < 2**31:
        raise UsageError(f"--seed must be 0 to {2**31 - 1}. Received {values.seed}.")


@dataclass
class Trained:
    """A run's generator and what goes with it; networks are loaded when asked for."""

    run: RunFolder
    config: TrainConfig
    which: str
    number: int | None = None  # of the class
    space_name: str = "z"

    @property
    def generator(self) -> keras.Model:
        """The generator, in float32."""
        return self._loaded[0]

    @cached_property
    def _loaded(self) -> tuple[keras.Model, dict[str, Any]]:
        from kerasgan.building import load_generator_and_meta

        generator, meta = load_generator_and_meta(self.run, self.config, self.which)
        if not all(np.isfinite(weight).all() for weight in generator.get_weights()):
            raise Failure(
                f"{self.run.path} must hold a generator of finite numbers. Its "
                f"{self.which} one of step {meta['step']:,} has some that are none: "
                "take another by --which, or train anew."
            )
        return generator, meta

    @cached_property
    def discriminator(self) -> keras.Model:
        """D, in float32."""
        from kerasgan import checkpoints
        from kerasgan.building import build_discriminator

        network = build_discriminator(self.config)
        best = self.which == "best"
        folder = self.run.checkpoints
        checkpoints.load_part(network, "discriminator", folder, best=best)
        return network

    @cached_property
    def label(self) -> np.ndarray | None:
        """The class as one-hot [K]; None where there are none."""
        classes = len(self.config.label_names)
        if not classes:
            return None
        return np.eye(classes, dtype=np.float32)[self.number or 0]

    @cached_property
    def space(self) -> Space:
        """The space that is searched."""
        from kerasgan.latent.spaces import open_space

        return open_space(
            self.generator, self.space_name, self.config.latent_dim, self.label
        )

    @cached_property
    def fingerprint(self) -> str:
        """Of the generator's weights."""
        from kerasgan.data.latent_files import fingerprint_of

        return fingerprint_of(weight.numpy() for weight in self.generator.weights)

    @property
    def origin(self) -> str:
        """The generator in words."""
        step = self._loaded[1]["step"]
        return f"{self.run.path} ({self.config.model}, {self.which}, step {step:,})"

    def shown(self, images: Any) -> Any:
        """Images [N, H, W, C] as D takes them: all sizes, and of the class."""
        import tensorflow as tf

        from kerasgan.shown import with_labels

        shown = images = tf.convert_to_tensor(images)
        if self.config.model == "msggan":
            from kerasgan.growing import views_of

            sides = [shape[1] for shape in self.generator.output_shape]
            shown = views_of(images, sides)
        if self.label is None:
            return shown
        labels = tf.tile(tf.constant(self.label)[None], [tf.shape(images)[0], 1])
        return with_labels(shown, labels)

    def judge(self, images: Any) -> Any:
        """D's logits [N, 1] of images [N, H, W, C], 0 where it is undecided."""
        logits = self.discriminator(self.shown(images), training=False)
        return logits - self.undecided

    @cached_property
    def undecided(self) -> float:
        """The logit of a D that cannot tell; for losses in which only differences mean
        something, what it says of generated pictures in the median."""
        import tensorflow as tf

        from kerasgan.losses import get_loss

        known = get_loss(self.config.loss).undecided
        if known is not None:
            return known
        with tf.init_scope():
            pictures = self.space.pictures(self.space.draw(0, 0, ASKED))
            said = self.discriminator(self.shown(pictures), training=False)
        return float(np.median(said))

    def features(self) -> Callable[[Any], list]:
        """D's feature maps of images, as a function."""
        import tensorflow as tf

        from kerasgan.feature_maps import feature_maps

        maps = feature_maps(self.discriminator)
        return lambda images: tf.nest.flatten(maps(self.shown(images), training=False))

    def goal(self, distance: str, realism: float, features: float) -> Goal:
        """What a search makes small."""
        from kerasgan.latent.distances import Goal

        return Goal(
            distance,
            judge=self.judge if realism else None,
            realism=realism,
            features=self.features() if features else None,
            feature_weight=features,
        )

    def encode(self) -> Callable[[np.ndarray], np.ndarray] | None:
        """Photos -> latents in one pass, where the model has an encoder."""
        if self.config.model != "vaegan" or self.space_name != "z":
            return None
        from kerasgan import checkpoints
        from kerasgan.building import build_encoder

        encoder, best = build_encoder(self.config), self.which == "best"
        checkpoints.load_part(encoder, "encoder", self.run.checkpoints, best=best)
        return lambda photos: encoder.predict(photos, verbose=0)[0]


def open_run(values: flags.FlagValues) -> Trained:
    """The run that the flags name; nothing is loaded yet.

    Raises:
        RunError: there is no such run.
        UsageError: a class or a space that it does not have, or a run without latents.
    """
    run = find_run(values.run_dir)
    config = TrainConfig.from_json(run.read_settings())
    if config.model not in ADVERSARIAL:
        raise UsageError(
            f"{run.path} must be a run whose pictures follow from latents. It is one "
            f"of {config.model}, which draws one picture: name another by --run_dir."
        )
    number, space = None, None
    if "label" in values:
        space = values.space if "space" in values else None
        number = (
            None if values.label is None else class_number(values.label, config, run)
        )
        if number is None and config.label_names:
            raise UsageError(
                f"--label must say of which class the photos are, since {run.path} "
                f"knows classes: {', '.join(config.label_names)}."
            )
    usual = usual_space(config)
    if space not in (None, "z") and usual == "z":
        raise UsageError(
            f"--space {space} must go with a run of stylegan2, which has styles. "
            f"{run.path} is one of {config.model}: use z."
        )
    return Trained(run, config, values.which, number, space or usual)


def usual_space(config: TrainConfig) -> str:
    """The space in which latents of a model are searched where none is asked for."""
    return "w" if config.model == "stylegan2" else "z"


def batch_of(config: TrainConfig, each: int = 1) -> int:
    """How many photos are searched at once, `each` times each, in bounded memory.

    >>> batch_of(TrainConfig(image_size=(128, 128)), each=2)
    8
    """
    return max(1, at_once(config.image_size) // each)


def check_each(name: str, each: int, config: TrainConfig) -> None:
    """Refuse more searches of one photo than fit into memory together.

    Raises:
        UsageError: names the flag.
    """
    most = min(64, 4 * batch_of(config))
    if not 1 <= each <= most:
        raise UsageError(
            f"--{name} must be 1 to {most} for pictures of {show(config.image_size)}. "
            f"Received {each}."
        )
