"""Directions learnt by `arithmetic` from folders, tables, or without labels."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from kerasgan.cli.attributes import from_table
from kerasgan.cli.main import main
from kerasgan.config import TrainConfig
from kerasgan.data.latent_files import read_latents
from tests.cli.conftest import QUICK


@pytest.mark.parametrize("method", ["samples", "apart", "steered", "mean", "svm"])
def test_directions_are_learnt_from_folders_and_used(trained, in_tmp, method):
    for name, numbers in (("a", range(6)), ("b", range(6, 12))):
        (in_tmp / name).mkdir()
        for number in numbers:
            shutil.copy(in_tmp / "faces" / f"{number}.png", in_tmp / name)
    typed = ["arithmetic", "--learn", "up=a,b", "--method", method, *QUICK]
    assert main(typed) == 0
    found = read_latents(trained / "directions.npz")
    assert found.names == ["up"] and np.linalg.norm(found.points[0]) > 0
    assert (trained / "directions" / "up.png").is_file()
    assert main(["arithmetic", "--expr", "seed:3 + 2*up"]) == 0


def test_directions_apart_change_no_other_column(trained, in_tmp, capsys):
    files = [f"{number}.png" for number in range(12)]
    rng = np.random.default_rng(0)
    table = Path("table.csv")

    def learn(columns, method):
        rows = "".join(
            f"{file},{a},{b}\n" for file, (a, b) in zip(files, columns, strict=True)
        )
        table.write_text(f"file,up,round\n{rows}")
        typed = ["arithmetic", "--attributes", "table.csv", "--path", "faces", *QUICK]
        return main([*typed, "--method", method])

    columns = rng.integers(0, 2, (12, 2))
    assert learn(columns, "samples") == 0
    plain = read_latents(trained / "directions.npz").points
    assert learn(columns, "apart") == 0
    alone = read_latents(trained / "directions.npz").points
    assert abs(alone[0] @ plain[1]) < 1e-4 * np.linalg.norm(alone[0])
    assert abs(alone[1] @ plain[0]) < 1e-4 * np.linalg.norm(alone[1])
    capsys.readouterr()
    assert learn(columns[:, [0, 0]], "apart") == 1
    assert "up must change by itself" in capsys.readouterr().err


def test_folders_with_commas_stand_in_double_quotes(trained, in_tmp, capsys):
    for name, number in (("a, b", 1), ("c", 2)):
        (in_tmp / name).mkdir()
        shutil.copy(in_tmp / "faces" / f"{number}.png", in_tmp / name)
    assert main(["arithmetic", "--learn", 'x="a, b",c', "--method", "mean"]) == 0
    assert main(["arithmetic", "--learn", 'x="a, b,c']) == 2
    assert "those with commas in double quotes" in capsys.readouterr().err


@pytest.mark.parametrize("other", ["./faces", "faces/some", "."])
def test_one_folder_has_no_direction_to_itself(trained, capsys, other):
    typed = ["arithmetic", "--learn", f"x=faces,{other}", *QUICK]
    assert main(typed) == 2
    assert "on both sides" in capsys.readouterr().err


def test_directions_from_a_table_and_without_labels(trained, in_tmp, capsys):
    with open(in_tmp / "table.csv", "w") as file:
        file.write("file,smile,hair,colour\n")
        for k in range(12):
            file.write(f"{k}.png,{k % 3},{k / 12},red\n")
    typed = ["arithmetic", "--attributes", "table.csv", "--path", "faces"]
    assert main(typed) == 0
    assert main(["arithmetic", "--discover", "2"]) == 0
    assert main(["arithmetic", "--discover", "1", "--method", "weights"]) == 0
    names = read_latents(trained / "directions.npz").names
    assert names == ["smile", "hair", "activations_1", "activations_2", "weights_1"]
    typed[2] = "table.csv:hairs"
    assert main(typed) == 2
    assert "Did you mean hair?" in capsys.readouterr().err


def test_a_row_with_a_hole_is_left_out_and_a_constant_column_is_named(trained, capsys):
    rows = [f"{k}.png,{k % 2},{'' if k < 4 else 1}" for k in range(12)]
    Path("table.csv").write_text("\n".join(["file,smile,hat", *rows]))
    typed = ["arithmetic", "--path", "faces", "--attributes"]
    assert main([*typed, "table.csv"]) == 1
    error = capsys.readouterr().err
    assert "hat must differ between photos, and is the same for all 8." in error
    assert main([*typed, "table.csv:smile"]) == 0


def test_of_a_large_folder_photos_with_rows_are_taken_first(in_tmp, pictures):
    Path("table.csv").write_text("file,smile\n3.png,1\n8.png,0\n9.png,\n")
    trained = SimpleNamespace(config=TrainConfig(image_size=(16, 16)))
    values = SimpleNamespace(path="faces", attributes="table.csv")
    _, photos, labels = from_table(trained, values, most=2)
    assert photos.names == ["3.png", "8.png"]
    assert labels.tolist() == [[1.0], [0.0]]
