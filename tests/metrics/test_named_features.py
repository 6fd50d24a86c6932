"""Features by name: what is behind each, and what is not."""

import keras
import numpy as np
import pytest

from kerasgan.metrics import plain_features
from kerasgan.metrics.channels import with_channels
from kerasgan.metrics.named_features import check_name, open_features

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 20, 20, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def small_model(tmp_path_factory):
    images = keras.Input((8, 8, 3))
    rows = keras.layers.GlobalAveragePooling2D()(images)
    path = tmp_path_factory.mktemp("model") / "small.keras"
    keras.Model(images, rows).save(path)
    return path


def test_a_file_s_name_stands_beside_its_numbers(small_model):
    net = open_features(small_model, pixels="0..255")
    assert net.name == "small.keras (0..255)"
    mean = IMAGES.mean(axis=(1, 2))
    np.testing.assert_allclose(net.features(IMAGES), mean, atol=2)
    assert net.identity != open_features(small_model).identity  # other pixels


def test_plain_features_whitened_otherwise_are_others(tmp_path, monkeypatch):
    before = open_features("plain").identity
    other = tmp_path / "whitening.npz"
    other.write_bytes(plain_features.WHITENING.read_bytes() + b"x")
    monkeypatch.setattr(plain_features, "WHITENING", other)
    assert open_features("plain").identity != before


def test_pictures_of_other_channels_fit_a_model(small_model):
    net = open_features(small_model, pixels="0..255")
    assert net.features(IMAGES[..., :1]).shape == (3, 3)
    assert net.features(np.concatenate([IMAGES, IMAGES[..., :1]], -1)).shape == (3, 3)


def test_alpha_is_laid_on_white_and_grey_is_repeated():
    clear = np.array([[[[0, 0, 0, 0], [10, 20, 30, 255]]]], np.uint8)
    assert with_channels(clear, 3).tolist() == [[[[255] * 3, [10, 20, 30]]]]
    grey = np.array([[[[7]]]], np.uint8)
    assert with_channels(grey, 3).tolist() == [[[[7, 7, 7]]]]
    assert with_channels(grey, 4).tolist() == [[[[7, 7, 7, 255]]]]
    assert with_channels(np.full((1, 2, 2, 3), 9, np.uint8), 1).shape == (1, 2, 2, 1)


@pytest.mark.parametrize(
    ("name", "weights", "words"),
    [
        ("inceptoin", None, "Did you mean inception"),
        ("nowhere.keras", None, "which is none"),
        (__file__, None, "or a .keras or .tflite file"),
        ("plain", __file__, "must go with --features inception"),
        ("inception", "nowhere.h5", "which is none"),
    ],
)
def test_a_name_with_nothing_behind_it_is_told(name, weights, words):
    with pytest.raises(ValueError, match=words):
        check_name(name, weights)


def test_weights_that_are_not_inception_s_are_told(tmp_path):
    path = tmp_path / "w.h5"
    path.write_bytes(b"no weights")
    with pytest.raises(ValueError, match="must have its weights"):
        open_features("inception", path)


@pytest.mark.slow
def test_inception_with_weights_from_a_file(tmp_path):
    network = keras.applications.InceptionV3(
        include_top=False, weights=None, input_shape=(299, 299, 3), pooling="avg"
    )
    path = tmp_path / "inception.weights.h5"
    network.save_weights(path)
    net = open_features("inception", path)
    assert net.name == "inception inception.weights.h5"
    assert net.features(IMAGES[:1]).shape == (1, 2048)
