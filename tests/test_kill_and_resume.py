"""kill -9 and the same command again: the benchmark's short form."""

import importlib.util
from pathlib import Path

import pytest

from kerasgan.cli.main import main

SCRIPT = Path(__file__).resolve().parents[1] / "benchmarks/kill_and_resume.py"
TINY = (
    "--path faces --image_size 16 --width 2 --latent_dim 4 --batch_size 4 "
    "--precision float32 --augment ada --steps 60 --checkpoint_every 7 "
    "--sample_every 20 --log_every 1"
).split()


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("kill_and_resume", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_a_killed_run_ends_with_the_bits_of_one_that_was_not(script, in_tmp, pictures):
    unlike = script.kill_and_compare(in_tmp, TINY, steps=50, kills=1, seed=0)
    assert unlike == []


def test_the_comparison_sees_a_difference(script, in_tmp, pictures):
    for name, seed in (("a", "0"), ("b", "1")):
        assert main([*TINY, "--steps", "8", "--seed", seed, "--run_dir", name]) == 0
    unlike = script.compare(in_tmp / "a", in_tmp / "b")
    assert "log.jsonl" in unlike
    assert any(name.startswith("generator/") for name in unlike)
