"""Our operations against those of tensorflow-addons 0.23.0, the extra `[addons]`.

Importing the package as a whole fails on TensorFlow 2.16 and later: its `__init__`
imports modules that need Keras 2. The modules wanted here are plain Python on top of
TensorFlow. So the packages are put in place empty, which lets their modules be found
without running any `__init__`, and the one module of Keras 2 that they ask for (a
type, for annotations) is answered by Keras 3. Nothing of theirs is changed, their
compiled operations stay unused, and `sys.modules` is left as it was.
"""

import importlib
import importlib.util
import sys
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasgan import image_ops

PACKAGE = "tensorflow_addons"
KERAS_2 = "keras.src.engine"
SPEC = importlib.util.find_spec(PACKAGE)  # finds without importing

if SPEC is None:
    pytest.skip(
        "tensorflow-addons is not installed (the extra [addons], Python below 3.12)",
        allow_module_level=True,
    )


def load(*names):
    """The modules of these names inside the package, such as "image.cutout_ops"."""
    before = set(sys.modules)
    for name in ("", ".image", ".layers", ".utils"):
        package = types.ModuleType(PACKAGE + name)
        folder = SPEC.submodule_search_locations[0] + name.replace(".", "/")
        package.__path__ = [folder]
        sys.modules[package.__name__] = package
    sys.modules[KERAS_2] = types.ModuleType(KERAS_2)
    sys.modules[KERAS_2].keras_tensor = keras  # has KerasTensor
    try:
        importlib.import_module(f"{PACKAGE}.options").disable_custom_kernel()
        return [importlib.import_module(f"{PACKAGE}.{name}") for name in names]
    finally:
        for name in set(sys.modules) - before:
            if name.startswith((PACKAGE, KERAS_2)):
                del sys.modules[name]


transform_ops, translate_ops, distort_image_ops, cutout_ops, normalizations = load(
    "image.transform_ops",
    "image.translate_ops",
    "image.distort_image_ops",
    "image.cutout_ops",
    "layers.normalizations",
)

IMAGES = np.random.default_rng(0).uniform(-1, 1, (3, 12, 16, 3)).astype("float32")


def test_translate():
    offsets = np.array([[2, -3], [0, 0], [-20, 5]])  # (down, right)
    theirs = translate_ops.translate(IMAGES, offsets[:, ::-1].astype("float32"))
    np.testing.assert_array_equal(image_ops.translate(IMAGES, offsets), theirs)


def test_translate_between_pixels():
    offsets = np.array([[0.5, -1.25], [0.0, 0.1], [-2.5, 3.0]], "float32")
    theirs = translate_ops.translate(IMAGES, offsets[:, ::-1], "bilinear")
    ours = image_ops.affine(IMAGES, offsets=offsets)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_rotate():
    angles = np.array([0.3, -1.2, np.pi], "float32")
    theirs = transform_ops.rotate(IMAGES, angles, "bilinear")
    ours = image_ops.affine(IMAGES, angle=angles)
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_scale_shear_and_rotate_together():
    cos, sin, scale, shear = np.cos(0.3), np.sin(0.3), 1.3, 0.2
    middle_x, middle_y = 7.5, 5.5
    matrices = [  # from output to input, the last one first
        [1, 0, middle_x, 0, 1, middle_y, 0, 0],
        [1 / scale, 0, 0, 0, 1 / scale, 0, 0, 0],
        [1, -shear, 0, 0, 1, 0, 0, 0],
        [cos, -sin, 0, sin, cos, 0, 0, 0],
        [1, 0, -middle_x, 0, 1, -middle_y, 0, 0],
    ]
    composed = transform_ops.compose_transforms(
        [tf.constant([matrix], tf.float32) for matrix in matrices]
    )
    theirs = transform_ops.transform(IMAGES, composed, "bilinear")
    ours = image_ops.affine(IMAGES, angle=0.3, scale=scale, shear=shear)
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


@pytest.mark.parametrize("angle, factor", [(0.7, 1.0), (0.0, 0.3), (-2.0, 1.8)])
def test_hue_and_saturation(angle, factor):
    theirs = distort_image_ops.adjust_hsv_in_yiq(IMAGES, angle, factor)
    ours = image_ops.adjust_colour(IMAGES, hue=angle, saturation=factor)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_cutout():
    centres = np.array([[0, 0], [5, 8], [11, 15]], "int32")
    theirs = cutout_ops.cutout(IMAGES, (4, 6), centres)
    np.testing.assert_array_equal(image_ops.cutout(IMAGES, centres, (4, 6)), theirs)


def test_instance_normalisation():
    theirs = normalizations.InstanceNormalization(epsilon=1e-3)
    ours = keras.layers.GroupNormalization(groups=-1, epsilon=1e-3)
    for layer in (theirs, ours):
        layer.build(IMAGES.shape)
        layer.gamma.assign([0.5, 1.0, 2.0])
        layer.beta.assign([-1.0, 0.0, 1.0])
    np.testing.assert_allclose(ours(IMAGES), theirs(IMAGES), atol=1e-5)
