"""Which pictures are altered, by how much, and how p finds its value."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasgan.augment import Augment
from kerasgan.regularizers import r1_penalty

OFF = {"brightness": 0, "contrast": 0, "saturation": 0, "translation": 0}
ALL = {"hue": 0.5, "cutout": True, "geometric": True}
RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(-1, 1, (4, 16, 16, 3)).astype("float32")


def only(probability=1.0, **settings):
    return Augment("diffaugment", probability=probability, **(OFF | settings))


def altered(augment, images=IMAGES, seed=(1, 2)):
    return augment.augment(tf.constant(images), tf.constant(seed, tf.int64)).numpy()


def test_mode_none_returns_the_pictures_untouched():
    augment = Augment("none", **ALL)
    augment.p.assign(1.0)  # whatever p says
    np.testing.assert_array_equal(altered(augment), IMAGES)


def test_ada_starts_without_altering_anything():
    augment = Augment("ada", **ALL)
    assert float(augment.p) == 0.0
    np.testing.assert_allclose(altered(augment), IMAGES, atol=1e-6)


def test_the_first_probability_of_ada_can_be_given():
    assert float(Augment("ada", initial_probability=0.25).p) == 0.25
    assert float(Augment("diffaugment", probability=0.25).p) == 0.25


@pytest.mark.parametrize("settings", [{}, ALL])
def test_the_same_seed_alters_alike_and_another_otherwise(settings):
    augment = Augment("diffaugment", **settings)
    graph = tf.function(augment.augment)
    first = altered(augment)
    np.testing.assert_array_equal(altered(augment), first)
    np.testing.assert_allclose(graph(IMAGES, tf.constant([1, 2])), first, atol=1e-5)
    assert np.abs(altered(augment, seed=(1, 3)) - first).max() > 0.1


@pytest.mark.parametrize("settings", [{}, ALL])
def test_a_picture_does_not_depend_on_those_after_it(settings):
    augment = Augment("diffaugment", **settings)
    np.testing.assert_allclose(
        altered(augment)[:3], altered(augment, IMAGES[:3]), atol=1e-6
    )


def test_equal_pictures_are_altered_each_in_its_own_way():
    same = np.broadcast_to(IMAGES[:1], IMAGES.shape)
    results = altered(only(brightness=0.5), same)
    assert len(np.unique(results[:, 0, 0, 0].round(4))) == 4


OPERATIONS = [
    {"brightness": 0.5},
    {"contrast": 0.5},
    {"saturation": 1.0},
    {"hue": 1.0},
    {"translation": 0.99},
    {"cutout": True},
]


@pytest.mark.parametrize("settings", OPERATIONS, ids=lambda s: next(iter(s)))
def test_each_operation_befalls_each_picture_with_probability_p(settings):
    # 2000 pictures: the standard deviation is about 0.01. Colour's one pass rounds,
    # so pictures that are spared may differ in the last bit: 1 % of a change counts.
    shape = (2000, 8, 8, 3)
    images = np.broadcast_to(RNG.uniform(0.2, 1, shape[1:]).astype("float32"), shape)
    change = np.abs(altered(only(0.3, **settings), images) - images)
    share = np.mean(change.max(axis=(1, 2, 3)) > 1e-3)
    assert 0.25 < share < 0.35


def test_operations_befall_pictures_independently():
    red = np.zeros((2000, 1, 1, 3), "float32")
    red[..., 0] = 1.0
    pixels = altered(only(0.5, brightness=0.5, saturation=1.0), red)[:, 0, 0]
    # Saturation keeps the luma, 0.299, and brightness what red is ahead of green.
    brighter = np.abs(pixels @ [0.299, 0.587, 0.114] - 0.299) > 1e-3
    coloured = np.abs(pixels[:, 0] - pixels[:, 1] - 1.0) > 1e-3
    assert 0.2 < np.mean(brighter & coloured) < 0.3


def test_strengths_fill_their_range_evenly():
    grey = np.zeros((2000, 1, 1, 1), "float32")
    change = altered(only(brightness=0.5), grey).ravel()
    assert -0.5 <= change.min() < -0.49 and 0.49 < change.max() <= 0.5
    assert abs(change.mean()) < 0.03


def test_factors_of_contrast_and_saturation_stay_in_their_range():
    steps = np.zeros((2000, 1, 2, 1), "float32")
    steps[:, 0, 1] = 1.0
    factors = np.ptp(altered(only(contrast=0.5), steps), axis=2).ravel()
    assert 0.5 <= factors.min() < 0.51 and 1.49 < factors.max() <= 1.5
    red = np.zeros((2000, 1, 1, 3), "float32")
    red[..., 0] = 1.0
    factors = altered(only(saturation=1.0), red)[:, 0, 0]
    factors = factors[:, 0] - factors[:, 1]
    assert -1e-6 <= factors.min() < 0.01 and 1.99 < factors.max() <= 2.00001


def test_every_shift_up_to_an_eighth_of_the_side_is_equally_likely():
    spot = np.zeros((4000, 16, 24, 1), "float32")
    spot[:, 8, 12] = 1.0
    moved = altered(only(translation=0.125), spot)
    _, rows, columns, _ = np.nonzero(moved)
    shares = np.bincount(rows - 8 + 2) / 4000  # -2 .. 2
    np.testing.assert_allclose(shares, [1 / 5] * 5, atol=0.03)
    shares = np.bincount(columns - 12 + 3) / 4000  # -3 .. 3
    np.testing.assert_allclose(shares, [1 / 7] * 7, atol=0.03)


def test_cutout_hides_half_the_sides_anywhere():
    hidden = altered(only(cutout=True), np.ones((500, 8, 8, 1), "float32")) == 0.0
    assert hidden.sum(axis=(1, 2, 3)).max() == 16
    assert hidden.any(axis=0).all()


def test_geometry_is_off_unless_asked_for():
    flat = np.ones((50, 8, 8, 1), "float32")
    np.testing.assert_allclose(altered(only(), flat), flat, atol=1e-6)
    assert np.ptp(altered(only(geometric=True), flat)) > 0.5  # corners turned away


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_colour_leaves_alpha_alone(channels):
    images = RNG.uniform(-1, 1, (4, 8, 8, channels)).astype("float32")
    result = altered(only(brightness=0.5, contrast=0.5, saturation=1, hue=1), images)
    assert np.abs(result - images)[..., : min(channels, 3)].max() > 0.1
    np.testing.assert_array_equal(result[..., 3:], images[..., 3:])


@pytest.mark.parametrize("settings", [{}, ALL])
def test_r1_through_the_augmentation_is_differentiable(settings):
    """P = w^2 |A'(A x + b)|^2 for D(x) = w |A x + b|^2 / 2: quadratic in w and x."""
    augment = Augment("diffaugment", probability=1.0, **settings)
    weight = tf.Variable(2.0)

    def discriminator(images):
        shown = augment.augment(images, [5, 6])
        return weight * tf.reduce_sum(shown**2, axis=[1, 2, 3])[:, None] / 2.0

    penalty = tf.function(lambda x: tf.reduce_mean(r1_penalty(discriminator, x)))
    images = tf.constant(IMAGES)
    with tf.GradientTape() as tape:
        tape.watch(images)
        value = penalty(images)
    by_weight, by_images = tape.gradient(value, [weight, images])
    assert float(by_weight) == pytest.approx(float(value), rel=1e-4)  # 2 P / w
    direction = RNG.normal(size=IMAGES.shape).astype("float32") / 10
    ahead, behind = penalty(images + direction), penalty(images - direction)
    slope = float(tf.reduce_sum(by_images * direction))
    assert slope == pytest.approx(float(ahead - behind) / 2, rel=2e-3, abs=2e-2)


