"""Which errors say that the memory is full. Imports no TensorFlow."""

from __future__ import annotations

KINDS = {"MemoryError", "ResourceExhaustedError"}  # Python's and NumPy's; TensorFlow's
ONEDNN = "exception:Status: 1,"  # dnnl_out_of_memory, which TensorFlow tells as aborted


def out_of_memory(error: BaseException) -> bool:
    """Whether Python, NumPy, TensorFlow or oneDNN ran out of memory.

    >>> out_of_memory(MemoryError()), out_of_memory(ValueError())
    (True, False)
    """
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & KINDS) or ("AbortedError" in names and ONEDNN in str(error))
