"""Fixtures for preparations."""

import pytest

from kerasgan.preparation.record import Record


@pytest.fixture
def record(tmp_path):
    record = Record(tmp_path / "out")
    record.begin({"path": "photos", "margin": 0.2})
    return record
