"""Trainings on two devices, for the tests: must begin before TensorFlow has started.

python -m tests.devices.several_devices mirrored RESULTS.json    two logical CPUs
python -m tests.devices.several_devices worker RESULTS.json      a worker of TF_CONFIG
"""

import hashlib
import json
import sys
import tempfile

import keras
import numpy as np
import tensorflow as tf

from kerasgan import checkpoints
from kerasgan.augment import Augment
from kerasgan.balance import BALANCES
from kerasgan.building import build_gan
from kerasgan.config import TrainConfig
from kerasgan.devices.strategy import make_strategy, share_out, training_scope
from kerasgan.devices.workers import Workers
from kerasgan.optimizers import Adam
from kerasgan.penalties import Penalties
from kerasgan.precision import dtype_policy
from tests.devices.plain_networks import SIZE, curve_of, noise, plain_gan


def penalised(strategy, **options):
    """A GAN with all that depends on the whole batch, and no batch statistics."""
    with training_scope(strategy):
        return plain_gan(penalties=Penalties(r1=1.0, every=2, lecam=0.1), **options)


def variables_of(gan):
    """All of a training's: networks, counts, balance, averages, optimizers."""
    optimizers = [getattr(gan, name) for name in gan.optimizers]
    return [*gan.variables, *(each for o in optimizers for each in o.variables)]


def copies_are_equal(gan):
    """Whether each device's copy of every variable is the same, to the last bit."""
    return all(
        (copy.numpy() == each.value.values[0].numpy()).all()
        for each in variables_of(gan)
        for copy in each.value.values
    )


def digest_of(gan):
    """Of what this process has, to the last bit."""
    parts = [each.numpy().tobytes() for each in variables_of(gan)]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def curves(strategy):
    """One device, two, and two that take two turns each."""
    return {
        "one": curve_of(penalised(None)),
        "two": curve_of(penalised(strategy), strategy=strategy),
        "two_in_turns": curve_of(penalised(strategy, accumulate=2), strategy=strategy),
    }


def balances(strategy):
    """Each rule, with augmentation that adapts."""
    found = {}
    for name in sorted(BALANCES.keys() - {"none"}):  # which `curves` has
        options = {"margin": 0.001} if name == "margin" else {}
        with training_scope(strategy):
            gan = plain_gan(balance=BALANCES[name](**options), augment=Augment("ada"))
        logs = curve_of(gan, steps=4, strategy=strategy)
        found[name] = {
            "logs": logs,
            "equal": copies_are_equal(gan),
            "digest": digest_of(gan),
        }
    return found


def models(strategy):
    """Trainings with all defaults: FastGAN's statistics are of each device's own
    pictures, and the average face has a step of its own."""
    found = {}
    for name in ("fastgan", "average"):
        sizes = {"image_size": SIZE, "width": 2, "latent_dim": 4}
        with training_scope(strategy):
            gan = build_gan(TrainConfig.for_model(model=name, **sizes))
        logs = curve_of(gan, steps=2, strategy=strategy)
        moved = [w for w in gan.generator.non_trainable_weights if "variance" in w.name]
        found[name] = {
            "logs": logs,
            "equal": copies_are_equal(gan),
            "moved": bool(moved) and all((w.numpy() != 1).any() for w in moved),
        }
    return found


def resume(strategy):
    """Two steps, saved, and two more: at once, gone back to on both devices, on one."""

    def on(devices):
        with training_scope(devices):
            return plain_gan(augment=Augment("ada"))

    gan = on(strategy)
    curve_of(gan, steps=2, strategy=strategy)
    with tempfile.TemporaryDirectory() as folder:
        checkpoints.write_checkpoint(gan, folder, step=2)
        found = {"whole": curve_of(gan, steps=2, strategy=strategy, start=2)}
        # the same one again: what is not in the checkpoint is two steps too far
        for name, each, devices in (("two", gan, strategy), ("one", on(None), None)):
            checkpoints.load_newest(each, folder)
            found[name] = curve_of(each, steps=2, strategy=devices, start=2)
    return found


def overflow(strategy):
    """An infinity in the last picture, which the second device alone has."""
    with training_scope(strategy), dtype_policy("mixed_float16"):
        gan = plain_gan()
    images = noise(8) / np.float32(127.5) - 1
    images[-1, 0, 0, 0] = np.inf
    before = [w.numpy() for w in gan.discriminator.weights]

    def make(shares, here):
        parts = np.split(images, shares)
        return tf.data.Dataset.from_tensor_slices(np.stack([parts[k] for k in here]))

    gan.fit(share_out(strategy, make), steps_per_epoch=1, verbose=0, shuffle=False)
    after = [w.numpy() for w in gan.discriminator.weights]
    return {
        "d_updates": int(gan.d_updates.numpy()),
        "untouched": all((a == b).all() for a, b in zip(before, after, strict=True)),
        "scale_fell": float(gan.d_optimizer.dynamic_scale.numpy())
        < gan.d_optimizer.initial_scale,
        "equal": copies_are_equal(gan),
    }


def noise_differs(strategy):
    """Whether each device alters its pictures in ways of its own."""
    with training_scope(strategy):
        gan = plain_gan(augment=Augment("diffaugment", probability=1.0))

    @tf.function
    def both():
        same = tf.ones([2, *SIZE, 3])
        altered = strategy.run(lambda: gan.alter(same, 2))
        return strategy.experimental_local_results(altered)

    one, other = both()
    return bool(tf.reduce_any(one != other))


def refused(strategy):
    """What is said of an optimizer that would sum gradients again."""
    try:
        with training_scope(strategy):
            plain_gan().compile(keras.optimizers.Adam(), Adam())
    except ValueError as error:
        return str(error)
    return ""


def mirrored():
    """All of it on two logical CPUs."""
    two = [tf.config.LogicalDeviceConfiguration()] * 2
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, two)
    strategy = make_strategy("mirrored")
    tests = (curves, balances, models, resume, overflow, noise_differs, refused)
    return {test.__name__: test(strategy) for test in tests}


def worker():
    """What two workers learn from each other."""
    strategy = make_strategy("multiworker")
    workers = Workers(strategy)
    second = not workers.is_chief

    def refusal(content):
        try:
            workers.check_same("settings", content)
        except ValueError as error:
            return str(error)
        return ""

    gan = penalised(strategy)
    found = {
        "any": {"neither": workers.any(False), "second": workers.any(second)},
        "chief_says": {
            "chief": workers.chief_says(workers.is_chief),
            "second": workers.chief_says(second),
        },
        "same": refusal("a"),
        "other": refusal(f"a{workers.index}"),
        "curve": curve_of(gan, strategy=strategy),
        "balances": balances(strategy),
    }
    bias, momentum = gan.discriminator.weights[1], gan.d_optimizer._momentums[1]
    for variable, value in ((gan.step, 7), (bias, 0.5), (momentum, 0.25)):
        variable.assign(tf.cast(tf.fill(variable.shape, value), variable.dtype))
        if second:  # what the chief does not have
            variable.assign(tf.zeros(variable.shape, variable.dtype))
    workers.take_from_chief(gan)
    found["taken"] = {
        "step": int(gan.step.numpy()),
        "weight": float(bias.numpy()[0]),
        "momentum": float(momentum.numpy()[0]),
    }
    return found


if __name__ == "__main__":
    found = {"mirrored": mirrored, "worker": worker}[sys.argv[1]]()
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        json.dump(found, file)
