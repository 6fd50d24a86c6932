"""What a SavedModel of every registered model must do, written once for all."""

import cv2
import numpy as np
import pytest
import tensorflow as tf

from kerasgan.config import CONDITIONAL, MODELS
from kerasgan.generation import pictures, write_pictures
from kerasgan.images import fit_image
from kerasgan.serving.saved_model import write_saved_model
from kerasgan.serving.signatures import PER_SEED
from kerasgan.shown import whole
from tests.serving.networks import LATENT_DIM, tiny

KINDS = [(name, 3 if name in CONDITIONAL else 0) for name in MODELS]


@pytest.fixture(
    scope="module", params=KINDS, ids=lambda kind: f"{kind[0]}-{kind[1]}-classes"
)
def exported(request, tmp_path_factory):
    """The networks, and the signatures of what was written of them."""
    served = tiny(*request.param)
    folder = tmp_path_factory.mktemp("exported") / "1"
    off = write_saved_model(served, folder, name="tiny", metadata={})
    assert off < 0.01
    loaded = tf.saved_model.load(str(folder))
    yield request.param[0], served, loaded.signatures  # whose variables `loaded` holds


def ask(signature, **inputs):
    return {k: v.numpy() for k, v in signature(**inputs).items()}


def sample(exported, numbers, labels=None, truncation=1.0):
    _, served, signatures = exported
    inputs = {
        "seeds": tf.constant(numbers, tf.int64),
        "truncation": tf.fill([len(numbers)], truncation),
    }
    if served.classes:
        labels = -1 if labels is None else labels
        inputs["labels"] = tf.fill([len(numbers)], tf.constant(labels, tf.int64))
    return ask(signatures["sample"], **inputs)


def as_generated(served, count, folder, **options):
    """The files that `generate` writes."""
    options = {"seed": 0, "truncation": 1.0, "classes": served.classes} | options
    write_pictures(served.generator, folder, count=count, note={}, **options)
    return [path.read_bytes() for path in sorted(folder.glob("*.png"))]


def test_a_sample_is_the_file_that_generate_writes_whatever_the_batch(
    exported, tmp_path
):
    files = as_generated(exported[1], 100, tmp_path / "generated")
    assert sample(exported, range(100))["image_bytes"].tolist() == files
    for numbers in ([41], [8, 3, 99, 0, 64, 7, 31], range(64)):
        made = sample(exported, numbers)["image_bytes"].tolist()
        assert made == [files[number] for number in numbers]


def test_a_number_holds_the_seed_and_the_truncation_is_generates(exported, tmp_path):
    name, served, _ = exported
    truncation = 0.5 if served.truncates else 1.0
    label = 2 if served.classes else None
    files = as_generated(
        served, 3, tmp_path / "other", seed=7, truncation=truncation, label=label
    )
    numbers = [7 * PER_SEED + k for k in range(3)]
    made = sample(exported, numbers, label, truncation)["image_bytes"].tolist()
    assert made == files


def test_pictures_of_latents_are_the_generators_in_any_batch(exported):
    _, served, signatures = exported
    for count in (1, 7, 64):
        made = sample(exported, range(count))
        latents = tf.constant(made["latents"])
        assert latents.shape == (count, LATENT_DIM + served.classes)
        images = ask(signatures["serving_default"], latents=latents)["images"]
        assert images.dtype == np.uint8
        theirs = pictures(served.generator, count, classes=served.classes)
        theirs = np.stack(list(theirs)).astype(int)
        assert np.abs(images - theirs).max() <= 1  # a product depends on its batch
        files = ask(signatures["generate_png"], latents=latents)["image_bytes"]
        decoded = [tf.io.decode_png(file).numpy() for file in files]
        np.testing.assert_array_equal(np.stack(decoded), images)


def test_what_is_painted_has_the_generators_gradients(exported):
    _, served, signatures = exported
    latents = np.random.default_rng(0).normal(size=(2, LATENT_DIM)).astype(np.float32)
    latents = np.concatenate([latents, np.eye(3, dtype=np.float32)[:2]], axis=1)
    latents = latents[:, : LATENT_DIM + served.classes]

    def slopes(images_of):
        z = tf.Variable(latents)
        with tf.GradientTape() as tape:
            images = images_of(tf.identity(z))
            loss = tf.reduce_sum(tf.sin(3 * images))
        return images.numpy(), tape.gradient(loss, z).numpy()

    painted = slopes(lambda z: signatures["paint"](latents=z)["images"])
    theirs = slopes(lambda z: whole(served.generator(z, training=False)))
    for mine, other in zip(painted, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-3, atol=1e-3)
        assert np.abs(other).max() > 1e-2


def test_a_score_is_what_d_says_of_the_picture_as_it_is_packed(exported):
    name, served, signatures = exported
    if name == "average":
        assert "score" not in signatures
        return
    rng = np.random.default_rng(0)
    large = rng.integers(0, 256, (2, 40, 24, 3)).astype(np.uint8)
    data = [cv2.imencode(".png", each[..., ::-1])[1].tobytes() for each in large]
    said = ask(signatures["score"], image_bytes=tf.constant(data))
    small = np.stack([fit_image(each, (16, 16)) for each in large]) / 127.5 - 1
    small = tf.constant(small, tf.float32)
    shapes = served.discriminator.input_shape
    if name == "msggan":
        small = [tf.nn.avg_pool2d(small, k, k, "VALID") for k in (4, 2, 1)]
    elif served.classes:  # whatever the class: as of none
        assert shapes[1] == (None, 3)
        small = [small, tf.zeros([2, 3])]
    logits = served.discriminator(small).numpy()[:, 0]
    np.testing.assert_allclose(said["score"], logits, rtol=0.02, atol=0.02)
    assert said["features"].shape[0] == 2
    assert said["features"].std() > 0


def test_only_a_model_with_an_encoder_encodes(exported):
    name, served, signatures = exported
    assert ("encode" in signatures) == (name == "vaegan")
    if name == "vaegan":
        files = sample(exported, range(2))
        latents = ask(
            signatures["encode"], image_bytes=tf.constant(files["image_bytes"])
        )["latents"]
        images = np.stack(list(pictures(served.generator, 2))) / 127.5 - 1
        mean, _ = served.encoder(tf.constant(images, tf.float32))
        np.testing.assert_allclose(latents, mean, atol=1e-3)
