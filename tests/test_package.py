"""What importing the package does, and does not."""

import subprocess
import sys

import pytest

CODE = """
import sys, os, kerasgan
print(os.environ["TF_ENABLE_ONEDNN_OPTS"], "tensorflow" in sys.modules)
"""


@pytest.mark.parametrize(("theirs", "used"), [(None, "1"), ("0", "0")])
def test_onednn_is_asked_for_unless_the_user_said_otherwise(monkeypatch, theirs, used):
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    if theirs is not None:
        monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", theirs)
    said = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == [used, "False"]
