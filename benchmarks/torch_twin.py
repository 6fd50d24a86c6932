"""The twin in PyTorch of kerasgan's DCGAN and of its training step, for timing.

Same layers, batch, losses, updates, augmentation and averaging as kerasgan's DCGAN at
64 px; see kerasgan/networks/dcgan.py and kerasgan/gan.py. No handicap: channels_last,
fused Adam, the generator's forward pass shared by both updates, no gradients of D's
filters in G's update, gradients set to None, multi-tensor averaging, and a choice of
three forms of G's up-sampling, of which train_speed.py takes the fastest:

    upsample    nn.Upsample(nearest), then a 3x3 convolution
    folded      the same function as one transposed 4x4 convolution of stride 2, whose
                kernel is the sum of four shifted copies of the 3x3 one
    transposed  nn.ConvTranspose2d 4x4 of stride 2 with a kernel of its own

N batch, C channels, H height, W width, Z latent_dim; images float32 NCHW in [-1, 1],
channels_last in memory. Needs PyTorch (extra [bench]); imports no TensorFlow.

    python benchmarks/torch_twin.py --precision bfloat16 --upsampling folded
"""

import argparse
import copy
import os
import time
from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional

LATENT_DIM = 128
UPSAMPLINGS = ("upsample", "folded", "transposed")
SHIFT = 8  # pixels, an eighth of 64


class FoldedUpsampling(nn.Module):
    """Nearest 2x up-sampling and a 3x3 convolution in one transposed convolution.

    [N, C, H, W] -> [N, C', 2H, 2W]
    """

    def __init__(self, before: int, after: int, bias: bool):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(after, before, 3, 3))
        self.bias = nn.Parameter(torch.zeros(after)) if bias else None

    def forward(self, x):
        # [C', C, 3, 3] -> [C, C', 3, 3], turned: a transposed convolution turns it back
        kernel = self.weight.to(x.dtype).transpose(0, 1).flip(2, 3)
        corners = [(0, 1, 0, 1), (1, 0, 0, 1), (0, 1, 1, 0), (1, 0, 1, 0)]
        kernel = sum(functional.pad(kernel, corner) for corner in corners)
        return functional.conv_transpose2d(x, kernel, self.bias, stride=2, padding=1)


class ToChannelsLast(nn.Module):
    """[N, H, W, C] -> [N, C, H, W] that is channels_last in memory: no copy."""

    def forward(self, x):
        return x.permute(0, 3, 1, 2)


def upsampling(kind: str, before: int, after: int, bias: bool = False) -> nn.Module:
    """One 2x up-sampling layer of the kind asked for."""
    if kind == "upsample":
        convolution = nn.Conv2d(before, after, 3, padding=1, bias=bias)
        return nn.Sequential(nn.Upsample(scale_factor=2), convolution)
    if kind == "folded":
        return FoldedUpsampling(before, after, bias)
    return nn.ConvTranspose2d(before, after, 4, stride=2, padding=1, bias=bias)


def normalised(channels: int) -> list[nn.Module]:
    return [nn.BatchNorm2d(channels, eps=1e-5, momentum=0.1), nn.ReLU(inplace=True)]


class SoftColour(nn.Module):
    """Fine detail of the colours made fainter: one fixed 3x3 convolution.

    [N, 3, H, W] -> the same
    """

    def __init__(self, share: float = 0.1):
        super().__init__()
        blur = torch.tensor([1.0, 2.0, 1.0])
        blur = torch.outer(blur, blur) / 16
        same = torch.zeros(3, 3)
        same[1, 1] = 1
        grey = torch.full((3, 3), 1 / 3)
        colours = torch.eye(3) - grey
        detail = blur + share * (same - blur)
        kernel = grey[:, :, None, None] * same + colours[:, :, None, None] * detail
        self.register_buffer("kernel", kernel)  # [C, C, 3, 3]

    def forward(self, x):
        x = functional.pad(x, (1, 1, 1, 1), mode="reflect")
        return functional.conv2d(x, self.kernel.to(x.dtype))


