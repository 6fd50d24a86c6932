"""Times kerasgan's training step, DCGAN's or FastGAN's, against the same in PyTorch.

The same networks, batch, losses, augmentation and averaging on both sides (PyTorch's:
torch_twin.py, torch_fastgan.py), without penalties; ours also measures the statistics
of its averaged generator in every eighth step. Each measurement is a process of its
own, since TensorFlow and PyTorch in one process fight for the cores; the two sides take
turns (A B A B ...), and the medians are compared. Before that PyTorch tries its forms
of up-sampling and keeps the fastest; convolution_rate.py says what the processor could
do.

    python benchmarks/train_speed.py --rounds 5 --json speed.json [--model fastgan]

Needs an otherwise idle machine and PyTorch (`pip install torch==2.13.0`, extra
[bench]); where it lives in another environment, name that with --torch_python.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODELS = ("dcgan", "fastgan")
PRECISIONS = ("float32", "bfloat16")
GOALS = {"float32": 2.5, "bfloat16": 1.5}  # times PyTorch's rate
WARM_UP_STEPS = 10
BLOCK = 8  # steps between two looks at the averaged generator's statistics


def kerasgan_step_timer(
    model: str, precision: str, batch_size: int
) -> tuple[Callable[[int], float], int]:
    """Builds kerasgan's GAN, with no balance, so that each step trains both, and as far
    on that its averaged generator's statistics are no longer measured in each step.

    Returns a function that runs so many of fit()'s steps, on batches of kerasgan's own
    pipeline, and gives the seconds they took, and the number of trainable parameters.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.path.insert(0, str(HERE.parent))
    import numpy as np

    from kerasgan.building import build_gan
    from kerasgan.config import TrainConfig
    from kerasgan.data.pipeline import make_dataset
    from kerasgan.generator_training import MEASURED_ALWAYS

    policy = "float32" if precision == "float32" else f"mixed_{precision}"
    gan = build_gan(
        TrainConfig(model=model, balance="none", batch_size=batch_size), policy
    )
    shape = (2400, 64, 64, 3)
    pictures = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    batches = iter(make_dataset(pictures, batch_size=batch_size, seed=0))
    gan.g_updates.assign(MEASURED_ALWAYS)
    gan.make_train_function()

    def seconds_for(steps: int) -> float:
        start = time.perf_counter()
        for _ in range(steps):
            logs = gan.train_function(batches)
        if not np.isfinite(float(logs["g_loss"])):
            raise SystemExit("kerasgan's losses must stay finite: nothing was timed.")
        return time.perf_counter() - start

    variables = gan.generator_variables + gan.discriminator_variables
    return seconds_for, sum(int(np.prod(variable.shape)) for variable in variables)


def measure_here(flags: argparse.Namespace) -> dict:
    """Images/s of one side, measured in this process for about --seconds."""
    precision = flags.precision[0]
    if flags.side == "kerasgan":
        seconds_for, parameters = kerasgan_step_timer(
            flags.model, precision, flags.batch_size
        )
    else:
        from torch_fastgan import TwinFastGAN
        from torch_twin import TwinGAN, torch_step_timer

        seconds_for, parameters = torch_step_timer(
            TwinFastGAN if flags.model == "fastgan" else TwinGAN,
            precision,
            flags.batch_size,
            flags.upsampling,
            flags.threads,
        )
    seconds_for(WARM_UP_STEPS)
    blocks = max(1, round(flags.seconds / 5 / seconds_for(BLOCK)))
    steps = BLOCK * blocks
    rates = [steps * flags.batch_size / seconds_for(steps) for _ in range(5)]
    return {"images_per_second": statistics.median(rates), "parameters": parameters}


