"""The training step: who moves, what is counted, and that it is repeatable."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasgan.augment import Augment
from kerasgan.balance import AdaptiveMargin, Balance, Decision, NoBalance
from kerasgan.devices.shares import Turns
from kerasgan.ema import batch_statistics
from kerasgan.gan import GAN
from kerasgan.losses import LOSSES
from kerasgan.networks import dcgan
from kerasgan.penalties import Penalties
from kerasgan.precision import dtype_policy

SIZE, LATENT_DIM, BATCH = (16, 16), 6, 4
pytestmark = pytest.mark.usefixtures("eager")


class Fixed(Balance):
    """Always the same decision."""

    def __init__(self, train_d=True, train_g=True, rate=1.0):
        super().__init__()
        self.fixed = (train_d, train_g, rate)

    def decide(self):
        return Decision(*map(tf.constant, self.fixed))


def make_gan(policy="float32", seed=0, batch_norm=False, rate=1e-3, **options):
    keras.utils.set_random_seed(seed)
    with dtype_policy(policy):
        generator = dcgan.build_generator(SIZE, 3, LATENT_DIM, 4)
        discriminator = dcgan.build_discriminator(SIZE, 3, 4, batch_norm=batch_norm)
    gan = GAN(generator, discriminator, latent_dim=LATENT_DIM, seed=seed, **options)
    gan.compile(keras.optimizers.Adam(rate), keras.optimizers.Adam(rate))
    return gan


def pictures(count=BATCH, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, *SIZE, 3)).astype(np.uint8)


def train(gan, steps, start=0):
    batches = (pictures(seed=step) for step in range(start, start + steps))
    dataset = tf.data.Dataset.from_tensor_slices(np.stack(list(batches)))
    history = gan.fit(dataset, verbose=0, shuffle=False)
    return {name: values[-1] for name, values in history.history.items()}


def copy_weights(model):
    return [np.copy(weight) for weight in model.get_weights()]


def moved(model, before):
    return any(
        not np.array_equal(a, b)
        for a, b in zip(model.get_weights(), before, strict=True)
    )


def assert_moved_half(before, full, half):
    """From the weights `before`, model `half` went half as far as model `full`."""
    weights = (before, full.get_weights(), half.get_weights())
    for start, one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(other - start, (one - start) / 2, atol=1e-6)


EACH_LOSS = [(loss, "float32") for loss in sorted(LOSSES)]
EACH_PRECISION = [
    pytest.param("non_saturating", policy, marks=pytest.mark.graphs)
    for policy in ("float32", "mixed_bfloat16", "mixed_float16")
]


@pytest.mark.parametrize(("loss", "policy"), EACH_LOSS + EACH_PRECISION)
def test_two_steps_move_both_networks(loss, policy):
    gan = make_gan(policy, loss=loss, flip=True, augment=Augment("diffaugment"))
    g_before, d_before = (
        copy_weights(gan.generator),
        copy_weights(gan.discriminator),
    )
    logs = train(gan, 2)
    assert moved(gan.generator, g_before)
    assert moved(gan.discriminator, d_before)
    assert all(np.isfinite(value) for value in logs.values())
    assert (int(gan.step), int(gan.d_updates), int(gan.g_updates)) == (2, 2, 2)


@pytest.mark.parametrize(("train_d", "train_g"), [(False, True), (True, False)])
def test_the_one_that_rests_does_not_learn(train_d, train_g):
    gan = make_gan(balance=Fixed(train_d, train_g))
    weights = [gan.discriminator.trainable_weights, gan.generator.trainable_weights]
    before = [[w.numpy() for w in ws] for ws in weights]
    train(gan, 2)
    for ws, old, trained in zip(weights, before, (train_d, train_g), strict=True):
        changed = any(
            not np.array_equal(w.numpy(), o) for w, o in zip(ws, old, strict=True)
        )
        assert changed == trained
    assert (int(gan.d_updates), int(gan.g_updates)) == (2 * train_d, 2 * train_g)


def test_both_losses_are_measured_while_one_rests():
    logs = train(make_gan(balance=Fixed(False, True)), 1)
    assert logs["d_loss"] == pytest.approx(np.log(2), abs=0.05)
    assert logs["g_loss"] == pytest.approx(np.log(2), abs=0.05)


def test_the_balance_scales_d_alone_and_leaves_the_rate_as_it_was():
    full, slow = make_gan(), make_gan(balance=Fixed(rate=0.5))
    d_before = copy_weights(full.discriminator)
    train(full, 1)
    train(slow, 1)
    assert_moved_half(d_before, full.discriminator, slow.discriminator)
    assert float(slow.d_optimizer.learning_rate) == pytest.approx(1e-3)


def test_rates_fall_with_the_square_root_of_the_images_seen():
    gan = make_gan(decay_images=8.0)
    factors = []
    for step in (0, 1, 2, 8):
        gan.step.assign(step)
        factors.append(float(gan.decay(tf.constant(BATCH))))
    assert factors == pytest.approx([1, 1, 1, 0.5])


@pytest.mark.parametrize("name", ["generator", "discriminator"])
def test_the_fallen_rate_is_what_a_network_moves_by(name):
    alone = (name == "discriminator", name == "generator")  # the other stays the same
    full, fallen = (
        make_gan(balance=Fixed(*alone), **options)
        for options in ({}, {"decay_images": BATCH / 4})
    )
    for gan in (full, fallen):
        gan.step.assign(1)
        train(gan, 1)
    assert float(fallen.g_optimizer.learning_rate) == pytest.approx(1e-3)
    networks = [getattr(gan, name).trainable_variables for gan in (full, fallen)]
    start = getattr(make_gan(), name).trainable_variables
    for before, one, other in zip(start, *networks, strict=True):
        np.testing.assert_allclose(other - before, (one - before) / 2, atol=1e-6)


def test_the_same_seed_gives_the_same_bits_and_another_does_not():
    first, second, other = make_gan(seed=0), make_gan(seed=0), make_gan(seed=0)
    other.seed = 1
    for gan in (first, second, other):
        train(gan, 3)
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert moved(other, first.get_weights())


def test_the_averaged_generator_measures_its_own_statistics():
    gan = make_gan()
    turns = Turns(gan.shares, lambda images, labels: None, tf.zeros([64, *SIZE, 3]))
    for weight in batch_statistics(gan.generator):
        weight.assign(tf.fill(weight.shape, 9.0))
    for update in range(1, 101):
        gan.step.assign(update)
        gan.g_updates.assign(update)
        gan.follow(turns)
    z = gan.sample_latents(512)
    drawn, wanted = (gan.averaged_generator(z, training=t) for t in (False, True))
    np.testing.assert_allclose(drawn, wanted, atol=0.02)

    mean = batch_statistics(gan.averaged_generator)[0]
    for update, measured in ((101, False), (104, True)):
        before = mean.numpy()
        gan.g_updates.assign(update)
        gan.follow(turns)
        assert (mean.numpy() != before).any() == measured


def test_the_averaged_generator_lies_between_old_and_new():
    gan = make_gan(ema_halflife_images=1e9)
    start = [w.numpy() for w in gan.generator.trainable_weights]
    train(gan, 3)
    for old, average, new in zip(
        start,
        gan.averaged_generator.trainable_weights,
        gan.generator.trainable_weights,
        strict=True,
    ):
        low, high = np.minimum(old, new), np.maximum(old, new)
        assert np.mean((average >= low - 1e-4) & (average <= high + 1e-4)) > 0.9
    assert moved(gan.averaged_generator, gan.generator.get_weights())


def test_lazy_penalty_is_due_each_so_many_steps():
    plain, penalised = make_gan(), make_gan(penalties=Penalties(r1=100.0, every=4))
    for gan in (plain, penalised):
        train(gan, 1)  # step 0: the penalty is due
    assert moved(penalised.discriminator, plain.discriminator.get_weights())
    late = make_gan(penalties=Penalties(r1=100.0, every=4))
    late.d_updates.assign(1)
    twin = make_gan()
    twin.d_updates.assign(1)
    for gan in (late, twin):
        train(gan, 1)  # D's second update: it is not
    assert not moved(late.discriminator, twin.discriminator.get_weights())


def test_a_rest_of_d_takes_no_lazy_penalty_away():
    rested = make_gan(penalties=Penalties(r1=100.0, every=4))
    twin = make_gan()
    for gan in (rested, twin):
        gan.step.assign(3)
        train(gan, 1)
    assert moved(rested.discriminator, twin.discriminator.get_weights())


def test_lecam_averages_follow_the_logits_only_where_it_is_used():
    used, unused = make_gan(penalties=Penalties(lecam=0.1)), make_gan()
    for gan in (used, unused):
        train(gan, 2)
    assert float(used.penalties.averages.a_R) != 0.0
    assert float(unused.penalties.averages.a_R) == 0.0


def test_d_with_batch_statistics_sees_reals_and_fakes_apart():
    gan = make_gan(batch_norm=True)
    assert gan.separate_passes
    real, fake = tf.ones([4, *SIZE, 3]), -tf.ones([4, *SIZE, 3])
    said = gan.ask_discriminator(real, fake)
    # Each half is constant, so that its own batch norm makes it all alike.
    np.testing.assert_allclose(said.real_logits, 4 * [said.real_logits[0]], atol=1e-6)
    np.testing.assert_allclose(
        said.real_logits, gan.discriminator(real, training=True), atol=1e-6
    )
    assert not make_gan().separate_passes


@pytest.mark.graphs
def test_a_step_that_loss_scaling_skips_does_not_count():
    gan = make_gan("mixed_float16")
    gan.g_optimizer.dynamic_scale.assign(3e38)
    gan.d_optimizer.dynamic_scale.assign(3e38)
    for weight in gan.averaged_generator.weights:  # else it is already what it follows
        weight.assign(tf.fill(weight.shape, tf.cast(0.5, weight.dtype)))
    networks = (gan.discriminator, gan.averaged_generator)
    before = [copy_weights(network) for network in networks]
    train(gan, 1)
    assert (int(gan.step), int(gan.d_updates), int(gan.g_updates)) == (1, 0, 0)
    for network, weights in zip(networks, before, strict=True):
        assert not moved(network, weights)


@pytest.mark.parametrize("scale", [1.0, 3e38])
def test_a_skipped_step_does_not_count_for_the_rules_either(scale):
    rules = {
        "balance": AdaptiveMargin(),
        "augment": Augment("ada", initial_probability=0.5),
        "penalties": Penalties(lecam=0.3),
    }
    gan = make_gan("mixed_float16", **rules)
    gan.d_optimizer.dynamic_scale.assign(scale)
    before = {name: copy_weights(rule) for name, rule in rules.items()}
    train(gan, 1)
    for name, rule in rules.items():
        assert moved(rule, before[name]) == (scale == 1.0), name


def test_float16_wraps_both_optimizers_and_gives_the_step_of_float32():
    single, half = make_gan(rate=1e-2), make_gan("mixed_float16", rate=1e-2)
    for gan in (single, half):
        assert isinstance(
            gan.d_optimizer, keras.optimizers.LossScaleOptimizer
        ) == isinstance(gan.g_optimizer, keras.optimizers.LossScaleOptimizer)
    start = [w.numpy() for w in half.discriminator.trainable_weights]
    train(single, 1)
    train(half, 1)
    ours = [w.numpy() for w in half.discriminator.trainable_weights]
    theirs = [w.numpy() for w in single.discriminator.trainable_weights]
    agree = np.concatenate(
        [
            (np.sign(a - s) == np.sign(b - s)).ravel()
            for a, b, s in zip(ours, theirs, start, strict=True)
        ]
    )
    assert isinstance(half.d_optimizer, keras.optimizers.LossScaleOptimizer)
    assert agree.mean() > 0.9


def test_reals_are_mirrored_half_of_the_time():
    gan = make_gan(flip=True)
    images = tf.constant(pictures(64))
    shown = (gan.prepare(images)[0].numpy() + 1) * 127.5
    same = np.isclose(shown, images, atol=0.01).all(axis=(1, 2, 3))
    mirrored = np.isclose(shown[:, :, ::-1], images, atol=0.01).all(axis=(1, 2, 3))
    assert (same ^ mirrored).all()
    assert 16 < mirrored.sum() < 48


@pytest.mark.graphs
def test_d_learns_to_tell_constant_pictures_from_fakes():
    gan = make_gan(rate=5e-3, balance=Fixed(True, False))
    white = tf.data.Dataset.from_tensors(np.full((8, *SIZE, 3), 255, np.uint8))
    logs = gan.fit(white.repeat(30), verbose=0, shuffle=False).history
    assert logs["d_loss"][-1] < 0.3
    assert logs["d_accuracy"][-1] > 0.9


@pytest.mark.graphs
@pytest.mark.slow
def test_g_learns_the_colour_of_constant_pictures():
    gan = make_gan(rate=2e-3, ema_halflife_images=100, balance=NoBalance())
    colour = np.array([255, 0, 255], np.uint8)
    images = np.broadcast_to(colour, (16, *SIZE, 3))
    dataset = tf.data.Dataset.from_tensors(images).repeat(400)
    gan.fit(dataset, verbose=0, shuffle=False)
    made = gan(tf.random.stateless_normal([16, LATENT_DIM], [0, 1]))
    np.testing.assert_allclose(
        np.mean(made, axis=(0, 1, 2)), [1.0, -1.0, 1.0], atol=0.3
    )


def test_the_whole_gan_is_saved_and_loaded(tmp_path):
    gan = make_gan(loss="hinge", flip=True)
    train(gan, 2)
    gan.save(tmp_path / "gan.keras")
    loaded = keras.saving.load_model(tmp_path / "gan.keras")
    assert loaded.loss_name == "hinge"
    for a, b in zip(gan.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    train(loaded, 1, start=2)
