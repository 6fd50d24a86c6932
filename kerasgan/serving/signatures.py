"""What a served generator answers: latents or seeds in, pictures out; pictures in,
realism and latents out.

Each is a function of named tensors, traced into a SavedModel. What is asked wrongly is
an error of that request: the sentence says what must hold.

    serving_default  latents [N, Z + K]                  -> images [N, H, W, C] uint8
    paint            latents [N, Z + K]                  -> images [N, H, W, C] float32
    generate_png     latents [N, Z + K]                  -> image_bytes [N]
    sample           seeds [N], truncation [N], labels [N] -> image_bytes [N], latents
    score            image_bytes [N]                     -> score [N], features [N, F]
    encode           image_bytes [N]                     -> latents [N, Z]

Legend: N pictures, Z latent_dim, K classes (one-hot behind the latent), H height, W
width, C channels, F features; float32 unless said, images uint8.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
import tensorflow as tf

from kerasgan.generation import CHUNK, encode_pngs
from kerasgan.growing import views_of
from kerasgan.latents import draw
from kerasgan.layers import Projection
from kerasgan.modulation import Truncation
from kerasgan.serving.received import read_pictures
from kerasgan.shown import whole

MOST = 128  # pictures a request: bounds the memory
PER_SEED = 2**31  # picture k of `generate --seed s` is number s * PER_SEED + k
IN_TURN = -1  # as a label: the one that `generate` gives to that picture
IMAGE_FORMATS = ("png", "jpeg")
JPEG_QUALITY = 95

Signature = tuple[Callable[..., dict[str, tf.Tensor]], list[tf.TensorSpec]]


@dataclass
class Served:
    """A generator and what goes with it, all in float32.

    Args:
        generator: model [N, Z + K] -> [N, H, W, C] in [-1, 1].
        latent_dim: Z.
        classes: K, 0 for none.
        truncates: whether its pictures depend on the length of a latent.
        discriminator: model [N, H, W, C] -> logits [N, 1] (or of the views or the
            classes that `kerasgan.shown` tells of); without one there is no `score`.
        encoder: model [N, H, W, C] -> mean and log variance of the latent, [N, Z]
            each; without one there is no `encode`.
        image_format: of image_bytes: `png` or `jpeg`.
        fit: how a picture of another shape is made to fit: `crop`, `pad`, `stretch`.

    Raises:
        ValueError: transparency in a JPEG.
    """

    generator: keras.Model
    latent_dim: int
    classes: int = 0
    truncates: bool = True
    discriminator: keras.Model | None = None
    encoder: keras.Model | None = None
    image_format: str = "png"
    fit: str = "crop"

    def __post_init__(self) -> None:
        if self.image_format == "jpeg" and self.image_shape[2] == 4:
            raise ValueError(
                "image_format must be png for pictures with alpha. Received jpeg, "
                "which has no transparency."
            )

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(H, W, C)."""
        shapes = self.generator.output_shape
        last = shapes[-1] if isinstance(shapes, list) else shapes
        return tuple(last[1:])

    def signatures(self) -> dict[str, Signature]:
        """Each function by its name, with what it takes.

        Example:
        >>> from kerasgan.networks import dcgan
        >>> small = dcgan.build_generator((16, 16), latent_dim=4, width=2)
        >>> serve, specs = Served(small, 4).signatures()["serving_default"]
        >>> serve(tf.zeros([3, 4]))["images"].shape, specs[0].name
        (TensorShape([3, 16, 16, 3]), 'latents')
        """
        latents = [_spec("latents", tf.float32, self.latent_dim + self.classes)]
        image_bytes = [_spec("image_bytes", tf.string)]
        seeds = [_spec("seeds", tf.int64), _spec("truncation", tf.float32)]
        if self.classes:
            seeds.append(_spec("labels", tf.int64))
        made: dict[str, Signature] = {
            "serving_default": (self.serving_default, latents),
            "paint": (self.paint, latents),
            "generate_png": (self.generate_png, latents),
            "sample": (self.sample, seeds),
        }
        if self.discriminator is not None:
            made["score"] = (self.score, image_bytes)
        if self.encoder is not None:
            made["encode"] = (self.encode, image_bytes)
        return made

    def serving_default(self, latents: tf.Tensor) -> dict[str, tf.Tensor]:
        """Pictures of latents."""
        return {"images": in_bytes(self.paint(latents)["images"])}

    def paint(self, latents: tf.Tensor) -> dict[str, tf.Tensor]:
        """The same as floats in [-1, 1], which have gradients: for a search."""
        latents = self.checked_latents(latents)
        return {"images": whole(self.generator(latents, training=False))}

    def generate_png(self, latents: tf.Tensor) -> dict[str, tf.Tensor]:
        """Pictures of latents, as files."""
        return {"image_bytes": self.files(self.serving_default(latents)["images"])}

    def sample(
        self, seeds: tf.Tensor, truncation: tf.Tensor, labels: tf.Tensor | None = None
    ) -> dict[str, tf.Tensor]:
        """The pictures that `generate` makes, by number, as files; and their latents.

        The truncation of a style-based generator is none of the latent's.
        """
        seeds = checked_count(seeds)
        self.check_sampling(seeds, truncation, labels)
        numbers = seeds % PER_SEED
        latents = draw(seeds // PER_SEED, numbers, tf.constant(self.latent_dim))
        latents = tf.ensure_shape(latents, [None, self.latent_dim])
        factor = truncation[:, None]
        if not self.styles():
            latents, factor = latents * factor, tf.ones_like(factor)
        if labels is not None:
            labels = tf.where(labels == IN_TURN, numbers, labels) % self.classes
            latents = tf.concat([latents, tf.one_hot(labels, self.classes)], axis=1)
        images = in_bytes(self.in_chunks(latents, factor))
        return {"image_bytes": self.files(images), "latents": latents}

    def score(self, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        """How real D takes pictures to be (its logit, whatever their class), and its
        features."""
        judge = keras.Model(*self.judgement())
        images = self.received(image_bytes)
        shapes = self.discriminator.input_shape
        if isinstance(shapes, list) and len(shapes[0]) == len(shapes[-1]):  # views
            images = views_of(images, [shape[1] for shape in shapes])
        logits, features = judge(images, training=False)
        features = tf.cast(features, tf.float32)
        return {"score": logits[:, 0], "features": features}

    def encode(self, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        """The latents of pictures, in one pass."""
        return {"latents": self.encoder(self.received(image_bytes), training=False)[0]}

    def checked_latents(self, latents: tf.Tensor) -> tf.Tensor:
        """The same, if they are finite, as many as may be, and of the right size."""
        latents = checked_count(latents, self.latent_dim + self.classes)
        return tf.debugging.check_numerics(latents, "latents must be finite.")

    def check_sampling(
        self, seeds: tf.Tensor, truncation: tf.Tensor, labels: tf.Tensor | None
    ) -> None:
        """Refuse numbers that `generate` would refuse."""
        require(seeds >= 0, "seeds must be 0 or more.")
        same = "truncation and labels must have one number for each seed."
        require(tf.shape(truncation) == tf.shape(seeds), same)
        if self.truncates:
            finite = (truncation > 0) & (truncation < float("inf"))
            require(finite, "truncation must be above 0 and finite.")
        else:
            same_length = "truncation must be 1: these pictures do not depend on it."
            require(truncation == 1, same_length)
        if labels is not None:
            require(tf.shape(labels) == tf.shape(seeds), same)
            known = (labels >= IN_TURN) & (labels < self.classes)
            require(known, f"labels must be 0 to {self.classes - 1}, or -1: in turn.")

    def styles(self) -> bool:
        """Whether truncation acts on styles, and not on the latent."""
        return any(isinstance(layer, Truncation) for layer in self.generator.layers)

    def in_chunks(self, latents: tf.Tensor, psi: tf.Tensor) -> tf.Tensor:
        """Pictures [N, H, W, C] in [-1, 1], CHUNK at once as `generate` makes them: in
        batches of other sizes they differ by a grey level here and there."""
        count = tf.shape(latents)[0]
        missing = -count % CHUNK

        def parts(rows: tf.Tensor) -> tf.Tensor:
            rows = tf.pad(rows, [[0, missing], [0, 0]], constant_values=1)
            return tf.reshape(rows, [-1, CHUNK, rows.shape[1]])

        images = tf.map_fn(
            lambda part: self.drawn(*part),
            (parts(latents), parts(psi)),
            fn_output_signature=tf.TensorSpec((CHUNK, *self.image_shape), tf.float32),
            parallel_iterations=1,
        )
        return tf.reshape(images, [-1, *self.image_shape])[:count]

    def drawn(self, latents: tf.Tensor, psi: tf.Tensor) -> tf.Tensor:
        """Pictures in [-1, 1], of styles truncated by a psi each, [N, 1]."""
        if not self.styles():
            return whole(self.generator(latents, training=False))
        mapping, truncation, synthesis = map(
            self.generator.get_layer, ("mapping", "truncation", "synthesis")
        )
        return synthesis(truncation(mapping(latents), psi=psi), training=False)

    def files(self, images: tf.Tensor) -> tf.Tensor:
        """uint8 [N, H, W, C] -> files [N]."""
        if self.image_format == "png":
            return encode_pngs(images)
        return tf.map_fn(
            lambda image: tf.io.encode_jpeg(image, quality=JPEG_QUALITY),
            images,
            fn_output_signature=tf.TensorSpec([], tf.string),
        )

    def received(self, image_bytes: tf.Tensor) -> tf.Tensor:
        """Files [N] -> [N, H, W, C] in [-1, 1]."""
        height, width, channels = self.image_shape
        data = checked_count(image_bytes)
        return read_pictures(data, (height, width), channels, self.fit)

    def judgement(self) -> tuple[keras.KerasTensor, list[keras.KerasTensor]]:
        """D's pictures, and of them its logits [N, 1] and its features [N, F]: what the
        last layer with weights looks at, averaged over all places of a map."""
        network = self.discriminator
        images, logits = network.inputs, network.output
        last = [layer for layer in network.layers if layer.weights][-1]
        if isinstance(last, Projection):
            images = images[0]
            logits, features, _ = last.input
        else:
            features = last.input
        if len(features.shape) == 4:
            features = keras.ops.mean(features, axis=(1, 2))
        return images, [logits, features]


def in_bytes(images: tf.Tensor) -> tf.Tensor:
    """[-1, 1] -> uint8, as `images.to_uint8`.

    >>> in_bytes(tf.constant([-1.0, 0.0, 1.0, 7.0, float("nan")])).numpy().tolist()
    [0, 128, 255, 255, 0]
    """
    scaled = (images + 1) * 127.5
    scaled = tf.where(tf.math.is_nan(scaled), 0.0, scaled)
    return tf.cast(tf.round(tf.clip_by_value(scaled, 0, 255)), tf.uint8)


def checked_count(rows: tf.Tensor, *shape: int) -> tf.Tensor:
    """The same, if it is [N, *shape] and N what a request may have."""
    rows = tf.ensure_shape(rows, [None, *shape])
    count = tf.shape(rows)[0]
    allowed = tf.debugging.Assert(
        (count >= 1) & (count <= MOST),
        [f"A request must be for 1 to {MOST} pictures. Received", count],
    )
    with tf.control_dependencies([allowed]):
        return tf.identity(rows)


def require(holds: tf.Tensor, sentence: str) -> None:
    """An error with that sentence, unless it holds for all."""
    tf.debugging.Assert(tf.reduce_all(holds), [sentence])


def _spec(name: str, dtype: tf.DType, *shape: int) -> tf.TensorSpec:
    return tf.TensorSpec([None, *shape], dtype, name=name)
