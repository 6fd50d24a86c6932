"""What the losses are at a draw, where D cannot tell real from generated.

For each loss of losses.py: (d_ideal, g_ideal). Layer 0: no TensorFlow, since the
report of a run draws them too.
"""

import math

LN_2 = math.log(2.0)
IDEALS: dict[str, tuple[float, float]] = {
    "non_saturating": (LN_2, LN_2),
    "hinge": (1.0, 0.0),
    "least_squares": (0.25, 0.25),
    "wasserstein": (0.0, 0.0),
    "relativistic": (LN_2, LN_2),
}