def measure(
    side: str, precision: str, flags: argparse.Namespace, kind: str = "upsample"
) -> dict:
    """What `measure_here` says of one side, in a new process."""
    python = flags.torch_python if side == "torch" else sys.executable
    command = [python, __file__, "--side", side, "--precision", precision]
    command += ["--model", flags.model]
    command += ["--batch_size", str(flags.batch_size), "--seconds", str(flags.seconds)]
    command += ["--upsampling", kind]
    if flags.threads:
        command += ["--threads", str(flags.threads)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the process of {side} failed: {' '.join(command)}")
    return json.loads(done.stdout.splitlines()[-1])


def check_same_networks(flags: argparse.Namespace) -> None:
    """Refuse to compare networks whose numbers of parameters differ."""
    quick = argparse.Namespace(**vars(flags) | {"seconds": 0.1, "batch_size": 8})
    ours, theirs = (
        measure(side, "float32", quick)["parameters"] for side in ("kerasgan", "torch")
    )
    if ours != theirs:
        raise SystemExit(
            f"Both sides must have the same networks. Received {ours} parameters in "
            f"kerasgan, {theirs} in PyTorch: bring its twin up to date."
        )


def in_turn(sides: dict[str, Callable[[], float]], rounds: int) -> dict[str, list]:
    """Measures every side once a round: A B A B ..."""
    rates = {name: [] for name in sides}
    for k in range(rounds):
        for name, measure in sides.items():
            rates[name].append(measure())
            print(f"round {k + 1} {name}: {rates[name][-1]:.1f} images/s", flush=True)
    return rates


def compare(precision: str, flags: argparse.Namespace) -> dict:
    """Both sides in one precision: rates of every round, medians and their ratio."""
    kinds = ("upsample", "folded", "transposed")

    def rate(side: str, kind: str = "upsample") -> float:
        return measure(side, precision, flags, kind)["images_per_second"]

    tried = {kind: rate("torch", kind) for kind in kinds}
    best = max(tried, key=tried.get)
    print(f"PyTorch {precision}: {tried}, takes {best}", flush=True)
    rates = in_turn(
        {"kerasgan": lambda: rate("kerasgan"), "torch": lambda: rate("torch", best)},
        flags.rounds,
    )
    ours, theirs = (statistics.median(rates[side]) for side in ("kerasgan", "torch"))
    return {
        "kerasgan_images_per_second": ours,
        "torch_images_per_second": theirs,
        "times_torch": ours / theirs,
        "torch_upsampling": best,
        "torch_upsamplings_tried": tried,
        "rounds": rates,
    }


def convolution_rates(flags: argparse.Namespace) -> dict:
    """What convolution_rate.py measures, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rate.json"
        command = [sys.executable, str(HERE / "convolution_rate.py")]
        command += ["--model", flags.model]
        command += ["--batch_size", str(flags.batch_size), "--json", str(path)]
        command += ["--precision", *flags.precision]
        subprocess.run(command, check=True)
        return json.loads(path.read_text())


def sentence(precision: str, result: dict, convolutions: dict) -> str:
    """One precision in words: against PyTorch, and against the processor."""
    ours, ratio = result["kerasgan_images_per_second"], result["times_torch"]
    gflops = ours * convolutions["step_mflop_per_image"] / 1e3
    limits = convolutions[precision]
    goal = GOALS[precision]
    return (
        f"{precision}: kerasgan {ours:.1f} images/s, PyTorch "
        f"{result['torch_images_per_second']:.1f} ({result['torch_upsampling']}): "
        f"{ratio:.2f}x, goal {goal}x {'reached' if ratio >= goal else 'MISSED'}; "
        f"convolutions at {gflops:.0f} GFLOP/s, "
        f"{100 * gflops / limits['step_gflops']:.0f} % of what they reach alone "
        f"({limits['step_gflops']:.0f}) and "
        f"{100 * gflops / limits['best_gflops']:.0f} % of the fastest of them "
        f"({limits['best_gflops']:.0f})"
    )


def parse_flags() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--precision",
        nargs="+",
        choices=PRECISIONS,
        help="default: what is in hardware",
    )
    parser.add_argument("--model", choices=MODELS, default=MODELS[0])
    parser.add_argument("--batch_size", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10, help="per measurement")
    parser.add_argument("--threads", type=int, help="PyTorch's; default: every core")
    parser.add_argument("--torch_python", default=sys.executable)
    parser.add_argument("--json", type=Path, help="file for the numbers")
    parser.add_argument("--side", choices=("kerasgan", "torch"), help="only this one")
    parser.add_argument("--upsampling", default="upsample", help="of that PyTorch")
    return parser.parse_args()


def main() -> None:
    flags = parse_flags()
    if flags.side:
        print(json.dumps(measure_here(flags)))
        return
    from measuring import precisions  # PyTorch's environment may lack what it needs

    flags.precision = flags.precision or precisions()
    check_same_networks(flags)
    convolutions = convolution_rates(flags)
    results = {precision: compare(precision, flags) for precision in flags.precision}
    for precision, result in results.items():
        print(sentence(precision, result, convolutions))
    if flags.json:
        numbers = {
            "model": flags.model,
            "batch_size": flags.batch_size,
            **results,
            "convolutions": convolutions,
        }
        flags.json.write_text(json.dumps(numbers, indent=1) + "\n")


if __name__ == "__main__":
    main()