def test_ada_raises_p_while_d_is_too_sure_of_real_pictures():
    augment = Augment("ada", speed_images=10_000)
    update = tf.function(augment.update)
    update(tf.ones((500, 1)))  # one half-life: the average is 0.5, below 0.6
    assert (float(augment.real_sign), float(augment.p)) == (0.5, 0.0)
    update(tf.ones((500, 1)))  # 0.75: above
    assert float(augment.real_sign) == pytest.approx(0.75)
    assert float(augment.p) == pytest.approx(0.05)  # 500 / 10,000
    update(tf.ones((250, 1)))
    assert float(augment.p) == pytest.approx(0.075)


def test_ada_lowers_p_while_d_is_less_sure_than_the_target():
    augment = Augment("ada", initial_probability=0.5, speed_images=10_000)
    augment.update(tf.constant([[3.0], [-0.1]] * 500))  # as many signs of each
    assert float(augment.real_sign) == 0.0
    assert float(augment.p) == pytest.approx(0.4)


@pytest.mark.parametrize("least", [0.0, 0.5])
def test_p_stays_between_its_limits(least):
    augment = Augment(
        "ada", initial_probability=0.8, min_probability=least, speed_images=1_000
    )
    for _ in range(4):
        augment.update(tf.ones((1000, 1)))
    assert float(augment.p) == pytest.approx(0.85)
    for _ in range(4):
        augment.update(-tf.ones((1000, 1)))
    assert float(augment.p) == least


