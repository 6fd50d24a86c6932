"""kerasgan: a folder of pictures in, an image generator of one's own out.

Importing the package imports neither TensorFlow nor Keras; its modules do. Where that
comes first, it asks TensorFlow for oneDNN's kernels, which TensorFlow itself uses on
the newest processors alone: on one with AVX2 a training step takes little more than
half as long with them (benchmarks/README.md). TF_ENABLE_ONEDNN_OPTS=0 does without.
"""

import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

__version__ = "0.1.0"