def build_generator(width: int = 32, kind: str = "folded") -> nn.Module:
    """[N, Z] -> [N, 3, 64, 64] in [-1, 1]."""
    before = 8 * width
    stages = [
        nn.Linear(LATENT_DIM, before * 4 * 4, bias=False),
        nn.Unflatten(1, (4, 4, before)),
        ToChannelsLast(),
        *normalised(before),
    ]
    for after in (4 * width, 2 * width, width, width // 2):  # at 8, 16, 32 and 64 px
        stages += [upsampling(kind, before, after), *normalised(after)]
        before = after
    to_rgb = nn.Conv2d(before, 3, 3, padding=1)
    return nn.Sequential(*stages, to_rgb, SoftColour(), nn.Tanh())


def build_discriminator(width: int = 32) -> nn.Module:
    """[N, 3, 64, 64] -> logits [N, 1]."""
    before = width // 2
    stages = [nn.Conv2d(3, before, 3, padding=1), nn.LeakyReLU(0.2, inplace=True)]
    for multiplier in (1, 2, 4, 8):  # to 32, 16, 8 and 4 px
        after = multiplier * width
        stages += [nn.Conv2d(before, after, 4, 2, 1), nn.LeakyReLU(0.2, inplace=True)]
        before = after
    return nn.Sequential(*stages, nn.Flatten(), nn.Linear(before * 4 * 4, 1))


def small_weights(module: nn.Module) -> None:
    if hasattr(module, "weight") and not isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 0.0, 0.02)


def augment(images: torch.Tensor, probability: float) -> torch.Tensor:
    """Brightness, saturation, contrast and translation, each with the probability.

    Every picture draws its own; differentiable; [N, 3, H, W] float32 in and out.
    """
    n = len(images)
    drawn = torch.rand(3, n, 1, 1, 1) - 0.5
    drawn = drawn * (torch.rand(3, n, 1, 1, 1) < probability)
    brightness, saturation, contrast = drawn[0], 1 + 2 * drawn[1], 1 + drawn[2]
    grey = images.mean(1, keepdim=True)
    middle = images.mean((1, 2, 3), keepdim=True)
    # contrast * (grey + saturation (x - grey) - middle) + middle + brightness
    scale, rest = contrast * saturation, contrast * (1 - saturation)
    images = scale * images + (rest * grey + ((1 - contrast) * middle + brightness))
    shift = torch.randint(-SHIFT, SHIFT + 1, (2, n))
    shift = shift * (torch.rand(2, n) < probability)
    return translate(images, shift)


def translate(images: torch.Tensor, shift: torch.Tensor) -> torch.Tensor:
    """Moves each picture by whole pixels, zeros coming in; shift int [2, N]."""
    n, _, height, width = images.shape
    rows = shift[0][:, None] + torch.arange(height)  # [N, H]
    columns = shift[1][:, None] + torch.arange(width)  # [N, W]
    padded = functional.pad(images, (SHIFT,) * 4)
    nhwc = padded.permute(0, 2, 3, 1)  # [N, H + 2 SHIFT, W + 2 SHIFT, C], a view
    moved = nhwc[
        torch.arange(n)[:, None, None],
        (rows + SHIFT)[:, :, None],
        (columns + SHIFT)[:, None, :],
    ]  # [N, H, W, C]
    return moved.permute(0, 3, 1, 2)