def test_logits_that_are_not_finite_leave_the_average_alone():
    augment = Augment("ada", initial_probability=0.5)
    augment.update(tf.constant([[np.nan]]))
    assert float(augment.real_sign) == 0.0
    assert np.isfinite(float(augment.p))


@pytest.mark.parametrize("mode, p", [("diffaugment", 0.5), ("none", 0.0)])
def test_p_is_fixed_in_the_other_modes(mode, p):
    augment = Augment(mode)
    augment.update(tf.ones((1000, 1)))
    assert (float(augment.p), float(augment.real_sign)) == (p, 0.0)


def test_everything_is_float32_under_mixed_precision():
    expected = altered(Augment("diffaugment", **ALL))
    before = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_dtype_policy("mixed_bfloat16")
    try:
        augment = Augment("diffaugment", **ALL)
        result = altered(augment)
        from_bfloat16 = augment.augment(tf.cast(IMAGES, tf.bfloat16), [1, 2])
        augment.update(tf.ones((4, 1), tf.bfloat16))
    finally:
        keras.mixed_precision.set_dtype_policy(before)
    assert {v.dtype for v in augment.variables} == {"float32"}
    assert from_bfloat16.dtype == tf.float32
    np.testing.assert_array_equal(result, expected)


def test_it_comes_back_from_its_config_and_its_weights():
    settings = {
        "mode": "ada",
        "probability": 0.4,
        "initial_probability": 0.1,
        "target": 0.5,
        "speed_images": 123,
        "min_probability": 0.05,
        "max_probability": 0.7,
        "brightness": 0.25,
        "contrast": 0.3,
        "saturation": 0.6,
        "hue": 0.2,
        "translation": 0.2,
        "cutout": True,
        "geometric": True,
    }
    augment = Augment(**settings)
    augment.p.assign(0.625)
    augment.real_sign.assign(0.25)
    config = keras.saving.serialize_keras_object(augment)
    assert config["registered_name"] == "kerasgan>Augment"
    again = keras.saving.deserialize_keras_object(config)
    again.set_weights(augment.get_weights())
    assert {name: getattr(again, name) for name in settings} == settings
    assert (float(again.p), float(again.real_sign)) == (0.625, 0.25)
    assert not again.trainable_weights
    np.testing.assert_array_equal(altered(again), altered(augment))


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"mode": "adda"}, "the nearest is 'ada'"),
        ({"probability": 1.5}, "probability must be between 0 and 1"),
        ({"initial_probability": 0.9}, "initial_probability must be between 0.0 and"),
        ({"min_probability": 0.2}, "initial_probability must be between 0.2 and"),
        ({"speed_images": 0}, "speed_images must be between 1 and"),
        ({"translation": -0.1}, "translation must be between 0 and 1"),
    ],
)
def test_a_setting_out_of_range_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Augment(**settings)


def test_what_is_no_batch_of_pictures_is_refused():
    with pytest.raises(ValueError, match=r"images must be \[N, H, W, C\]"):
        Augment().augment(tf.zeros((16, 16, 3)), [0, 0])
