"""From settings to networks: the GAN that a `TrainConfig` describes, and its parts.

With training.py the one place below the command line that knows `TrainConfig`.
"""

from __future__ import annotations

import math
from typing import Any

import keras

from kerasgan import checkpoints
from kerasgan.augment import Augment
from kerasgan.balance import BALANCES, Balance
from kerasgan.checkpoint_folder import best_checkpoint
from kerasgan.config import ADVERSARIAL, SOFT_COLOURED, TrainConfig
from kerasgan.gans import GANS
from kerasgan.generator_training import GeneratorTraining
from kerasgan.losses import get_loss
from kerasgan.networks import NETWORKS, fastgan, vaegan
from kerasgan.optimizers import Adam
from kerasgan.penalties import Penalties
from kerasgan.precision import dtype_policy
from kerasgan.runs import RunFolder
from kerasgan.starting_points import freeze_lowest

ADA_START = 0.5  # the probability that ada begins with, and its least
WGAN_GP = 10.0  # weight of the gradient penalty, Gulrajani et al. 2017
ENDLESS = 2**31 - 1  # steps, where the length is given in minutes


def build_gan(config: TrainConfig, policy: str = "float32") -> GeneratorTraining:
    """The compiled training that `config` describes, its networks under a Keras policy.

    Example:
    >>> config = TrainConfig(image_size=(16, 16), width=2, latent_dim=8)
    >>> build_gan(config).generator.output_shape
    (None, 16, 16, 3)
    """
    keras.utils.set_random_seed(config.seed)
    shared = {
        "latent_dim": config.latent_dim,
        "classes": len(config.label_names),
        "flip": config.flip,
        "ema_halflife_images": 1000 * config.ema_kimg,
        "ema_warm_up": not config.init_from,
        "decay_images": 1000 * config.decay_kimg,
        "accumulate": config.accumulate,
        "seed": config.seed,
    }
    generator = build_generator(config, policy)
    # beta_1 below Keras' 0.9 matters: a GAN's gradients turn too fast to be averaged
    decays = {"beta_1": config.beta_1, "beta_2": config.beta_2}
    g_optimizer = Adam(config.learning_rate, **decays)
    if config.model == "average":
        model = GANS["average"](generator, **shared)
        model.compile(g_optimizer)
        return model
    discriminator = build_discriminator(config, policy)
    if config.freeze_d:
        freeze_lowest(discriminator, config.freeze_d)
    gan = GANS[config.model](
        generator,
        discriminator,
        loss=config.loss,
        balance=build_balance(config),
        augment=build_augment(config),
        penalties=build_penalties(config),
        **shared,
        **build_others(config, policy, discriminator),
    )
    d_rate = config.d_learning_rate or config.learning_rate
    gan.compile(g_optimizer, Adam(d_rate, **decays))
    return gan


def build_discriminator(config: TrainConfig, policy: str = "float32") -> keras.Model:
    """The discriminator alone, untrained, under a Keras policy."""
    options: dict[str, Any] = {}
    if config.model in ("dcgan", "vaegan"):
        options["batch_norm"] = config.d_batch_norm
    if config.model == "dcgan":
        options["spectral_norm"] = config.spectral_norm
    if config.label_names:
        options["classes"] = len(config.label_names)
    with dtype_policy(policy):
        return NETWORKS[config.model].build_discriminator(
            config.image_size, config.channels, config.width, **options
        )


def build_others(
    config: TrainConfig, policy: str, discriminator: keras.Model
) -> dict[str, Any]:
    """What a model's training has besides the two networks."""
    if config.model == "progan":
        # networks that are taken over have grown already
        return {"phase_images": 0.0 if config.init_from else 1000 * config.growth_kimg}
    if config.model == "vaegan":
        return {"encoder": build_encoder(config, policy)}
    if config.model == "fastgan":
        with dtype_policy(policy):
            return {"decoders": fastgan.build_decoders(discriminator, config.width)}
    return {}


def build_encoder(config: TrainConfig, policy: str = "float32") -> keras.Model:
    """The encoder alone, untrained, of a model that has one."""
    with dtype_policy(policy):
        return vaegan.build_encoder(
            config.image_size, config.channels, config.latent_dim, config.width
        )


def build_penalties(config: TrainConfig) -> Penalties:
    """The penalties that `config` names, and those that its loss cannot do without."""
    return Penalties(
        r1=penalty_weight(config, config.r1),
        r2=penalty_weight(config, config.r2),
        every=config.penalty_every,
        gradient=WGAN_GP if config.loss == "wasserstein" else 0.0,
        lecam=config.lecam,
    )


