"""Rival: the DCGAN of the PyTorch tutorial, its networks and settings written anew.

Source: pytorch/tutorials, beginner_source/dcgan_faces_tutorial.py,
https://pytorch.org/tutorials/beginner/dcgan_faces_tutorial.html. From there: nz 100,
ngf = ndf = 64, 4x4 convolutions without bias, batch normalisation in both networks,
weights from N(0, 0.02) and batch-norm scales from N(1, 0.02), batch 128, Adam 2e-4 with
beta1 0.5 for both, images in [-1, 1], binary cross-entropy, D on reals and on fakes
apart, the same fakes for G through the new D. Different from there, in the rival's
favour: the pictures are decoded beforehand and shrunk by area averaging, channels_last,
fused Adam, no read-out of the losses at every step, sigmoid and cross-entropy as one
function of the logits in float32, and, on request, bfloat16 autocast.

    python benchmarks/rivals/torch_dcgan.py --path faces/ --minutes 10 \
        --precision bfloat16 --out torch_out/
"""

import copy
import os

import numpy as np
import torch
from folder import TrainingClock, arguments, load_pictures, save_pictures
from torch import nn
from torch.nn import functional

NZ, NGF, NDF = 100, 64, 64
BATCH_SIZE = 128
LEARNING_RATE = 2e-4
BETA1 = 0.5


def build_generator() -> nn.Module:
    """[N, 100, 1, 1] -> [N, 3, 64, 64] in [-1, 1]."""
    stages, before = [], NZ
    for k, multiplier in enumerate((8, 4, 2, 1)):  # to 4, 8, 16 and 32 px
        stride, padding = (1, 0) if k == 0 else (2, 1)
        after = multiplier * NGF
        stages += [
            nn.ConvTranspose2d(before, after, 4, stride, padding, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(inplace=True),
        ]
        before = after
    to_rgb = nn.ConvTranspose2d(before, 3, 4, 2, 1, bias=False)
    return nn.Sequential(*stages, to_rgb, nn.Tanh())


def build_discriminator() -> nn.Module:
    """[N, 3, 64, 64] -> logits [N, 1, 1, 1]; the tutorial's sigmoid is in the loss."""
    stages, before = [], 3
    for multiplier in (1, 2, 4, 8):  # to 32, 16, 8 and 4 px
        after = multiplier * NDF
        stages.append(nn.Conv2d(before, after, 4, 2, 1, bias=False))
        if multiplier > 1:
            stages.append(nn.BatchNorm2d(after))
        stages.append(nn.LeakyReLU(0.2, inplace=True))
        before = after
    return nn.Sequential(*stages, nn.Conv2d(before, 1, 4, 1, 0, bias=False))


def tutorial_weights(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)


class TutorialGAN:
    """Both networks, their optimizers, and the tutorial's step."""

    def __init__(self, precision: str):
        self.generator, self.discriminator = build_generator(), build_discriminator()
        for network in (self.generator, self.discriminator):
            network.apply(tutorial_weights).to(memory_format=torch.channels_last)
        self.g_optimizer = self.adam(self.generator)
        self.d_optimizer = self.adam(self.discriminator)
        self.bfloat16 = precision == "bfloat16"

    def adam(self, network: nn.Module) -> torch.optim.Optimizer:
        return torch.optim.Adam(
            network.parameters(), lr=LEARNING_RATE, betas=(BETA1, 0.999), fused=True
        )

    def autocast(self):
        return torch.autocast("cpu", torch.bfloat16, enabled=self.bfloat16)

    def cross_entropy(self, images: torch.Tensor, label: float) -> torch.Tensor:
        with self.autocast():
            logits = self.discriminator(images).flatten()
        logits = logits.float()
        return functional.binary_cross_entropy_with_logits(
            logits, torch.full_like(logits, label)
        )

    def step(self, real_images: torch.Tensor) -> dict[str, torch.Tensor]:
        self.d_optimizer.zero_grad(set_to_none=True)
        real_loss = self.cross_entropy(real_images, 1.0)
        real_loss.backward()
        with self.autocast():
            fake_images = self.generator(torch.randn(len(real_images), NZ, 1, 1))
        fake_loss = self.cross_entropy(fake_images.detach(), 0.0)
        fake_loss.backward()
        self.d_optimizer.step()

        self.g_optimizer.zero_grad(set_to_none=True)
        self.discriminator.requires_grad_(False)  # nobody uses its gradients here
        g_loss = self.cross_entropy(fake_images, 1.0)
        g_loss.backward()
        self.discriminator.requires_grad_(True)
        self.g_optimizer.step()
        return {"d_loss": (real_loss + fake_loss).detach(), "g_loss": g_loss.detach()}

    @torch.inference_mode()
    def sample(self, count: int, of_batches: bool) -> np.ndarray:
        """uint8 [count, H, W, 3], normalised by the statistics of batches of 100, as
        the tutorial has it, or by those that were averaged in training."""
        self.generator.train(of_batches)
        with self.autocast():
            z = torch.randn(count, NZ, 1, 1)
            chunks = [self.generator(part) for part in z.split(100)]
        images = torch.cat(chunks).float().permute(0, 2, 3, 1)  # [N, H, W, C]
        return (images * 127.5 + 127.5).round().clamp(0, 255).byte().numpy()


def epochs(pictures: np.ndarray):
    """Endless batches, float32 [N, 3, H, W] in [-1, 1], channels_last in memory."""
    images = torch.from_numpy(pictures).permute(0, 3, 1, 2)  # [N, C, H, W], a view
    while True:
        for chosen in torch.randperm(len(images)).split(BATCH_SIZE):
            batch = images[chosen].float().div_(127.5).sub_(1.0)
            yield batch.contiguous(memory_format=torch.channels_last)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument(
        "--precision", choices=("float32", "bfloat16"), default="float32"
    )
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    flags = parser.parse_args()
    torch.set_num_threads(flags.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(flags.seed)
    pictures = load_pictures(flags.path)
    gan = TutorialGAN(flags.precision)

    def save(folder: str) -> None:
        averaged = gan.sample(flags.img_num, of_batches=False)
        save_pictures(averaged, f"{folder}_averaged")
        statistics = copy.deepcopy(gan.generator.state_dict())
        save_pictures(gan.sample(flags.img_num, of_batches=True), folder)
        gan.generator.load_state_dict(statistics)  # which the pictures had moved
        gan.generator.train()

    clock = TrainingClock(flags.minutes, lambda at: save(f"{flags.out}_at_{at}"))
    for real_images in epochs(pictures):
        losses = gan.step(real_images)
        if clock.step_done(len(real_images), **losses):
            break
    print(clock.summary(), flush=True)
    save(flags.out)


if __name__ == "__main__":
    main()
