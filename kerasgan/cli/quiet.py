"""TensorFlow imported without the lines it writes to stderr behind Python's back."""

from __future__ import annotations

import os
import sys
import tempfile


def import_tensorflow() -> None:
    """Import it once; its start-up chatter is shown only if the import fails."""
    if "tensorflow" in sys.modules:
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "tensorflow"  # whatever ~/.keras/keras.json says
    try:
        stderr = os.dup(2)
    except OSError:  # started without a stderr
        import tensorflow

        return
    with tempfile.TemporaryFile() as chatter:
        os.dup2(chatter.fileno(), 2)
        try:
            import tensorflow  # noqa: F401
        except BaseException:
            chatter.seek(0)
            os.write(stderr, chatter.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
