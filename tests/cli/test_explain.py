"""`explain`, typed as a user would."""

import json

from kerasgan.cli.main import main
from tests.cli.conftest import sheet


def test_explain_leaves_a_damaged_checkpoint_out(trained, capsys):
    first = sorted((trained / "checkpoints").glob("step_*"))[0]
    (first / "state.npz").write_bytes(b"")
    assert main(["explain", "--steps", "1", "--channels", "1"]) == 0
    assert f"{first.name} is damaged" in capsys.readouterr().out


def test_explain_draws_every_layer_and_how_it_came_about(trained):
    assert main(["explain", "--steps", "2", "--channels", "2"]) == 0
    out = trained / "explained"
    channels = json.loads((out / "explain.json").read_text())["channels"]
    layers = list(channels)
    assert layers[0] == "leaky_image" and len(layers) >= 3
    counts = [len(set(numbers)) for numbers in channels.values()]
    assert counts == [len(numbers) for numbers in channels.values()]
    assert set(counts) <= {1, 2}  # the tiniest layers have one
    assert all((out / f"{layer}.png").is_file() for layer in layers)
    assert sheet(out / "deciding.png")[1] == 8 * 34 - 2
    rows = 1 + len(list((trained / "checkpoints").glob("step_*")))  # names above
    height, width = sheet(out / "over_time.png")
    assert height == (rows - 1) * 16 + rows * 20
    assert width > 8 * sum(map(len, layers))  # their names fit
