"""Trainings that differ from `kerasgan.gan.GAN`: one class a network that needs it."""

from __future__ import annotations

from kerasgan.gan import GAN
from kerasgan.gans.average import Average
from kerasgan.gans.fastgan import FastGAN
from kerasgan.gans.msggan import MSGGAN
from kerasgan.gans.progan import ProGAN
from kerasgan.gans.stylegan2 import StyleGAN2
from kerasgan.gans.vaegan import VAEGAN
from kerasgan.generator_training import GeneratorTraining

GANS: dict[str, type[GeneratorTraining]] = {
    "average": Average,
    "dcgan": GAN,
    "fastgan": FastGAN,
    "msggan": MSGGAN,
    "progan": ProGAN,
    "stylegan2": StyleGAN2,
    "vaegan": VAEGAN,
}
