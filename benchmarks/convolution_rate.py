"""The processor's convolution rate for the shapes of kerasgan's networks at 64 px.

Many convolutions of FastGAN, and most of DCGAN, are 4x4 of stride 2 (G's are the same
ones transposed: up-sampling and 3x3 convolution fold into them). Each is timed alone in
TensorFlow (oneDNN), forward, data gradient and filter gradient, in float32 and
bfloat16: what the processor gives when nothing else is in the way, and so how long a
training step takes that is nothing but its convolutions.

    python benchmarks/convolution_rate.py --model dcgan --batch_size 32

bfloat16 is left out where the processor has none, unless --precision names it.
2 operations (multiply, add) a tap; N batch, H height = width; Dense layers (2 to
4 MFLOP an image) and FastGAN's smallest convolutions (0.2) are not counted.
"""

import argparse
import json
import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from measuring import precisions

OPERATIONS = ("forward", "data_gradient", "filter_gradient")


@dataclass(frozen=True)
class Convolution:
    """[N, size, size, inputs] -> [N, size / stride, size / stride, outputs].

    `uses` says how many times each batch image passes through its forward, data
    gradient and filter gradient in one training step. D's update: D on real and fake,
    so 2 each (no data gradient at the pictures). G's update: D forward 1, data
    gradient 1. G itself, 1 each; where it is transposed, its forward is the data
    gradient and its data gradient the forward.
    """

    size: int
    inputs: int
    outputs: int
    kernel: int = 4
    stride: int = 2
    uses: tuple[int, int, int] = (4, 4, 3)

    @property
    def flop_per_image(self) -> int:
        taps = self.kernel**2 * self.inputs * self.outputs
        return 2 * taps * (self.size // self.stride) ** 2

    def uses_in_step(self, operation: str) -> int:
        return self.uses[OPERATIONS.index(operation)]


def dcgan_convolutions(width: int) -> list[Convolution]:
    """The convolutions of both networks that learn, from the pictures inwards."""
    same = {"kernel": 3, "stride": 1}
    return [
        Convolution(64, 3, width // 2, **same, uses=(3, 1, 2)),  # D's
        Convolution(64, width // 2, 3, **same, uses=(1, 1, 1)),  # G's
        Convolution(64, width // 2, width),
        Convolution(32, width, 2 * width),
        Convolution(16, 2 * width, 4 * width),
        Convolution(8, 4 * width, 8 * width),
    ]


def fastgan_convolutions(width: int) -> list[Convolution]:
    """The convolutions of G, D and the decoders that learn."""
    same, point = {"kernel": 3, "stride": 1}, {"kernel": 1, "stride": 1}
    of_d, once = {"uses": (3, 3, 2)}, {"uses": (1, 1, 1)}  # G's and the decoders': once
    of_g = [
        Convolution(8, 8 * width, 8 * width, **once),
        Convolution(8, 4 * width, 8 * width, **same, **once),
        Convolution(16, 4 * width, 4 * width, **once),
        Convolution(32, 2 * width, 2 * width, **once),
        Convolution(32, width, 2 * width, **same, **once),
        Convolution(64, width, width, **once),
        Convolution(64, width // 2, 3, **same, **once),
    ]
    down = [Convolution(64, 3, width, uses=(3, 1, 2))]
    for side, filters in ((32, 2 * width), (16, 4 * width)):
        down += [
            Convolution(side, filters // 2, filters, **of_d),
            Convolution(side // 2, filters, filters, **same, **of_d),
            Convolution(side // 2, filters // 2, filters, **point, **of_d),
        ]
    down.append(Convolution(8, 4 * width, 4 * width, **point, **of_d))
    decoders = []
    for features in (4 * width, 2 * width):
        decoders += [
            Convolution(16, 4 * width, features, **once),
            Convolution(32, 2 * width, 2 * width, **once),
            Convolution(32, width, 3, **same, **once),
        ]
    return of_g + down + decoders


CONVOLUTIONS = {"fastgan": fastgan_convolutions, "dcgan": dcgan_convolutions}


def step_flop_per_image(convolutions: list[Convolution]) -> int:
    """Arithmetic of one training step's convolutions for one image of the batch."""
    return sum(
        convolution.flop_per_image * convolution.uses_in_step(operation)
        for convolution in convolutions
        for operation in OPERATIONS
    )


def runner(convolution: Convolution, operation: str, batch_size: int, dtype: str):
    """A function that runs the operation so many times in one TensorFlow call."""
    import tensorflow as tf

    kernel, stride = convolution.kernel, convolution.stride
    small = convolution.size // stride
    shape = (batch_size, convolution.size, convolution.size, convolution.inputs)
    images = tf.cast(tf.random.normal(shape), dtype)
    outputs = tf.random.normal((batch_size, small, small, convolution.outputs))
    outputs = tf.cast(outputs, dtype)
    filters = (kernel, kernel, convolution.inputs, convolution.outputs)
    filters = tf.cast(tf.random.normal(filters), dtype)
    settings = {"strides": [1, stride, stride, 1], "padding": "SAME"}

    def once():
        if operation == "forward":
            return tf.nn.conv2d(images, filters, **settings)
        if operation == "data_gradient":
            return tf.raw_ops.Conv2DBackpropInput(
                input_sizes=shape, filter=filters, out_backprop=outputs, **settings
            )
        return tf.raw_ops.Conv2DBackpropFilter(
            input=images, filter_sizes=filters.shape, out_backprop=outputs, **settings
        )

    @tf.function
    def repeat(times):
        result = once()
        for _ in tf.range(times - 1):
            with tf.control_dependencies([result]):
                result = once()
        return tf.reshape(result, [-1])[0]

    return lambda times: repeat(tf.constant(times)).numpy()


def seconds_per_run(run, seconds: float) -> float:
    """Median time of one run, over five blocks that take about `seconds` together."""
    run(2)
    start = time.perf_counter()
    run(5)
    times = max(1, round(seconds / 5 / ((time.perf_counter() - start) / 5)))
    measured = []
    for _ in range(5):
        start = time.perf_counter()
        run(times)
        measured.append((time.perf_counter() - start) / times)
    return statistics.median(measured)


def measure(
    dtype: str, convolutions: list[Convolution], batch_size: int, seconds: float = 0.5
) -> dict:
    """Rates of all shapes and operations, GFLOP/s, and a step's convolutions' time.

    Returns {"rows": [...], "best_gflops", "step_gflops", "step_seconds",
    "step_images_per_second"}; those of the step weigh each by its use in a step.
    """
    rows, step_seconds = [], 0.0
    for convolution in convolutions:
        for operation in OPERATIONS:
            run = runner(convolution, operation, batch_size, dtype)
            taken = seconds_per_run(run, seconds)
            step_seconds += taken * convolution.uses_in_step(operation)
            gflops = batch_size * convolution.flop_per_image / taken / 1e9
            rows.append(
                {
                    "size": convolution.size,
                    "inputs": convolution.inputs,
                    "outputs": convolution.outputs,
                    "kernel": convolution.kernel,
                    "stride": convolution.stride,
                    "operation": operation,
                    "milliseconds": 1e3 * taken,
                    "gflops": gflops,
                }
            )
    flop = batch_size * step_flop_per_image(convolutions)
    return {
        "rows": rows,
        "best_gflops": max(row["gflops"] for row in rows),
        "step_gflops": flop / step_seconds / 1e9,
        "step_seconds": step_seconds,
        "step_images_per_second": batch_size / step_seconds,
    }


def table(results: dict) -> str:
    """The rates as text, a line a shape, GFLOP/s."""
    lines = []
    for dtype, result in results.items():
        title = f"{dtype}, GFLOP/s"
        lines.append(f"{title:<24}" + "".join(f"{o:>17}" for o in OPERATIONS))
        rows = result["rows"]
        for k in range(0, len(rows), len(OPERATIONS)):
            row = rows[k]
            shape = f"{row['size']:>2} px {row['inputs']:>3} -> {row['outputs']:<3} "
            shape += f"{row['kernel']}x{row['kernel']} /{row['stride']}"
            rates = [f"{r['gflops']:17.0f}" for r in rows[k : k + len(OPERATIONS)]]
            lines.append(f"{shape:<24}" + "".join(rates))
        lines.append(
            f"best {result['best_gflops']:.0f}, as mixed in a training step "
            f"{result['step_gflops']:.0f} GFLOP/s: a step of nothing but these "
            f"convolutions would make {result['step_images_per_second']:.0f} images/s"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", choices=CONVOLUTIONS, default="dcgan")
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--batch_size", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=0.5, help="for each operation")
    parser.add_argument("--precision", nargs="+", help="of float32, bfloat16")
    parser.add_argument("--json", type=Path, help="file for the numbers")
    flags = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    convolutions = CONVOLUTIONS[flags.model](flags.width)
    results = {
        dtype: measure(dtype, convolutions, flags.batch_size, flags.seconds)
        for dtype in flags.precision or precisions()
    }
    settings = {
        "model": flags.model,
        "width": flags.width,
        "batch_size": flags.batch_size,
        "step_mflop_per_image": step_flop_per_image(convolutions) / 1e6,
    }
    print(table(results))
    if flags.json:
        flags.json.write_text(json.dumps({**settings, **results}, indent=1) + "\n")
    else:
        print(json.dumps({**settings, **results}))


if __name__ == "__main__":
    main()
