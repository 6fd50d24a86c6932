"""Tiny networks that have learnt nothing and tell latents apart, for tests."""

import numpy as np

from kerasgan.building import build_discriminator, build_encoder, build_generator
from kerasgan.config import ADVERSARIAL, TRUNCATING, TrainConfig
from kerasgan.serving.signatures import Served

LATENT_DIM = 4


def tiny(model, classes=0, **settings):
    """A model's networks at 16 px, as `export` would serve them."""
    options = {"fit": settings.pop("fit", "crop")}
    if "image_format" in settings:
        options["image_format"] = settings.pop("image_format")
    settings = {"image_size": (16, 16), "width": 2} | settings
    names = tuple("abcde"[:classes])
    config = TrainConfig.for_model(
        model=model, latent_dim=LATENT_DIM, label_names=names, **settings
    )
    networks = {"generator": build_generator(config)}
    if model in ADVERSARIAL:
        networks["discriminator"] = build_discriminator(config)
    if model == "vaegan":
        networks["encoder"] = build_encoder(config)
    for network in networks.values():
        stir(network)
    return Served(
        latent_dim=LATENT_DIM,
        classes=classes,
        truncates=model in TRUNCATING,
        **options,
        **networks,
    )


def stir(network):
    """Weights that are large enough to be seen in the pictures."""
    random = np.random.default_rng(0)
    for weight in network.weights:
        if weight.trainable:
            noise = random.normal(0, 0.3, weight.shape).astype("float32")
            weight.assign(weight + noise)
