"""demo, typed as a user would: from nothing to pictures."""

import dataclasses
from pathlib import Path

import pytest

from kerasgan.cli.main import main
from kerasgan.config import TrainConfig
from kerasgan.runs import RunFolder


@dataclasses.dataclass(frozen=True)
class Tiny(TrainConfig):
    """Settings of a demo that is over soon."""

    model: str = "dcgan"
    image_size: tuple[int, int] = (16, 16)
    width: int = 2
    latent_dim: int = 4
    batch_size: int = 4
    augment: str = "none"


@pytest.fixture
def tiny(in_tmp, monkeypatch):
    monkeypatch.setattr("kerasgan.cli.demo.PICTURES", 8)
    monkeypatch.setattr("kerasgan.cli.demo.TrainConfig", Tiny)


def test_the_demo_runs_from_nothing_to_pictures(in_tmp, monkeypatch, capsys):
    monkeypatch.setattr("kerasgan.cli.demo.PICTURES", 40)
    assert main(["demo", "--minutes", "0.01"]) == 0
    said = capsys.readouterr().out
    assert "All done." in said
    assert len(list(Path("runs/demo/generated").glob("*.png"))) == 100
    assert len(list(Path("runs/demo/drawn_faces").glob("*.png"))) == 40


def test_a_second_demo_does_not_touch_the_first(trained, tiny):
    before = (trained / "config.json").read_bytes()
    assert main(["demo", "--minutes", "0.001", "--run_dir", str(trained)]) == 0
    assert len(list(RunFolder("runs/faces-2").generated.glob("*.png"))) == 100
    assert (trained / "config.json").read_bytes() == before


def test_an_interrupted_demo_goes_on(tiny, monkeypatch, capsys):
    with monkeypatch.context() as patch:
        patch.setattr("kerasgan.generation.write_pictures", full_disk)
        assert main(["demo", "--minutes", "0.001"]) == 1
    assert main(["demo", "--minutes", "0.001", "--cache_dir", "cache"]) == 0
    assert [path.name for path in Path("runs").iterdir()] == ["demo"]


def full_disk(*arguments, **more):
    raise OSError(28, "No space left on device", "generated")
