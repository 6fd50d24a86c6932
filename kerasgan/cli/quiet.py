"""TensorFlow imported without the lines it writes to stderr behind Python's back."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator

UNUSED = ("sklearn", "matplotlib")  # Keras imports them where they are installed


@contextlib.contextmanager
def hidden(*names: str) -> Iterator[None]:
    """Inside, packages that nobody has imported yet seem not to be installed: they
    would take a third of the time."""
    names = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(names))
    try:
        yield
    finally:
        for name in names:
            del sys.modules[name]


def import_tensorflow() -> None:
    """Import it once; its start-up chatter is shown only if the import fails."""
    if "tensorflow" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"  # whatever ~/.keras/keras.json says
    # or it takes all of a GPU, and nothing can be generated beside a training
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    try:
        stderr = os.dup(2)
    except OSError:  # started without a stderr
        import tensorflow

        return
    with tempfile.TemporaryFile() as chatter:
        os.dup2(chatter.fileno(), 2)
        try:
            with hidden(*UNUSED):
                import tensorflow
            # graphs that are made once more are news for programmers only
            tensorflow.get_logger().setLevel("ERROR")
        except Exception:
            chatter.seek(0)
            os.write(stderr, chatter.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
