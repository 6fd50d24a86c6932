"""The twin in PyTorch of kerasgan's FastGAN and of its training step.

Same layers, batch, losses, updates, augmentation and averaging as kerasgan's FastGAN at
64 px; see kerasgan/networks/fastgan.py and kerasgan/gans/fastgan.py. What TwinGAN
(torch_twin.py) does so that PyTorch has no handicap holds here too.

N batch, C channels, H height, W width, Z latent_dim; images float32 NCHW in [-1, 1],
channels_last in memory. Needs PyTorch (extra [bench]); imports no TensorFlow.
"""

import torch
from torch import nn
from torch.nn import functional
from torch_twin import (
    LATENT_DIM,
    SoftColour,
    ToChannelsLast,
    TwinGAN,
    augment,
    upsampling,
)


class Noise(nn.Module):
    """One channel of noise on all, times a strength: [N, C, H, W] -> the same."""

    def __init__(self):
        super().__init__()
        self.strength = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        noise = torch.randn(len(x), 1, *x.shape[2:], dtype=x.dtype)
        return x + noise * self.strength.to(x.dtype)


class GatedLinear(nn.Module):
    """Half of the channels, each times the sigmoid of another: [N, 2C, H, W] -> C.

    nn.GLU's gradient is contiguous and no longer channels_last, which makes the batch
    normalisation's before it slow; that of two chunks is put together as it came.
    """

    def forward(self, x):
        values, gates = x.chunk(2, 1)
        return values * torch.sigmoid(gates)


def gated(channels: int, noise: bool = True) -> list[nn.Module]:
    """Noise where asked, batch norm, and a gated linear unit: half the channels."""
    norm = nn.BatchNorm2d(2 * channels, eps=1e-5, momentum=0.1)
    return [*([Noise()] if noise else []), norm, GatedLinear()]


def leaky_norm(channels: int) -> list[nn.Module]:
    norm = nn.BatchNorm2d(channels, eps=1e-5, momentum=0.1)
    return [norm, nn.LeakyReLU(0.2, inplace=True)]


class Generator(nn.Module):
    """[N, Z] -> [N, 3, 64, 64] in [-1, 1]."""

    def __init__(self, width: int, kind: str):
        super().__init__()
        units = [8 * width, 4 * width, 2 * width, width, width // 2]  # 4 to 64 px
        first = 2 * units[0]
        self.first = nn.Sequential(
            nn.Linear(LATENT_DIM, first * 4 * 4, bias=False),
            nn.Unflatten(1, (4, 4, first)),
            ToChannelsLast(),
            *gated(units[0], noise=False),
        )
        self.blocks = nn.ModuleList()
        for k in range(1, 5):
            layers = [upsampling(kind, units[k - 1], 2 * units[k]), *gated(units[k])]
            if k % 2 == 1:
                more = nn.Conv2d(units[k], 2 * units[k], 3, padding=1, bias=False)
                layers += [more, *gated(units[k])]
            self.blocks.append(nn.Sequential(*layers))
        self.excite = nn.Sequential(  # the 4x4 map weighs the channels at 64 px
            nn.Conv2d(units[0], units[4], 4),
            nn.LeakyReLU(0.1, inplace=True),
            nn.Conv2d(units[4], units[4], 1),
            nn.Sigmoid(),
        )
        last = nn.Conv2d(units[4], 3, 3, padding=1)
        self.to_image = nn.Sequential(last, SoftColour(), nn.Tanh())

    def forward(self, z):
        x = low = self.first(z)
        for block in self.blocks:
            x = block(x)
        return self.to_image(x * self.excite(low))


class DownBlock(nn.Module):
    """Half the size by two ways, averaged."""

    def __init__(self, before: int, after: int):
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(before, after, 4, 2, 1, bias=False),
            *leaky_norm(after),
            nn.Conv2d(after, after, 3, padding=1, bias=False),
            *leaky_norm(after),
        )
        self.short = nn.Sequential(
            nn.AvgPool2d(2),
            nn.Conv2d(before, after, 1, bias=False),
            *leaky_norm(after),
        )

    def forward(self, x):
        return (self.main(x) + self.short(x)) / 2


class Discriminator(nn.Module):
    """[N, 3, 64, 64] -> logits [N, 1], features [N, F, 8, 8] and [N, F, 16, 16]."""

    def __init__(self, width: int):
        super().__init__()
        self.first = nn.Sequential(
            nn.Conv2d(3, width, 4, 2, 1), nn.LeakyReLU(0.2, inplace=True)
        )
        self.to_16 = DownBlock(width, 2 * width)
        self.to_8 = DownBlock(2 * width, 4 * width)
        self.head = nn.Sequential(
            nn.Conv2d(4 * width, 4 * width, 1, bias=False), *leaky_norm(4 * width)
        )
        self.places = nn.Conv2d(4 * width, 1, 4)

    def forward(self, images):
        at_16 = self.to_16(self.first(images))
        at_8 = self.to_8(at_16)
        places = self.places(self.head(at_8))
        return places.float().mean((2, 3)), at_8, at_16


def build_decoder(channels: int, width: int, kind: str) -> nn.Module:
    """[N, F, 8, 8] -> [N, 3, 32, 32] in [-1, 1]."""
    return nn.Sequential(
        upsampling(kind, channels, 4 * width),
        *gated(2 * width, noise=False),
        upsampling(kind, 2 * width, 2 * width),
        *gated(width, noise=False),
        nn.Conv2d(width, 3, 3, padding=1),
        nn.Tanh(),
    )


class TwinFastGAN(TwinGAN):
    """Networks, optimizers and kerasgan's training step of FastGAN, no balance."""

    def build(self, kind: str, width: int) -> None:
        self.generator = Generator(width, kind)
        self.discriminator = Discriminator(width)
        self.decoders = nn.ModuleList(
            build_decoder(channels, width, kind) for channels in (4 * width, 2 * width)
        )
        self.others = [self.decoders]

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        return self.looked_at(augment(images, self.augment_p))[0]

    def looked_at(self, images: torch.Tensor) -> list[torch.Tensor]:
        with self.autocast():
            return self.discriminator(images)

    def both_logits(
        self, real_images: torch.Tensor, fake_images: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """D's logits of both, each a batch of its own, and the drawing loss."""
        shown = augment(torch.cat([real_images, fake_images]), self.augment_p)
        real_images, fake_images = shown.split(len(real_images))
        real_logits, at_8, at_16 = self.looked_at(real_images)
        fake_logits = self.looked_at(fake_images)[0]
        top, left = (int(corner) for corner in torch.randint(2, (2,)))
        # taken from an NHWC view, so that its gradient is channels_last
        quarter = at_16.permute(0, 2, 3, 1)[:, 8 * top : 8 * top + 8]
        quarter = quarter[:, :, 8 * left : 8 * left + 8].permute(0, 3, 1, 2)
        rows = slice(32 * top, 32 * top + 32)
        columns = slice(32 * left, 32 * left + 32)
        draw_whole, draw_part = self.decoders
        with self.autocast():
            whole, part = draw_whole(at_8), draw_part(quarter)
        small = functional.avg_pool2d(real_images, 2)
        drawing = (small - whole.float()).abs().mean()
        drawing = (
            drawing + (real_images[:, :, rows, columns] - part.float()).abs().mean()
        )
        return real_logits, fake_logits, drawing
