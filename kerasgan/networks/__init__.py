"""Every pair of networks by name.

A network is a module with `build_generator` ([N, Z] -> [N, H, W, C] in [-1, 1]) and
`build_discriminator` ([N, H, W, C] -> [N, 1]); both return a Keras model.
"""

from __future__ import annotations

from types import ModuleType

from kerasgan.networks import dcgan

NETWORKS: dict[str, ModuleType] = {"dcgan": dcgan}
