"""DCGAN: its own options."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kerasgan.layers import BatchNorm
from kerasgan.networks import dcgan
from kerasgan.precision import dtype_policy


def layers_of(model, kind):
    return [layer for layer in model.layers if isinstance(layer, kind)]


def test_d_has_batch_normalisation_only_on_request():
    plain = dcgan.build_discriminator((32, 32), width=2)
    asked = dcgan.build_discriminator((32, 32), width=2, batch_norm=True)
    assert len(layers_of(plain, BatchNorm)) == 0
    assert len(layers_of(asked, BatchNorm)) == 3  # all but the first of four


def test_spectral_norm_wraps_every_weight():
    network = dcgan.build_discriminator((32, 32), width=2, spectral_norm=True)
    wrapped = layers_of(network, keras.layers.SpectralNormalization)
    assert len(wrapped) == 5  # four convolutions and the head
    assert not layers_of(network, keras.layers.Conv2D)


def test_parameters_by_hand():
    """16 px, width 2, Z 3: maps of 4, 2 and 1 channels."""
    generator = dcgan.build_generator((16, 16), 1, latent_dim=3, width=2)
    dense = 3 * 4 * 4 * 4
    norms = 4 * (4 + 2 + 1)
    up = 9 * (4 * 2 + 2 * 1)
    to_image = 9 * 1 * 1 + 1
    assert generator.count_params() == dense + norms + up + to_image


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_spectral_norm_bounds_each_layer_in_every_precision(policy):
    with dtype_policy(policy):
        network = dcgan.build_discriminator((16, 16), width=2, spectral_norm=True)
    images = tf.random.stateless_uniform([3, 16, 16, 3], [0, 1], -1, 1)
    for _ in range(20):  # the power iteration
        logits = network(images, training=True)
    assert np.isfinite(logits).all()
    kernels = [v for v in network.trainable_variables if v.path.endswith("kernel")]
    for kernel in kernels:
        matrix = np.reshape(kernel, [-1, kernel.shape[-1]])
        assert np.linalg.norm(matrix, 2) == pytest.approx(1, abs=0.05)
