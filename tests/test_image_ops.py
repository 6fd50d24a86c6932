"""Each operation against NumPy, and each gradient against the operation itself."""

import numpy as np
import pytest
import tensorflow as tf

from kerasgan import image_ops

RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(-1, 1, (2, 4, 6, 3)).astype("float32")
LUMA = np.array([0.299, 0.587, 0.114])
FACTORS = np.array([0.5, 1.5], "float32")


def per_picture(values):
    return np.asarray(values)[:, None, None, None]


def test_brightness_adds_to_each_picture_its_own():
    bright = image_ops.brightness(IMAGES, [0.25, -0.5])
    np.testing.assert_allclose(bright, IMAGES + per_picture([0.25, -0.5]), atol=1e-6)


def test_contrast_stretches_about_the_pictures_mean():
    mean = IMAGES.mean((1, 2, 3), keepdims=True)
    expected = mean + per_picture(FACTORS) * (IMAGES - mean)
    np.testing.assert_allclose(image_ops.contrast(IMAGES, FACTORS), expected, atol=1e-6)


def test_saturation_stretches_about_each_pixels_grey():
    grey = (IMAGES @ LUMA)[..., None]
    expected = grey + per_picture(FACTORS) * (IMAGES - grey)
    np.testing.assert_allclose(
        image_ops.saturation(IMAGES, FACTORS), expected, atol=1e-6
    )


def test_hue_turns_i_and_q_and_keeps_y():
    angles = np.array([np.pi / 3, -np.pi / 2])
    before = IMAGES @ image_ops.YIQ  # [N, H, W, (Y, I, Q)]
    after = image_ops.hue(IMAGES, angles).numpy() @ image_ops.YIQ
    np.testing.assert_allclose(after[..., 0], before[..., 0], atol=1e-6)
    turned = (before[..., 1] + 1j * before[..., 2]) * np.exp(1j * angles[:, None, None])
    np.testing.assert_allclose(after[..., 1], turned.real, atol=1e-6)
    np.testing.assert_allclose(after[..., 2], turned.imag, atol=1e-6)


def test_the_fused_pass_is_the_four_operations_in_turn():
    angles, delta = np.array([0.3, -1.0], "float32"), np.array([0.1, -0.2], "float32")
    fused = image_ops.adjust_colour(
        IMAGES, delta=delta, contrast=FACTORS, saturation=1 / FACTORS, hue=angles
    )
    steps = image_ops.contrast(IMAGES, FACTORS)
    steps = image_ops.hue(image_ops.saturation(steps, 1 / FACTORS), angles)
    np.testing.assert_allclose(fused, image_ops.brightness(steps, delta), atol=1e-5)


def test_alpha_is_left_alone_and_changes_nothing_else():
    alpha = RNG.uniform(-1, 1, (2, 4, 6, 1)).astype("float32")
    settings = {"delta": 0.1, "contrast": FACTORS, "saturation": 0.5, "hue": 0.3}
    with_alpha = image_ops.adjust_colour(
        np.concatenate([IMAGES, alpha], axis=-1), **settings
    )
    np.testing.assert_array_equal(with_alpha[..., 3:], alpha)
    np.testing.assert_allclose(
        with_alpha[..., :3], image_ops.adjust_colour(IMAGES, **settings), atol=1e-6
    )


def test_grey_pictures_know_no_saturation_and_no_hue():
    grey = IMAGES[..., :1]
    np.testing.assert_array_equal(image_ops.saturation(grey, 0.0), grey)
    np.testing.assert_array_equal(image_ops.hue(grey, 1.0), grey)
    np.testing.assert_allclose(image_ops.brightness(grey, 0.5), grey + 0.5, atol=1e-6)


@pytest.mark.parametrize("down, right", [(1, 2), (-1, 0), (0, -3), (9, 0), (-4, 6)])
def test_translate_moves_whole_pixels_and_fills_with_zero(down, right):
    expected = np.zeros_like(IMAGES[0])
    for row in range(4):
        for column in range(6):
            if 0 <= row - down < 4 and 0 <= column - right < 6:
                expected[row, column] = IMAGES[0, row - down, column - right]
    moved = image_ops.translate(IMAGES, [[down, right], [0, 0]])
    np.testing.assert_array_equal(moved[0], expected)
    np.testing.assert_array_equal(moved[1], IMAGES[1])


def test_cutout_hides_what_lies_inside_the_picture():
    expected = IMAGES.copy()
    expected[0, 0:2, 2:6] = 0  # rows -0 .. 1, columns 2 .. 5
    hidden = image_ops.cutout(IMAGES, [[1, 4], [2, 2]], [[2, 4], [0, 0]])
    np.testing.assert_array_equal(hidden, expected)


def test_cutout_at_the_corner_is_cut_off():
    hidden = image_ops.cutout(IMAGES, [[0, 0], [3, 5]], (2, 2)).numpy()
    assert [np.sum(picture == 0) for picture in hidden] == [3, 4 * 3]