class TwinGAN:
    """Networks, optimizers and kerasgan's training step of DCGAN, with no balance."""

    def __init__(
        self,
        precision: str = "float32",
        kind: str = "folded",
        width: int = 32,
        learning_rate: float = 4e-4,
        augment_p: float = 0.5,
    ):
        self.others = []  # that learn with D
        self.build(kind, width)
        for network in (self.generator, self.discriminator, *self.others):
            network.apply(small_weights).to(memory_format=torch.channels_last)
        self.averaged_generator = copy.deepcopy(self.generator).requires_grad_(False)
        self.bfloat16 = precision == "bfloat16"
        self.augment_p = augment_p
        settings = {"lr": learning_rate, "betas": (0.5, 0.999), "fused": True}
        with_d = nn.ModuleList([self.discriminator, *self.others])
        self.d_optimizer = torch.optim.Adam(with_d.parameters(), **settings)
        self.g_optimizer = torch.optim.Adam(self.generator.parameters(), **settings)

    def build(self, kind: str, width: int) -> None:
        """Make the networks."""
        self.generator = build_generator(width, kind)
        self.discriminator = build_discriminator(width)

    def autocast(self):
        return torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16)

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        images = augment(images, self.augment_p)
        with self.autocast():
            return self.discriminator(images).float()

    def both_logits(
        self, real_images: torch.Tensor, fake_images: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | float]:
        """D's logits of both, in one pass, and what else D learns from: nothing."""
        both = torch.cat([real_images, fake_images])
        return *self.logits(both).split(len(real_images)), 0.0

    def step(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """One update of D and one of G; pictures uint8 [N, H, W, 3]."""
        n = len(pictures)
        real_images = (pictures.float() / 127.5 - 1).permute(0, 3, 1, 2)  # [N, C, H, W]
        mirrored = torch.rand(n, 1, 1, 1) < 0.5
        real_images = torch.where(mirrored, real_images.flip(3), real_images)
        with self.autocast():
            fake_images = self.generator(torch.randn(n, LATENT_DIM))
        fake_images = fake_images.float()

        seen = self.both_logits(real_images, fake_images.detach())
        real_logits, fake_logits, extra = seen
        d_loss = functional.softplus(-real_logits).mean()
        d_loss = (d_loss + functional.softplus(fake_logits).mean()) / 2 + extra
        self.d_optimizer.zero_grad(set_to_none=True)
        d_loss.backward()
        self.d_optimizer.step()

        self.discriminator.requires_grad_(False)
        g_loss = functional.softplus(-self.logits(fake_images)).mean()
        self.discriminator.requires_grad_(True)
        self.g_optimizer.zero_grad(set_to_none=True)
        g_loss.backward()
        self.g_optimizer.step()
        self.update_average(decay=0.5 ** (n / 10_000))
        return d_loss.detach(), g_loss.detach()

    @torch.no_grad()
    def update_average(self, decay: float) -> None:
        averaged = list(self.averaged_generator.parameters())
        torch._foreach_lerp_(averaged, list(self.generator.parameters()), 1 - decay)
        for new, old in zip(
            self.averaged_generator.buffers(), self.generator.buffers(), strict=True
        ):
            new.copy_(old)


def torch_step_timer(
    twin: type[TwinGAN],
    precision: str,
    batch_size: int,
    kind: str = "folded",
    threads: int | None = None,
) -> tuple[Callable[[int], float], int]:
    """Builds the twin for timing.

    Returns a function that runs so many steps and gives the seconds they took, and the
    number of trainable parameters of both networks.
    """
    torch.set_num_threads(threads or os.cpu_count())
    torch.set_flush_denormal(True)
    torch.manual_seed(0)
    gan = twin(precision, kind)
    pictures = torch.randint(0, 256, (2400, 64, 64, 3), dtype=torch.uint8)

    def seconds_for(steps: int) -> float:
        start = time.perf_counter()
        for _ in range(steps):
            chosen = torch.randint(len(pictures), (batch_size,))
            losses = gan.step(pictures[chosen])
        if not all(torch.isfinite(loss) for loss in losses):
            raise SystemExit("the twin's losses must stay finite: nothing was timed.")
        return time.perf_counter() - start

    networks = (gan.generator, gan.discriminator, *gan.others)
    return seconds_for, sum(p.numel() for n in networks for p in n.parameters())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--precision", choices=("float32", "bfloat16"), default="float32"
    )
    parser.add_argument("--upsampling", choices=UPSAMPLINGS, default="folded")
    parser.add_argument("--batch_size", type=int, default=32)
    parser.add_argument("--steps", type=int, default=20)
    flags = parser.parse_args()
    seconds_for, parameters = torch_step_timer(
        TwinGAN, flags.precision, flags.batch_size, flags.upsampling
    )
    seconds_for(5)
    rate = flags.steps * flags.batch_size / seconds_for(flags.steps)
    print(
        f"{flags.precision} {flags.upsampling}: {rate:.1f} images/s, "
        f"{parameters} parameters"
    )


if __name__ == "__main__":
    main()
