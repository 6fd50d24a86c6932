"""Classes of sub-folders, and what is said where they are missing."""

import pytest

from kerasgan.data.doctor import DataError
from kerasgan.data.labels import read_labels

NAMES = ["a/1.png", "a/2.png", "b/3.png", "b/deep/4.png"]


def test_sub_folders_are_classes():
    labels = read_labels("folders", "x", NAMES)
    assert labels.names == ("a", "b")
    assert labels.numbers.tolist() == [0, 0, 1, 1]


def test_pictures_outside_a_sub_folder_are_named():
    with pytest.raises(DataError, match=r"1 of 5 do not, such as bare.png in x"):
        read_labels("folders", "x", ["bare.png", *NAMES])


def test_some_pictures_may_go_without_where_that_is_wished():
    labels = read_labels("folders", "x", ["bare.png", *NAMES], some=True)
    assert labels.names == ("a", "b")
    assert labels.numbers.tolist() == [-1, 0, 0, 1, 1]
    with pytest.raises(DataError, match="With --truth folders some picture must"):
        read_labels("folders", "x", ["bare.png"], flag="--truth", some=True)


def test_as_many_classes_as_pictures_are_no_classes():
    with pytest.raises(DataError, match="at most half as many as there are pictures"):
        read_labels("folders", "x", ["a/1.png", "b/1.png", "c/1.png"])
