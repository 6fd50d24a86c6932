"""Fixtures for all tests."""

import random
import signal
from pathlib import Path

import cv2
import numpy as np
import pytest

import kerasgan  # noqa: F401  before TensorFlow: the kernels that users get
from kerasgan.generator_training import GeneratorTraining


@pytest.fixture(autouse=True)
def seeded():
    """A test's weights are the same in every run: Keras draws their seeds so."""
    random.seed(0)


@pytest.fixture(scope="session", autouse=True)
def ctrl_c():
    """Ctrl-C interrupts, also where the tests run in a shell's background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Real pictures, where this checkout has them beside it; else the test skips."""
    path = Path(__file__).resolve().parents[2] / "shared"
    if not (path / "data").is_dir():
        pytest.skip("the real pictures of ../shared/data are not here")
    return path


def draw_noise(folder: Path, seed: int = 0) -> Path:
    """Write 12 small pictures of coloured noise."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    for k in range(12):
        image = rng.integers(0, 256, (20, 20, 3)).astype(np.uint8)
        cv2.imwrite(str(folder / f"{k}.png"), image)
    return folder


@pytest.fixture
def pictures(tmp_path) -> Path:
    """A folder of 12 small coloured noise pictures."""
    return draw_noise(tmp_path / "faces")


@pytest.fixture
def in_tmp(tmp_path, monkeypatch) -> Path:
    """The test runs in an empty folder, with its own cache of packed pictures."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KERASGAN_CACHE", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def eager(request, monkeypatch):
    """A training's graph takes longer to make than its few steps: only tests of
    `graphs` make it."""
    compile_training = GeneratorTraining.compile

    def compile_eagerly(training, g_optimizer, **more):
        compile_training(training, g_optimizer, run_eagerly=True, **more)

    if "graphs" not in request.keywords:
        monkeypatch.setattr(GeneratorTraining, "compile", compile_eagerly)
