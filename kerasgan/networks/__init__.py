"""Every network by name.

A network is a module with `build_generator` ([N, Z] -> [N, H, W, C] in [-1, 1]) and,
but for the baseline, `build_discriminator` ([N, H, W, C] -> [N, 1]); both return Keras
models. `kerasgan.gans` has the training that goes with it.
"""

from __future__ import annotations

from types import ModuleType

from kerasgan.networks import average, dcgan, fastgan, msggan, progan, stylegan2, vaegan

NETWORKS: dict[str, ModuleType] = {
    "average": average,
    "dcgan": dcgan,
    "fastgan": fastgan,
    "msggan": msggan,
    "progan": progan,
    "stylegan2": stylegan2,
    "vaegan": vaegan,
}