def penalty_weight(config: TrainConfig, asked: float | None) -> float:
    """Gamma of R1 or R2: what was asked, else 0, but for the relativistic loss.

    That one does not converge without both (Huang et al. 2024); it gets StyleGAN2's
    0.0002 x pixels / batch.

    >>> penalty_weight(TrainConfig(loss="relativistic", batch_size=32), None)
    0.0256
    """
    if asked is not None:
        return asked
    if config.loss != "relativistic":
        return 0.0
    return 0.0002 * math.prod(config.image_size) / config.batch_size


def build_augment(config: TrainConfig) -> Augment:
    """The augmentation that `config` names; ada never falls below where it starts."""
    options = {}
    if config.augment == "ada":
        options = dict.fromkeys(("initial_probability", "min_probability"), ADA_START)
    return Augment(config.augment, **options)


def build_balance(config: TrainConfig) -> Balance:
    """The balance rule that `config` names, at its loss's equilibrium."""
    loss = get_loss(config.loss)
    options = {"d_ideal": loss.d_ideal, "g_ideal": loss.g_ideal}
    if config.margin is not None and config.balance in ("adaptive", "margin"):
        options["margin"] = config.margin
    if config.balance == "adaptive" and config.d_learning_rate:
        options["even"] = config.learning_rate / config.d_learning_rate
    return BALANCES[config.balance](**options)


def total_steps(config: TrainConfig, picture_count: int) -> int:
    """Steps in all; `ENDLESS` where the length is given in minutes.

    >>> total_steps(TrainConfig(epochs=2.0, batch_size=32), 100)
    7
    """
    if config.steps is not None:
        return config.steps
    images = None
    if config.kimg is not None:
        images = 1000 * config.kimg
    elif config.epochs is not None:
        images = config.epochs * picture_count
    if images is None or math.isinf(images):
        return ENDLESS
    return max(1, math.ceil(images / config.batch_size))


def build_generator(config: TrainConfig, policy: str = "float32") -> keras.Model:
    """The generator alone, untrained, under a Keras policy."""
    classes = len(config.label_names)
    latent_dim, options = config.latent_dim, {}
    if config.model in ("dcgan", "fastgan"):
        latent_dim += classes  # to its first layer a class is a part of the latent
    elif classes:
        options["classes"] = classes
    if config.model in SOFT_COLOURED:
        options["colour_detail"] = config.colour_detail
    with dtype_policy(policy):
        return NETWORKS[config.model].build_generator(
            config.image_size, config.channels, latent_dim, config.width, **options
        )


def load_generator(run: RunFolder, config: TrainConfig, which: str) -> keras.Model:
    """A run's generator: `ema` averaged, `raw` as it was trained, `best` the
    averaged one of the checkpoint with the best score.

    Raises:
        CheckpointError: the run has no checkpoint that can be read.
    """
    return load_generator_and_meta(run, config, which)[0]


def load_generator_and_meta(
    run: RunFolder, config: TrainConfig, which: str
) -> tuple[keras.Model, dict[str, Any]]:
    """The same, and its checkpoint's meta.json."""
    generator = build_generator(config)
    part = "generator" if which == "raw" else "averaged_generator"
    meta = checkpoints.load_part(generator, part, run.checkpoints, best=which == "best")
    tell_if_no_best(run, which, meta)
    return generator, meta


def tell_if_no_best(run: RunFolder, which: str, meta: dict[str, Any]) -> None:
    """Say that the newest checkpoint stands in for the best, where there is none."""
    if which == "best" and best_checkpoint(run.checkpoints) is None:
        print(
            f"{run.path} has no best checkpoint, as none was scored yet: the newest "
            f"is taken, of step {meta['step']:,}."
        )


def load_networks(
    run: RunFolder, config: TrainConfig, which: str
) -> tuple[dict[str, keras.Model], dict[str, Any]]:
    """Everything of a run that is of use after training, in float32, by name:
    `generator`, `discriminator` and `encoder`, as far as its model has them; and the
    generator's checkpoint's meta.json. `which` is as for `load_generator`.

    Raises:
        CheckpointError: the run has no checkpoint that can be read.
    """
    parts = {"generator": "generator" if which == "raw" else "averaged_generator"}
    networks = {"generator": build_generator(config)}
    if config.model in ADVERSARIAL:
        networks["discriminator"] = build_discriminator(config)
    if config.model == "vaegan":
        networks["encoder"] = build_encoder(config)
    metas = [
        checkpoints.load_part(
            network, parts.get(name, name), run.checkpoints, best=which == "best"
        )
        for name, network in networks.items()
    ]
    tell_if_no_best(run, which, metas[0])
    return networks, metas[0]
