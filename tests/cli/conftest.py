"""A tiny trained run for the tests of words."""

import shutil

import cv2
import pytest

from kerasgan.cli.main import main
from kerasgan.runs import RunFolder, read_json, write_json
from tests.conftest import draw_noise

TINY = (
    "--model dcgan --image_size 16 --width 2 --latent_dim 4 --batch_size 4 "
    "--precision float32 --checkpoint_every 2 --sample_every 2 --log_every 1 "
    "--learning_rate 0.02 --augment none"
).split()
QUICK = ["--steps", "4"]  # of a search


@pytest.fixture(autouse=True)
def quick(eager):
    """Few steps each, without graphs."""


def train(*more):
    return main(["--path", "faces", "--TYPE", "train", *TINY, *more])


def sheet(path):
    """Height and width of a picture that must be there."""
    image = cv2.imread(str(path))
    assert image is not None
    return image.shape[:2]


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """A trained run and its pictures, made once and copied for each test."""
    place = tmp_path_factory.mktemp("template")
    draw_noise(place / "faces")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setenv("KERASGAN_CACHE", str(place / "cache"))
        # A DCGAN begins grey; after 4 steps its pictures must tell latents apart.
        patch.setattr("kerasgan.layers.DCGAN_STDDEV", 0.5)
        assert train("--steps", "4", "--balance", "none") == 0
    return place


@pytest.fixture
def trained(in_tmp, template):
    for name in ("faces", "runs"):
        shutil.copytree(template / name, in_tmp / name)
    run = RunFolder(in_tmp / "runs" / "faces")
    write_json(run.config, read_json(run.config) | {"directory": str(in_tmp)})
    return run.path
