"""Augmentation inside the game: D sees only altered pictures, real and fake alike.

Few pictures are learnt by heart; altered ones are harder to, and because G's
pictures are altered in the same way, differentiably, G does not learn to alter
them (Zhao et al. 2020, "DiffAugment"; Karras et al. 2020, "ADA"). Each operation
befalls each picture with probability p:

- `diffaugment`: p is fixed;
- `ada`: p starts low and follows how surely D calls real pictures real. The
  average r of sign D(x) is near 0 while D generalises and nears 1 as it learns the
  pictures by heart; p grows while r is above the target and shrinks while below.
  Above 0.85 the alterations would begin to show in G's pictures, so p stops there;
- `none`: the pictures come back as they are.

Order: colour (contrast, saturation, hue, brightness; one fused pass, derived in
`image_ops.adjust_colour`), translation, then, where switched on, rotation and zoom,
and cutout. All randomness is stateless: one draw for all operations, three numbers for
each; row k is picture k.

N batch, H height, W width, C channels; images float32 in [-1, 1], logits [N, 1].
"""

import difflib

import keras
import numpy as np
import tensorflow as tf

from kerasgan import image_ops
from kerasgan.ema import moving_average

MODES = ("ada", "diffaugment", "none")
AVERAGED_IMAGES = 500  # half-life of the average of sign D(x)
CUTOUT_SHARE = 0.5  # of each side
MAX_ROTATION = np.pi / 12  # radians, 15 degrees
MAX_ZOOM = 1.25
OPERATIONS = 8  # that numbers are drawn for; another number of them changes every run


