"""Which arithmetic a machine gets."""

import keras
import pytest
import tensorflow as tf

from kerasgan import precision


@pytest.mark.parametrize(
    ("flags", "policy"),
    [
        ("fpu avx2", "float32"),
        ("fpu avx512f avx512_bf16", "mixed_bfloat16"),
        ("amx_bf16 amx_tile", "mixed_bfloat16"),
    ],
)
def test_auto_on_a_cpu_follows_its_flags(flags, policy, tmp_path, monkeypatch):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor\t: 0\nflags\t\t: {flags}\nflags\t\t: other\n")
    found = precision.cpu_flags(cpuinfo)
    assert found == set(flags.split())
    monkeypatch.setattr(precision, "cpu_flags", lambda: found)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    assert precision.resolve_precision("auto") == policy


def test_auto_on_a_gpu_follows_its_capability(monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["gpu"])
    for capability, policy in (((9, 0), "mixed_bfloat16"), ((7, 5), "mixed_float16")):
        details = {"compute_capability": capability}
        monkeypatch.setattr(
            tf.config.experimental, "get_device_details", lambda gpu, d=details: d
        )
        assert precision.resolve_precision("auto") == policy


def test_a_system_without_cpuinfo_has_no_flags(tmp_path):
    assert precision.cpu_flags(tmp_path / "absent") == set()


def test_the_policy_is_put_back_even_after_an_error():
    before = keras.config.dtype_policy().name
    with pytest.raises(ZeroDivisionError), precision.dtype_policy("mixed_float16"):
        assert keras.config.dtype_policy().name == "mixed_float16"
        raise ZeroDivisionError
    assert keras.config.dtype_policy().name == before
