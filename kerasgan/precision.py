"""Which arithmetic the networks are computed in, and what this machine is good at.

Sources: bfloat16 needs AMX or AVX512-BF16 on a CPU and compute capability 8.0 on an
NVIDIA GPU to be faster than float32; float16 needs 7.0 and loss scaling.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras
import tensorflow as tf

BFLOAT16_FLAGS = {"amx_bf16", "avx512_bf16"}


def resolve_precision(asked: str) -> str:
    """`auto` as the policy that suits this machine; any other word as it is.

    >>> resolve_precision("float32")
    'float32'
    """
    if asked != "auto":
        return asked
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return "mixed_bfloat16" if cpu_has_bfloat16() else "float32"
    details = tf.config.experimental.get_device_details(gpus[0])
    return gpu_precision(details.get("compute_capability"))


def gpu_precision(capability: tuple[int, int] | None) -> str:
    """The policy for an NVIDIA GPU of that compute capability.

    >>> [gpu_precision(c) for c in ((8, 0), (7, 5), (6, 1), None)]
    ['mixed_bfloat16', 'mixed_float16', 'float32', 'float32']
    """
    if capability is None or capability < (7, 0):
        return "float32"
    return "mixed_bfloat16" if capability >= (8, 0) else "mixed_float16"


def cpu_has_bfloat16() -> bool:
    """Whether the processor computes in bfloat16; another takes ten times as long."""
    return bool(cpu_flags() & BFLOAT16_FLAGS)


def cpu_flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> set[str]:
    """The processor's features as Linux names them; empty on other systems."""
    try:
        lines = cpuinfo.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return set()
    flags = [line for line in lines if line.startswith("flags")]
    return set(flags[0].partition(":")[2].split()) if flags else set()


@contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Layers made inside get this Keras policy; the old one comes back after."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
