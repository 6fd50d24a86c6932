"""Latents in files: whose they are, and what is refused."""

import numpy as np
import pytest

from kerasgan.data.latent_files import (
    LatentFileError,
    Latents,
    check_origin,
    fingerprint_of,
    point_of,
    read_latents,
    unique_stems,
    write_latents,
)

SOME = Latents(["ä/me.jpg", "b.png"], np.eye(2), "z", "abc", "runs/faces (dcgan)")


def test_what_is_written_is_read(tmp_path):
    write_latents(tmp_path / "x.npz", SOME)
    found = read_latents(tmp_path / "x.npz")
    assert found.names == SOME.names and found.origin == SOME.origin
    assert found.points.dtype == np.float32
    assert np.array_equal(found.points, SOME.points)


def test_a_name_may_leave_its_ending_out_where_one_fits():
    both = Latents(["me.jpg", "me.png", "b.png"], np.eye(3), "z", "", "")
    assert point_of(both, "b").tolist() == [0, 0, 1]
    assert point_of(both, "me.png").tolist() == [0, 1, 0]
    with pytest.raises(LatentFileError, match="is me.jpg and me.png: add the ending"):
        point_of(both, "me")


def test_another_generators_latents_are_refused_by_name(tmp_path):
    check_origin(SOME, "x.npz", "abc", "elsewhere")
    with pytest.raises(LatentFileError) as error:
        check_origin(SOME, "x.npz", "def", "runs/cats (fastgan)")
    for word in ("x.npz", "runs/cats (fastgan)", "def", "runs/faces (dcgan)", "abc"):
        assert word in str(error.value)


def test_fingerprints_differ_with_any_weight():
    weights = [np.zeros((2, 3)), np.ones(3)]
    other = [np.zeros((2, 3)), np.array([1, 1, 1 + 1e-12])]
    turned = [np.zeros((3, 2)), np.ones(3)]
    assert len({fingerprint_of(each) for each in (weights, other, turned)}) == 3


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"PK\x03\x04 and no more", None, "npz", "nan"]
)
def test_what_is_no_file_of_latents(tmp_path, content):
    path = tmp_path / "x.npz"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content == "npz":
        np.savez(path, points=np.zeros(3))
    elif content == "nan":
        write_latents(path, Latents(["a"], np.array([[np.nan]]), "z", "", ""))
    with pytest.raises(LatentFileError, match="must"):
        read_latents(path)


GOOD = {
    "names": ["a"],
    "points": [[1.0]],
    "space": "z",
    "fingerprint": "",
    "origin": "",
}


@pytest.mark.parametrize(
    "other",
    [
        {"names": "a"},
        {"names": [3]},
        {"points": 1.0},
        {"points": [["one"]]},
        {"points": [[1.0], [2.0]]},
    ],
)
def test_fields_of_another_kind_are_refused(tmp_path, other):
    np.savez(tmp_path / "good.npz", **GOOD)
    assert read_latents(tmp_path / "good.npz").names == ["a"]
    np.savez(tmp_path / "x.npz", **(GOOD | other))
    with pytest.raises(LatentFileError, match="must hold names, and a point"):
        read_latents(tmp_path / "x.npz")


def test_one_bare_array_is_no_file_of_latents(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros(3))
    with pytest.raises(LatentFileError, match="it is no .npz file"):
        read_latents(tmp_path / "x.npy")


def test_file_names_of_results_are_short_enough():
    first, second = unique_stems(["ü" * 200 + ".jpg", "ü" * 200 + "_2.jpg"])
    assert first == "ü" * 100 and second == "ü" * 100 + "_2"
