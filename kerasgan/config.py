"""Every setting of a training, in one frozen dataclass.

Settings flow one way: flag -> `TrainConfig` -> config.json -> keyword arguments of
the library below. Each field carries its own help and choices, from which the
command line makes its flags. Layer 0: no TensorFlow.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kerasgan.hints import nearest_hint
from kerasgan.resolutions import MOST_SIDE, count_resolutions

MODELS = (
    "dcgan",
    "fastgan",
    "progan",
    "msggan",
    "stylegan2",
    "vaegan",
    "average",
)
CONDITIONAL = ("dcgan", "fastgan", "stylegan2", "average")  # models that take labels
DOUBLING = ("progan", "msggan", "stylegan2")  # from 4x4 on
SOFT_COLOURED = ("dcgan", "fastgan")  # whose colours have less detail
ADVERSARIAL = tuple(name for name in MODELS if name != "average")  # with a D
TRUNCATING = ("dcgan", "fastgan", "vaegan", "stylegan2")  # others normalise latents
# Networks whose weights have unit variance: Adam moves each by its rate alone
EQUALISED = {"width": 16, "beta_1": 0.0, "beta_2": 0.99, "r1": 0.1}
# What a model wants otherwise than the defaults of `TrainConfig`
MODEL_DEFAULTS: dict[str, dict[str, Any]] = {
    "dcgan": {"lecam": 0.3},
    "progan": EQUALISED | {"learning_rate": 5e-3, "decay_kimg": 100.0},
    "msggan": EQUALISED | {"learning_rate": 1e-2, "decay_kimg": 100.0},
    "stylegan2": EQUALISED | {"learning_rate": 5e-3, "decay_kimg": 100.0},
    "vaegan": {"width": 16},
    "average": {"width": 16},
}
# What a run did whose config.json does not have the setting yet
BEFORE = {"colour_detail": 1.0, "held_out": 0.0, "evaluate_every": 0}
OWN_PENALTIES = ("wasserstein", "relativistic")  # losses that bring theirs
LOSSES = (
    "non_saturating",
    "hinge",
    "least_squares",
    "wasserstein",
    "relativistic",
)
BALANCES = ("adaptive", "margin", "gap_rate", "none")
AUGMENTS = ("ada", "diffaugment", "none")
STRATEGIES = ("auto", "one", "mirrored", "multiworker")
PRECISIONS = ("auto", "float32", "mixed_bfloat16", "mixed_float16")
FITS = ("crop", "pad", "stretch")
LENGTHS = ("epochs", "steps", "kimg", "minutes")
DEFAULT_MINUTES = 10.0
TUPLES = ("image_size", "label_names")
MOST_SEED = 2**32 - 1


def setting(default: Any, help: str, **limits: Any) -> Any:
    """A dataclass field that also knows its help, what it may be, and with which
    models it means anything."""
    return field(default=default, metadata={"help": help, **limits})


@dataclass(frozen=True)
class TrainConfig:
    """What a run is made of; `config.json` holds one of these.

    Example:
    >>> config = TrainConfig(path="faces", image_size=(64, 64))
    >>> config.validate()
    >>> config.batch_size > 0
    True
    """

    path: str = setting("", "folder of pictures to learn from (looked through deeply)")
    # the pictures
    image_size: tuple[int, int] = setting(
        (64, 64), "64, or HEIGHTxWIDTH such as 96x64: multiples of 16, 16 to 256"
    )
    channels: int = setting(3, "1 grey, 3 colour, 4 with alpha", choices=(1, 3, 4))
    labels: str = setting(
        "",
        "classes: folders (names of sub-folders), FILE.csv or FILE.csv:COLUMN",
        models=CONDITIONAL,
    )
    label_names: tuple[str, ...] = setting(
        (), "the classes that were found", flag=False
    )
    fit: str = setting(
        "crop", "how a picture of another shape is made to fit", choices=FITS
    )
    flip: bool = setting(True, "show each picture mirrored half of the time")
    # the length: exactly one of these (10 minutes when none is given)
    epochs: float | None = setting(None, "length: passes over the folder", above=0)
    steps: int | None = setting(None, "length: training steps", above=0)
    kimg: float | None = setting(None, "length: thousands of pictures seen", above=0)
    minutes: float | None = setting(None, "length: minutes of training", above=0)
    # the networks
    model: str = setting("dcgan", "the pair of networks", choices=MODELS)
    width: int = setting(32, "channels of the widest resolution's unit", least=1)
    latent_dim: int = setting(128, "numbers in a latent", least=1)
    d_batch_norm: bool = setting(
        False,
        "batch normalisation in D (DCGAN's gets too strong)",
        models=("dcgan", "vaegan"),
    )
    spectral_norm: bool = setting(
        False, "spectral normalisation in D", models=("dcgan",)
    )
    colour_detail: float = setting(
        0.1,
        "how loud fine detail is in G's colours (1: as in brightness)",
        least=0,
        models=SOFT_COLOURED,
    )
    growth_kimg: float = setting(
        5.0,
        "kimg in which a resolution fades in, and as many it stays",
        above=0,
        models=("progan",),
    )
    init_from: str = setting(
        "", "begin with the weights of another run, or of a generator.keras"
    )
    freeze_d: int = setting(
        0,
        "convolutions of D nearest to the picture that do not learn",
        least=0,
        models=ADVERSARIAL,
    )
    # the optimisation
    batch_size: int = setting(32, "pictures a step", least=1)
    learning_rate: float = setting(1e-3, "Adam's rate for G, at the start", above=0)
    d_learning_rate: float | None = setting(
        None,
        "the same for D (as G's); adaptive takes G's to twice G's",
        above=0,
        models=ADVERSARIAL,
    )
    decay_kimg: float = setting(
        16.0, "rates fall as 1/sqrt after so many kimg (0: never)", least=0
    )
    beta_1: float = setting(0.5, "Adam's first decay", least=0, below=1)
    beta_2: float = setting(0.999, "Adam's second decay", least=0, below=1)
    loss: str = setting(
        "non_saturating",
        "the game's losses (wasserstein wants a D without batch norm: dcgan)",
        choices=LOSSES,
        models=ADVERSARIAL,
    )
    r1: float | None = setting(
        None,
        "weight gamma of the R1 penalty on D (0; relativistic has one)",
        least=0,
        models=ADVERSARIAL,
    )
    r2: float | None = setting(
        None, "the same for R2, the penalty at fakes", least=0, models=ADVERSARIAL
    )
    penalty_every: int = setting(
        16, "lazy R1 and R2: every so many steps", least=1, models=ADVERSARIAL
    )
    lecam: float = setting(
        0.0, "weight of LeCam regularisation", least=0, models=ADVERSARIAL
    )
    balance: str = setting(
        "adaptive", "keeps G and D even", choices=BALANCES, models=ADVERSARIAL
    )
    margin: float | None = setting(
        None,
        "half-width: of the gap for margin, of D's lead at the start for adaptive",
        above=0,
        models=ADVERSARIAL,
    )
    augment: str = setting(
        "ada",
        "alters what D sees, each way half of the time, ada more as D learns by heart",
        choices=AUGMENTS,
        models=ADVERSARIAL,
    )
    ema_kimg: float = setting(10.0, "half-life of the averaged G, in kimg", least=0)
    precision: str = setting("auto", "arithmetic of the networks", choices=PRECISIONS)
    strategy: str = setting(
        "auto",
        "devices: mirrored is all GPUs (auto: where there are two), multiworker's are "
        "in TF_CONFIG",
        choices=STRATEGIES,
    )
    accumulate: int = setting(
        1, "turns a batch is computed in: less memory, a longer step", least=1
    )
    seed: int = setting(0, "all randomness follows from it", least=0, most=MOST_SEED)
    # how good it is
    held_out: float = setting(
        0.1,
        "share of the pictures to judge by, never trained on (of 1,000 or more)",
        least=0,
        most=0.5,
    )
    evaluate_every: int = setting(
        500, "steps between evaluations, which find the best (0: none)", least=0
    )
    features: str = setting(
        "plain", "what they compare: plain, inception, or a .keras or .tflite file"
    )
    feature_weights: str = setting("", "weights of inception (downloaded)")
    # how often
    log_every: int = setting(50, "steps between lines of log.jsonl", least=1)
    sample_every: int = setting(500, "steps between sample grids", least=1)
    checkpoint_every: int = setting(500, "steps between checkpoints", least=1)
    keep: int = setting(3, "newest checkpoints kept", least=1)
    tensorboard: bool = setting(False, "also write events for TensorBoard")

    def validate(self) -> None:
        """Refuse what cannot be.

        Raises:
            ValueError: names the flag, what must hold, and what came.
        """
        for item in dataclasses.fields(self):
            value = getattr(self, item.name)
            if value is not None:
                _check_limits(item.name, value, item.metadata)
        for item in dataclasses.fields(self):
            models = item.metadata.get("models", MODELS)
            if getattr(self, item.name) != item.default and self.model not in models:
                raise ValueError(
                    f"--{item.name} must go with --model {' or '.join(models)}. "
                    f"Received --model {self.model}, to which it means nothing: name "
                    f"another by --model, or leave out --{item.name}."
                )
        if self.model in DOUBLING:
            count_resolutions(self.image_size)
        check_image_size(self.image_size)
        self._check_together()

    def _check_together(self) -> None:
        """Refuse settings that do not go with each other."""
        if self.batch_size % self.accumulate:
            divisors = [k for k in range(2, 65) if self.batch_size % k == 0]
            raise ValueError(
                "--accumulate must divide --batch_size into even parts. Received "
                f"{self.accumulate} for {self.batch_size}: try "
                f"{min(divisors, key=lambda k: abs(k - self.accumulate), default=1)}."
            )
        if self.init_from and self.growth_kimg != TrainConfig.growth_kimg:
            raise ValueError(
                "--growth_kimg must be left out with --init_from: networks that are "
                f"taken over have grown already. Received {self.growth_kimg:g}."
            )
        if self.freeze_d and not self.init_from:
            raise ValueError(
                "--freeze_d must go with --init_from RUN: without one D's first layers "
                f"know nothing yet. Received --freeze_d {self.freeze_d}."
            )
        if self.freeze_d and self.spectral_norm:
            raise ValueError(
                "--freeze_d must not go with --spectral_norm, which goes on scaling "
                "the frozen layers: leave out one of them."
            )
        if self.margin is not None and self.balance not in ("adaptive", "margin"):
            raise ValueError(
                "--margin must go with --balance adaptive or margin. Received "
                f"--balance {self.balance}, which has none: leave out one of them."
            )
        given = [name for name in LENGTHS if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(
                "The length must be given by exactly one of --epochs, --steps, "
                f"--kimg, --minutes. Received {' and '.join('--' + n for n in given)}: "
                "leave out all but one."
            )
        if self.loss == "wasserstein" and self.balance in ("adaptive", "gap_rate"):
            raise ValueError(
                "--loss wasserstein must have --balance none (or margin): it wants a "
                "critic that is far ahead, which the other rules would hold back. "
                f"Received --balance {self.balance}: use none."
            )

    @classmethod
    def for_model(cls, **given: Any) -> TrainConfig:
        """What was given, and the model's own defaults for the rest; of R1 only where
        the loss has no penalties of its own. `TrainConfig()` is of the default model
        and has none of them.

        >>> TrainConfig.for_model(model="stylegan2", width=24).beta_1
        0.0
        >>> print(TrainConfig.for_model(model="progan", loss="wasserstein").r1)
        None
        """
        defaults = dict(MODEL_DEFAULTS.get(given.get("model", cls.model), {}))
        if given.get("loss") in OWN_PENALTIES:
            defaults.pop("r1", None)
        return cls(**(defaults | given))

    def with_length(self) -> TrainConfig:
        """The same, with the default length where none was given."""
        if any(getattr(self, name) is not None for name in LENGTHS):
            return self
        return dataclasses.replace(self, minutes=DEFAULT_MINUTES)

    def to_json(self) -> dict[str, Any]:
        """A dict that JSON can hold."""
        lists = {name: list(getattr(self, name)) for name in TUPLES}
        return dataclasses.asdict(self) | lists

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> TrainConfig:
        """The config that `to_json` made; keys of later versions are ignored, and so
        are values that mean nothing to the model."""
        model = content.get("model", cls.model)
        known = {
            item.name
            for item in dataclasses.fields(cls)
            if model in item.metadata.get("models", MODELS)
        }
        values = {k: v for k, v in (BEFORE | dict(content)).items() if k in known}
        values |= {name: tuple(values[name]) for name in TUPLES if name in values}
        return cls(**values)


def show(value: Any) -> str:
    """A setting as one would type it.

    >>> show((96, 64)), show(0.5)
    ('96x64', '0.5')
    """
    if isinstance(value, tuple):
        return ("x" if all(isinstance(v, int) for v in value) else ", ").join(
            map(str, value)
        )
    return str(value)


def parse_image_size(text: str | int | tuple[int, int]) -> tuple[int, int]:
    """`64` or `96x64` as (height, width).

    >>> parse_image_size("64"), parse_image_size("96x64")
    ((64, 64), (96, 64))

    Raises:
        ValueError: it is neither.
    """
    if isinstance(text, tuple):
        return text
    parts = str(text).lower().split("x")
    if len(parts) > 2 or not all(part.strip().isdecimal() for part in parts):
        raise ValueError(
            "--image_size must be one number, or HEIGHTxWIDTH. "
            f"Received {text}: try 64 or 96x64."
        )
    return int(parts[0]), int(parts[-1])


def check_image_size(
    image_size: tuple[int, int], multiple: int = 16, most: int = MOST_SIDE
) -> None:
    """Refuse a side that the networks cannot have.

    >>> check_image_size((100, 64))
    Traceback (most recent call last):
    ...
    ValueError: --image_size must be a multiple of 16 between 16 and 256. Received \
