"""How often sides are halved."""

import pytest

from kerasgan.stages import count_stages


@pytest.mark.parametrize(
    ("image_size", "stages"),
    [((16, 16), 2), ((48, 48), 3), ((64, 64), 4), ((256, 256), 6), ((16, 256), 2)],
)
def test_the_first_map_is_at_least_4_pixels(image_size, stages):
    assert count_stages(image_size) == stages