def test_affine_turns_counterclockwise():
    square = IMAGES[:, :, :4]
    turned = image_ops.affine(square, angle=[np.pi / 2, np.pi])
    np.testing.assert_allclose(turned[0], np.rot90(square[0]), atol=1e-5)
    np.testing.assert_allclose(turned[1], square[1, ::-1, ::-1], atol=1e-5)


def test_affine_enlarges_about_the_middle():
    ramp = np.arange(5, dtype="float32")[None, None, :, None] * np.ones((1, 5, 1, 1))
    enlarged = image_ops.affine(ramp, scale=2.0)
    np.testing.assert_allclose(enlarged[0, 2, :, 0], [1, 1.5, 2, 2.5, 3], atol=1e-6)


def test_affine_shears_rows_to_the_right_as_they_go_down():
    image = np.zeros((1, 3, 5, 1), "float32")
    image[0, :, 2] = 1
    sheared = image_ops.affine(image, shear=1.0)[0, :, :, 0]
    np.testing.assert_allclose(sheared, np.eye(5)[[1, 2, 3]], atol=1e-6)


def test_affine_with_whole_offsets_is_translate():
    offsets = [[1, -2], [-1, 3]]
    np.testing.assert_allclose(
        image_ops.affine(IMAGES, offsets=offsets),
        image_ops.translate(IMAGES, offsets),
        atol=1e-6,
    )


def test_affine_scales_then_shears_then_turns():
    shape = {"angle": 0.8, "scale": 0.5, "shear": 0.6}
    spot = np.zeros((1, 33, 33, 1), "float32")
    spot[0, 4:7, 24:27] = 1  # its middle is 9 right of and 11 above the picture's
    found = image_ops.affine(spot, **shape)[0, :, :, 0].numpy()
    rows, columns = np.indices(found.shape) - 16
    x, y = 0.5 * 9, 0.5 * -11
    x = x + 0.6 * y
    x, y = x * np.cos(0.8) + y * np.sin(0.8), y * np.cos(0.8) - x * np.sin(0.8)
    assert np.sum(columns * found) / found.sum() == pytest.approx(x, abs=0.3)
    assert np.sum(rows * found) / found.sum() == pytest.approx(y, abs=0.3)


OPERATIONS = {
    "brightness": lambda x: image_ops.brightness(x, [0.1, 0.2]),
    "contrast": lambda x: image_ops.contrast(x, FACTORS),
    "saturation": lambda x: image_ops.saturation(x, FACTORS),
    "hue": lambda x: image_ops.hue(x, [0.5, -2.0]),
    "translate": lambda x: image_ops.translate(x, [[1, -2], [-3, 0]]),
    "cutout": lambda x: image_ops.cutout(x, [[1, 1], [3, 2]], (2, 4)),
    "rotate": lambda x: image_ops.affine(x, angle=[0.4, -1.0]),
    "enlarge": lambda x: image_ops.affine(x, scale=[2.0, 1.3], offsets=(0.5, -1.2)),
    "shrink": lambda x: image_ops.affine(x, scale=[0.5, 0.8], shear=[0.3, 0.0]),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_gradients_of_both_orders_are_exact(name):
    """All are linear but for a constant: L. <L x, y> = <x, L' y>, and L'' = L."""
    operation = OPERATIONS[name]
    x = tf.constant(IMAGES)
    y, v = (tf.constant(RNG.normal(size=x.shape), tf.float32) for _ in range(2))

    @tf.function
    def derivatives(x, y):
        with tf.GradientTape() as outer:
            outer.watch(y)
            with tf.GradientTape() as inner:
                inner.watch(x)
                result = operation(x)
            transposed = inner.gradient(result, x, output_gradients=y)
        return result, transposed, outer.gradient(transposed, y, output_gradients=v)

    result, transposed, twice = derivatives(x, y)
    constant = operation(tf.zeros_like(x))
    left = tf.reduce_sum((result - constant) * y)
    np.testing.assert_allclose(left, tf.reduce_sum(x * transposed), atol=1e-4)
    np.testing.assert_allclose(twice, operation(v) - constant, atol=1e-5)


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_graph_knows_the_shape_and_computes_in_float32(name):
    signature = tf.TensorSpec((2, 4, 6, 3), tf.float16)
    graph = tf.function(OPERATIONS[name]).get_concrete_function(signature)
    assert graph.structured_outputs.shape == (2, 4, 6, 3)
    assert graph.structured_outputs.dtype == tf.float32


def test_a_batch_of_unknown_size_passes():
    @tf.function
    def alter(x):
        offsets = tf.ones([tf.shape(x)[0], 2])
        return image_ops.affine(image_ops.translate(x, offsets), angle=0.1)

    graph = alter.get_concrete_function(tf.TensorSpec((None, 4, 6, 3)))
    assert graph.structured_outputs.shape.as_list() == [None, 4, 6, 3]
    assert graph(tf.constant(IMAGES)).shape == IMAGES.shape


@pytest.mark.parametrize("shape", [(4, 6, 3), (2, 4, 6, 2)])
def test_what_is_no_batch_of_pictures_is_refused(shape):
    with pytest.raises(ValueError, match=r"images must be \[N, H, W, C\]"):
        image_ops.brightness(tf.zeros(shape), 0.1)