@keras.saving.register_keras_serializable(package="kerasgan")
class Augment(keras.layers.Layer):
    """Alters pictures differentiably, each with probability `p` per operation.

    `p` and `real_sign` (the average of sign D(x)) are float32 weights and saved with
    the model; the rest is settings.

    Args:
        mode: "ada", "diffaugment" or "none".
        probability: The fixed p of "diffaugment".
        initial_probability: The first p of "ada".
        target: What "ada" steers the average of sign D(x) to.
        speed_images: Images in which "ada" can move p from 0 to 1.
        min_probability, max_probability: "ada" keeps p between them.
        brightness: Largest change, in the units of the images.
        contrast: Factors from 1 - contrast to 1 + contrast.
        saturation: Factors from 1 - saturation to 1 + saturation.
        hue: Largest turn in radians; 0 is off.
        translation: Largest shift as a share of the side, in whole pixels.
        cutout: Whether to hide a rectangle of half the sides.
        geometric: Whether to rotate (up to 15 degrees) and zoom (up to 1.25 times).

    Raises:
        ValueError: If a setting is out of its range.

    >>> augment = Augment(mode="diffaugment", probability=1.0)
    >>> images = tf.zeros((2, 16, 16, 3))
    >>> altered = augment.augment(images, seed=[0, 1])
    >>> altered.shape.as_list(), bool(tf.reduce_any(altered != images))
    ([2, 16, 16, 3], True)
    """

    def __init__(
        self,
        mode: str = "ada",
        *,
        probability: float = 0.5,
        initial_probability: float = 0.0,
        target: float = 0.6,
        speed_images: int = 100_000,
        min_probability: float = 0.0,
        max_probability: float = 0.85,
        brightness: float = 0.5,
        contrast: float = 0.5,
        saturation: float = 1.0,
        hue: float = 0.0,
        translation: float = 0.125,
        cutout: bool = False,
        geometric: bool = False,
        **kwargs,
    ):
        kwargs.setdefault("dtype", "float32")
        super().__init__(autocast=False, **kwargs)
        self.mode = _known_mode(mode)
        self.probability = _within("probability", probability, 0, 1)
        self.max_probability = _within("max_probability", max_probability, 0, 1)
        self.min_probability = _within(
            "min_probability", min_probability, 0, max_probability
        )
        self.initial_probability = _within(
            "initial_probability", initial_probability, min_probability, max_probability
        )
        self.target = _within("target", target, -1, 1)
        self.speed_images = _within("speed_images", speed_images, 1, np.inf)
        self.brightness = _within("brightness", brightness, 0, 2)
        self.contrast = _within("contrast", contrast, 0, 1)
        self.saturation = _within("saturation", saturation, 0, 1)
        self.hue = _within("hue", hue, 0, np.pi)
        self.translation = _within("translation", translation, 0, 1)
        self.cutout = bool(cutout)
        self.geometric = bool(geometric)
        starts = {"ada": initial_probability, "diffaugment": probability, "none": 0.0}
        self.p = self._add_number("p", starts[mode])
        self.real_sign = self._add_number("real_sign", 0.0)
        self.built = True

    def _add_number(self, name: str, start: float) -> keras.Variable:
        return self.add_weight(
            name=name,
            shape=(),
            initializer=keras.initializers.Constant(start),
            dtype="float32",
            trainable=False,
            autocast=False,
            aggregation="mean",
        )

    def augment(self, images, seed) -> tf.Tensor:
        """The altered pictures; differentiable in `images` any number of times.

        Args:
            images: [N, H, W, C] with 1, 3 or 4 channels.
            seed: [2] integers (int32 or int64); the same seed alters alike.

        Returns:
            [N, H, W, C] float32.

        Raises:
            ValueError: If the images have another shape.
        """
        images = image_ops.as_images(images)
        if self.mode == "none":
            return images
        shape = [tf.shape(images)[0], OPERATIONS, 3]
        drawn = tf.random.stateless_uniform(shape, seed)
        chosen = tf.cast(drawn[:, :, :1] < self.p, tf.float32)  # [N, 8, 1]
        strengths = chosen * (2.0 * drawn[:, :, 1:] - 1.0)  # [N, 8, 2] in [-1, 1]
        *colour, shift, rotation, zoom, place = tf.unstack(strengths, axis=1)  # [N, 2]
        images = self._alter_colour(images, *(each[:, 0] for each in colour))
        if self.translation:
            images = self._translate(images, shift)
        if self.geometric:
            angle, scale = MAX_ROTATION * rotation[:, 0], MAX_ZOOM ** zoom[:, 0]
            images = image_ops.affine(images, angle=angle, scale=scale)
        if self.cutout:
            images = self._cut_out(images, chosen[:, -1], place)
        return images

    def update(self, real_logits) -> None:
        """Moves p, in mode "ada", by what D says of altered real images; graph-side.

        Signs mean "real" or "fake" only where the loss makes them: for Wasserstein
        and relativistic losses give `real_logits - fake_logits`.

        Args:
            real_logits: [N, 1].
        """
        if self.mode != "ada":
            return
        real_logits = tf.cast(real_logits, tf.float32)
        batch = tf.cast(tf.shape(real_logits)[0], tf.float32)
        sign = tf.reduce_mean(tf.sign(real_logits))
        moving_average(self.real_sign, sign, 0.5 ** (batch / AVERAGED_IMAGES))
        step = tf.sign(self.real_sign - self.target) * batch / self.speed_images
        limits = (self.min_probability, self.max_probability)
        self.p.assign(tf.clip_by_value(self.p + step, *limits))

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "mode": self.mode,
            "probability": self.probability,
            "initial_probability": self.initial_probability,
            "target": self.target,
            "speed_images": self.speed_images,
            "min_probability": self.min_probability,
            "max_probability": self.max_probability,
            "brightness": self.brightness,
            "contrast": self.contrast,
            "saturation": self.saturation,
            "hue": self.hue,
            "translation": self.translation,
            "cutout": self.cutout,
            "geometric": self.geometric,
        }

    def _alter_colour(self, images, brightness, contrast, saturation, hue):
        coloured = images.shape[-1] > 1

        def times(most, strength):  # a number 0 where the operation is off
            return most * strength if most else 0.0  # [N]

        return image_ops.adjust_colour(
            images,
            delta=times(self.brightness, brightness),
            contrast=1.0 + times(self.contrast, contrast),
            saturation=1.0 + times(coloured and self.saturation, saturation),
            hue=times(coloured and self.hue, hue),
        )

    def _translate(self, images, strengths):
        sides = tf.cast(tf.shape(images)[1:3], tf.float32)
        most = tf.floor(self.translation * sides)  # [2]
        # Half a pixel more before rounding: each whole shift is equally likely.
        offsets = tf.clip_by_value(tf.round(strengths * (most + 0.5)), -most, most)
        return image_ops.translate(images, tf.cast(offsets, tf.int32))

    def _cut_out(self, images, chosen, places):
        sides = tf.cast(tf.shape(images)[1:3], tf.float32)  # [2]
        size = tf.cast(CUTOUT_SHARE * sides * chosen, tf.int32)  # [N, 2], 0 if spared
        centres = tf.cast((1.0 + places) / 2.0 * sides, tf.int32)
        return image_ops.cutout(images, centres, size)


def _known_mode(mode: str) -> str:
    if mode in MODES:
        return mode
    nearest = difflib.get_close_matches(str(mode), MODES, n=1, cutoff=0.0)[0]
    raise ValueError(
        f"augment must be one of {', '.join(MODES)}. Received {mode!r}: "
        f"the nearest is {nearest!r}."
    )


def _within(name: str, value: float, low: float, high: float) -> float:
    if not low <= value <= high:
        raise ValueError(
            f"{name} must be between {low} and {high}. Received {value}: "
            "leave it out for the default."
        )
    return value
