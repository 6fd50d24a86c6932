"""`inpaint`, typed as a user would."""

import cv2
import numpy as np
import pytest

from kerasgan.cli.main import main
from tests.cli.conftest import QUICK, sheet


@pytest.mark.parametrize("mask", ["center", "lowres", "mask.png"])
def test_inpaint_keeps_what_is_known(trained, in_tmp, mask):
    drawn = np.full((16, 16), 255, np.uint8)
    drawn[4:12, 4:12] = 0
    cv2.imwrite(str(in_tmp / "mask.png"), drawn)
    typed = ["inpaint", "--path", "faces", "--mask", mask, "--variants", "2", *QUICK]
    assert main(typed) == 0
    out = trained / "inpainted"
    assert sheet(out / "3.png") == (34, 64)
    made = cv2.imread(str(out / "3_completed_2.png"))
    photo = cv2.imread(str(out / "3.png"))[:16, :16]
    if mask != "lowres":
        known = drawn > 0
        assert np.abs(made.astype(int) - photo)[known].max() <= 1
        assert np.abs(made.astype(int) - photo)[~known].max() > 10
