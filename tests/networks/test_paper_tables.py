"""Parameter counts and shapes against the tables of the papers or their programs.

The networks are built at the papers' sizes without ever being run.
"""

import numpy as np
import pytest

from kerasgan.networks import dcgan, fastgan, msggan, progan, stylegan2, vaegan
from kerasgan.resolutions import resolution_channels

PAPER = {"width": 16, "most_channels": 512}  # ProGAN: 512 to 32x32, 16 at 1024x1024


def count(model) -> int:
    return sum(int(np.prod(v.shape)) for v in model.trainable_variables)


def test_stylegan2_has_the_numbers_that_its_program_prints_at_1024():
    size = (1024, 1024)
    generator = stylegan2.build_generator(
        size, 3, 512, 32, most_channels=512, mapping_depth=8
    )
    discriminator = stylegan2.build_discriminator(size, 3, 32, most_channels=512)
    assert count(generator) == 30_370_060
    assert count(discriminator) == 29_012_513


def test_stylegan2_has_two_styles_a_resolution():
    generator = stylegan2.build_generator((1024, 1024), 3, 512, 1)
    assert generator.get_layer("truncation").output.shape == (None, 18, 512)


def test_progan_has_23_1_million_on_both_sides_as_table_2_says():
    generator = progan.build_generator((1024, 1024), 3, 512, **PAPER)
    discriminator = progan.build_discriminator((1024, 1024), 3, **PAPER)
    assert round(count(generator) / 1e6, 1) == 23.1
    assert round(count(discriminator) / 1e6, 1) == 23.1


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("first", 4.2e6),
        ("conv_4", 2.4e6),
        ("up_64", 1.2e6),
        ("conv_128", 148e3),
    ],
)
def test_progan_layer_by_layer(name, parameters):
    synthesis = progan.build_generator((1024, 1024), 3, 512, **PAPER).layers[1]
    layers = {layer.name: layer for layer in (synthesis.first, *synthesis.convolutions)}
    assert count(layers[name]) == pytest.approx(parameters, rel=0.02)


def test_progan_and_msggan_channels_are_those_of_the_tables():
    expected = [512, 512, 512, 512, 256, 128, 64, 32, 16]  # 4x4 to 1024x1024
    assert resolution_channels(9, 16, 512) == expected
    generator = msggan.build_generator((1024, 1024), 3, 512, **PAPER)
    sides = [4 * 2**k for k in range(9)]
    assert generator.output_shape == [(None, side, side, 3) for side in sides]
    for side, filters in zip(sides, expected, strict=True):
        convolution = generator.get_layer(f"conv_{side}")
        assert convolution.output.shape == (None, side, side, filters)


def test_dcgan_has_the_maps_of_figure_1():
    generator = dcgan.build_generator((64, 64), 3, 100, 128)
    maps = {
        layer.output.shape[1:]
        for layer in generator.layers
        if len(layer.output.shape) == 4
    }
    assert {(4, 4, 1024), (8, 8, 512), (16, 16, 256), (32, 32, 128)} <= maps


def outputs(model, kinds=("Conv2D", "UpConv2D", "Dense")):
    """What each convolution and dense layer of a model gives, without the batch."""
    return [
        layer.output.shape[1:]
        for layer in model.layers
        if type(layer).__name__ in kinds
    ]


def test_vaegan_has_the_layers_of_the_paper_s_table():
    generator = vaegan.build_generator((64, 64), 3, 128, 32)
    maps = [(8 * 8 * 256,), (16, 16, 256), (32, 32, 128), (64, 64, 32), (64, 64, 3)]
    assert outputs(generator) == maps
    discriminator = vaegan.build_discriminator((64, 64), 3, 32, batch_norm=True)
    maps = [(64, 64, 32), (32, 32, 128), (16, 16, 256), (8, 8, 256), (512,), (1,)]
    assert outputs(discriminator) == maps
    encoder = vaegan.build_encoder((64, 64), 3, 128, 32)
    maps = [(32, 32, 64), (16, 16, 128), (8, 8, 256), (2048,), (128,), (128,)]
    assert outputs(encoder) == maps
    for model, norms in ((generator, 4), (discriminator, 4), (encoder, 4)):
        kinds = [type(layer).__name__ for layer in model.layers]
        assert sum("BatchNorm" in kind for kind in kinds) == norms
        sides = [
            layer.kernel.shape[:2] for layer in model.layers if "Conv" in str(layer)
        ]
        assert set(sides) == {(5, 5)}


def test_msggan_has_progan_s_count_and_its_joins():
    generator = msggan.build_generator((1024, 1024), 3, 512, **PAPER)
    ours = count(generator)
    assert ours == count(progan.build_generator((1024, 1024), 3, 512, **PAPER))
    discriminator = msggan.build_discriminator((1024, 1024), 3, **PAPER)
    for side in (512, 64, 4):  # the smaller picture stands before the features
        channels = resolution_channels(9, 16, 512)[9 - (1024 // side).bit_length()]
        join = discriminator.get_layer(f"join_{side}")
        assert join.output.shape == (None, side, side, channels + 3)


def test_fastgan_excites_what_lies_four_doublings_above():
    generator = fastgan.build_generator((256, 256), 3, 256, 32)  # figure 3 of the paper
    excited = {"64": (4, 4), "128": (8, 8), "256": (16, 16)}
    names = {layer.name for layer in generator.layers}
    assert {n for n in names if n.startswith("excited_")} == {
        f"excited_{side}x{side}" for side in excited
    }
    for side, low in excited.items():
        convolution = generator.get_layer(f"excite_{side}x{side}")
        source = convolution.input
        if low != (4, 4):  # brought to 4x4 first
            source = generator.get_layer(f"pool_{side}x{side}").input
        assert source.shape[1:3] == low
        high = generator.get_layer(f"excited_{side}x{side}").output
        assert high.shape[1:3] == (int(side), int(side))
        assert convolution.output.shape[1:] == (1, 1, high.shape[-1])
