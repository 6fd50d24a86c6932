"""Features of each D, and of models in files."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasgan.config import ADVERSARIAL
from kerasgan.metrics.feature_nets import (
    FeatureError,
    default_layers,
    earlier_layers,
    file_features,
    layer_features,
)
from kerasgan.networks import NETWORKS, dcgan

IMAGES = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3)).astype(np.uint8)


def picture_model():
    images = keras.Input((8, 8, 3))
    maps = keras.layers.Conv2D(5, 3, name="maps")(images)
    rows = keras.layers.GlobalAveragePooling2D(name="rows")(maps)
    return keras.Model(images, rows, name="small")


@pytest.mark.parametrize("model", ADVERSARIAL)
def test_each_discriminator_gives_features(model):
    network = NETWORKS[model].build_discriminator((32, 32), width=4)
    layers = default_layers(network)
    assert layers == ["critic"] if model == "progan" else len(layers) == 2
    found = layer_features(network)(IMAGES)
    assert found.shape[0] == 4
    assert found.std(axis=0).max() > 0
    assert np.isfinite(found).all()


def test_a_discriminator_of_classes_needs_none_of_them():
    network = dcgan.build_discriminator((32, 32), width=4, classes=3)
    assert layer_features(network)(IMAGES).shape == (4, 48)


def test_a_map_is_pooled_to_means_and_deviations():
    network = picture_model()
    images = np.random.default_rng(1).integers(0, 256, (2, 8, 8, 3)).astype(np.uint8)
    maps = network.get_layer("maps")(images / np.float32(127.5) - 1).numpy()
    expected = np.concatenate([maps.mean((1, 2)), maps.std((1, 2))], axis=1)
    assert np.allclose(layer_features(network, ["maps"])(images), expected, atol=1e-3)


def test_the_earlier_layers_leave_the_smallest_size_out():
    network = dcgan.build_discriminator((32, 32), width=4)
    assert earlier_layers(network) == ["leaky_8x8"]


def test_a_layer_that_is_none_is_named_with_its_nearest():
    network = dcgan.build_discriminator((32, 32), width=4)
    with pytest.raises(FeatureError, match="leaky_8x. Did you mean leaky_8x8"):
        layer_features(network, ["leaky_8x"])


@pytest.mark.parametrize(
    ("pixels", "scaled"),
    [
        ("-1..1", lambda x: x / 127.5 - 1),
        ("0..1", lambda x: x / 255),
        ("0..255", float),
    ],
)
def test_a_keras_file_gives_its_output(tmp_path, pixels, scaled):
    model = picture_model()
    model.save(tmp_path / "m.keras")
    features, shape = file_features(tmp_path / "m.keras", pixels=pixels)
    assert shape == (8, 8, 3)
    images = np.full((2, 8, 8, 3), 200, np.uint8)
    expected = model(np.full((2, 8, 8, 3), scaled(200), np.float32)).numpy()
    assert np.allclose(features(images), expected, rtol=1e-3, atol=1e-3)
    assert file_features(tmp_path / "m.keras", ["maps"])[0](images).shape == (2, 10)


def test_a_tflite_file_gives_what_its_keras_model_gives(tmp_path):
    model = picture_model()
    data = tf.lite.TFLiteConverter.from_keras_model(model).convert()
    (tmp_path / "m.tflite").write_bytes(data)
    features, shape = file_features(tmp_path / "m.tflite")
    expected = layer_features(model, ["rows"])(IMAGES)  # resizes likewise
    assert shape == (8, 8, 3)
    assert np.allclose(features(IMAGES), expected, atol=1e-4)
    with pytest.raises(FeatureError, match="leave --layers out"):
        file_features(tmp_path / "m.tflite", ["maps"])


@pytest.mark.parametrize("taken", [tf.int8, tf.uint8])
def test_a_tflite_file_of_integers_gets_pictures_in_its_own_scale(tmp_path, taken):
    keras.utils.set_random_seed(0)
    model = picture_model()
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    ends = np.float32([-1, 1]).reshape(2, 1, 1, 1, 1)
    noise = np.random.default_rng(3).uniform(-1, 1, (8, 1, 8, 8, 3))
    shown = [*(ends * np.ones((2, 1, 8, 8, 3))), *noise]
    converter.representative_dataset = lambda: ([np.float32(each)] for each in shown)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = taken
    (tmp_path / "m.tflite").write_bytes(converter.convert())
    features, _ = file_features(tmp_path / "m.tflite")
    expected = layer_features(model, ["rows"])(IMAGES)
    found = features(IMAGES)
    assert np.allclose(found, expected, atol=0.02)
    # each picture's features lie nearer to its own than to any other's
    apart = np.linalg.norm(found[:, None] - expected[None], axis=2)
    assert apart.argmin(axis=1).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("name", ["m.keras", "m.tflite"])
def test_files_that_are_no_models_are_told(tmp_path, name):
    (tmp_path / name).write_bytes(b"not a model")
    with pytest.raises(FeatureError, match="must be a model that Keras or TFLite"):
        file_features(tmp_path / name)


def test_a_model_that_takes_no_pictures_is_told(tmp_path):
    rows = keras.Input((8,))
    keras.Model(rows, keras.layers.Dense(2)(rows)).save(tmp_path / "m.keras")
    with pytest.raises(
        FeatureError, match=r"takes pictures \[H, W, C\] .* takes \[8\]"
    ):
        file_features(tmp_path / "m.keras")
