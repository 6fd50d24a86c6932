"""train --strategy multiworker: two processes, one run folder, one end."""

import json
import signal
import sys
from pathlib import Path

import pytest

from kerasgan.cli.main import main
from tests.devices.two_workers import outputs_of, start_workers

TRAIN = Path(__file__).resolve().parents[2] / "train.py"
TINY = (
    "--path faces --image_size 16 --width 2 --latent_dim 4 --batch_size 4 "
    "--model dcgan --precision float32 --strategy multiworker --log_every 1 "
    "--evaluate_every 0 --checkpoint_every 500 --sample_every 500"
).split()


def start(*more, own=((), ())):
    """Two workers, each with flags of its own; the second one's run lies elsewhere."""
    flags = [*TINY, *more]
    runs = (["--run_dir", "chief"], ["--run_dir", "other"])
    return start_workers(
        *(
            [sys.executable, str(TRAIN), *flags, *run, *extra]
            for run, extra in zip(runs, own, strict=True)
        )
    )


def logged(run="chief"):
    lines = Path(run, "log.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_a_signal_to_one_worker_stops_both_and_the_chief_alone_writes(in_tmp, pictures):
    chief, second = start("--minutes", "60")
    text = ""
    while "Worker 2 of 2" not in text:  # it is past its imports, the handlers are near
        line = second.stdout.readline()
        assert line, text
        text += line
    while not Path("chief/log.jsonl").exists():
        assert chief.poll() is None
        assert second.poll() is None
    second.send_signal(signal.SIGTERM)
    (chief_status, said), (second_status, _) = outputs_of([chief, second])
    assert chief_status == second_status == 128 + signal.SIGTERM, said
    assert "Stopped and saved" in said
    saved = Path("chief/checkpoints/latest").read_text().strip()
    assert int(saved.removeprefix("step_")) == logged()[-1]["step"]
    assert not Path("other").exists()
    config = json.loads(Path("chief/config.json").read_text())
    assert config["devices"] == 2

    # on one device, the same run goes on
    steps = logged()[-1]["step"] + 1
    again = ["--run_dir", "chief", "--path", "faces", "--steps", str(steps)]
    assert main([*again, "--strategy", "one"]) == 0
    assert logged()[-1]["step"] == steps


def test_workers_of_other_settings_are_refused_by_both(in_tmp, pictures):
    workers = start("--steps", "1", own=((), ("--learning_rate", "0.5")))
    for status, said in outputs_of(workers):
        assert status == 2, said
        assert "All workers must have the same settings" in said


@pytest.mark.parametrize(
    ("config", "sentence"),
    [("", "must have TF_CONFIG"), ("{}", "cannot be read")],
)
def test_a_worker_that_does_not_know_the_others_is_refused(
    config, sentence, in_tmp, pictures, monkeypatch, capsys
):
    monkeypatch.setenv("TF_CONFIG", config)
    assert main([*TINY, "--steps", "1"]) == 2
    assert sentence in capsys.readouterr().err