100: the nearest are 96 and 112.
    """
    for side in image_size:
        if side % multiple == 0 and multiple <= side <= most:
            continue
        lower = min(max(side // multiple * multiple, multiple), most)
        upper = min(lower + multiple, most) if side > lower else lower
        nearest = (
            f"the nearest are {lower} and {upper}"
            if lower != upper
            else f"the nearest is {lower}"
        )
        raise ValueError(
            f"--image_size must be a multiple of {multiple} between {multiple} and "
            f"{most}. Received {side}: {nearest}."
        )


def _check_limits(name: str, value: Any, limits: Mapping[str, Any]) -> None:
    choices = limits.get("choices")
    if choices and value not in choices:
        listed = ", ".join(map(str, choices))
        hint = nearest_hint(str(value), map(str, choices))
        raise ValueError(f"--{name} must be one of {listed}. Received {value}.{hint}")
    if "least" in limits and not value >= limits["least"]:
        raise ValueError(
            f"--{name} must be at least {limits['least']}. Received {value}."
        )
    if "most" in limits and not value <= limits["most"]:
        raise ValueError(
            f"--{name} must be at most {limits['most']}. Received {value}."
        )
    if isinstance(value, float) and math.isinf(value) and name not in LENGTHS:
        raise ValueError(f"--{name} must be a finite number. Received {value}.")
    if "above" in limits and not value > limits["above"]:
        raise ValueError(f"--{name} must be above {limits['above']}. Received {value}.")
    if "below" in limits and not value < limits["below"]:
        raise ValueError(f"--{name} must be below {limits['below']}. Received {value}.")
