"""Trains the small StyleGAN2 on an array of pictures; resumable, seeded.

Non-saturating logistic loss, R1 (Mescheder et al. 2018) every 16th iteration, style mixing, and a moving average of the
generator, whose weights go to `generator.safetensors`.
"""

from __future__ import annotations

import argparse
import copy
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from networks import Config, Discriminator, Generator
from safetensors.torch import save_file
from torch import Tensor

R1_EVERY = 16
RATE = 0.003


class Training:
    """All that a resumed run needs is in its file `training.pt`."""

    def __init__(self, pictures: Path, output: Path, config: Config, seed: int) -> None:
        torch.manual_seed(seed)
        self.pictures = np.load(pictures, mmap_mode="r")
        assert self.pictures.shape[1:] == (config.resolution, config.resolution, config.img_channels)
        self.output, self.config, self.iteration = output, config, 0
        self.generator, self.discriminator = Generator(config), Discriminator(config)
        self.average = copy.deepcopy(self.generator).requires_grad_(False)
        shared = {"betas": (0.0, 0.99), "eps": 1e-8}
        # The discriminator's rate and betas for a penalty in one of every 16 iterations (StyleGAN2, appendix B).
        share = R1_EVERY / (R1_EVERY + 1)
        self.g_optimizer = torch.optim.Adam(self.generator.parameters(), lr=RATE, **shared)
        self.d_optimizer = torch.optim.Adam(
            self.discriminator.parameters(), lr=RATE * share, betas=(0.0, 0.99**share), eps=1e-8
        )

    def _stateful(self) -> dict[str, torch.nn.Module | torch.optim.Optimizer]:
        names = ("generator", "discriminator", "average", "g_optimizer", "d_optimizer")
        return {name: getattr(self, name) for name in names}

    def save(self) -> None:
        state: dict[str, object] = {name: part.state_dict() for name, part in self._stateful().items()}
        partial = self.output / "training.partial"
        torch.save(state | {"iteration": self.iteration, "random": torch.get_rng_state()}, partial)
        partial.replace(self.output / "training.pt")
        weights = {name: value.contiguous() for name, value in self.average.state_dict().items()}
        save_file(weights, self.output / "generator.safetensors")

    def resume(self) -> None:
        path = self.output / "training.pt"
        if path.exists():
            state = torch.load(path, weights_only=True)
            for name, part in self._stateful().items():
                part.load_state_dict(state[name])
            self.iteration = state["iteration"]
            torch.set_rng_state(state["random"])

    def _real(self, count: int) -> Tensor:
        chosen = torch.randint(len(self.pictures), (count,)).tolist()
        pixels = torch.from_numpy(np.stack([self.pictures[i] for i in chosen]))
        return pixels.permute(0, 3, 1, 2).float() / 127.5 - 1

    def _fake(self, count: int) -> Tensor:
        """In nine of ten pictures the layers from a random one on follow a second latent."""
        network = self.generator
        w, other = network.mapping(torch.randn(2 * count, self.config.z_dim)).chunk(2)
        network.mapping.track(w)
        layers = network.synthesis.num_ws
        from_layer = torch.where(torch.rand(count) < 0.9, torch.randint(1, layers, (count,)), torch.tensor(layers))
        mixed = (torch.arange(layers) >= from_layer[:, None])[:, :, None]
        return network.synthesis(torch.where(mixed, other[:, None], w[:, None]), noise="random")

    def step(self, batch: int, gamma: float) -> tuple[float, float]:
        """One iteration of both -> (generator's loss, discriminator's loss)."""
        self.discriminator.requires_grad_(False)
        g_loss = F.softplus(-self.discriminator(self._fake(batch))).mean()
        self._apply(self.g_optimizer, g_loss)
        self.discriminator.requires_grad_(True)
        with torch.no_grad():
            fake = self._fake(batch)
        real = self._real(batch)
        d_loss = F.softplus(self.discriminator(fake)).mean() + F.softplus(-self.discriminator(real)).mean()
        self._apply(self.d_optimizer, d_loss)
        if self.iteration % R1_EVERY == 0:
            real.requires_grad_(True)
            (slope,) = torch.autograd.grad(self.discriminator(real).sum(), real, create_graph=True)
            self._apply(self.d_optimizer, slope.square().sum(dim=(1, 2, 3)).mean() * (gamma / 2 * R1_EVERY))
        self._average(min(0.998, self.iteration / (self.iteration + 10)))
        self.iteration += 1
        return float(g_loss.detach()), float(d_loss.detach())

    def _apply(self, optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    @torch.no_grad()
    def _average(self, decay: float) -> None:
        for kept, new in zip(self.average.parameters(), self.generator.parameters(), strict=True):
            kept.lerp_(new, 1 - decay)
        for kept, new in zip(self.average.buffers(), self.generator.buffers(), strict=True):
            kept.copy_(new)

    @torch.no_grad()
    def sheet(self) -> None:
        """Fixed latents: 48 pictures as they are, and below them 16 at psi 0.7."""
        z = torch.randn(64, self.config.z_dim, generator=torch.Generator().manual_seed(1))
        pictures = torch.cat((self.average(z[:48]), self.average(z[48:], psi=0.7)))
        pixels = ((pictures.clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()
        rows = [np.concatenate(list(pixels[i : i + 16]), axis=1) for i in range(0, len(pixels), 16)]
        cv2.imwrite(str(self.output / "sheet.png"), np.concatenate(rows)[..., ::-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pictures", type=Path, default=Path("out/pictures.npy"), help="uint8 [n, 64, 64, 3]")
    parser.add_argument("-o", "--output", type=Path, default=Path("out/stylegan2"))
    parser.add_argument("--iterations", type=int, default=20_000)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--gamma", type=float, default=0.5, help="weight of R1")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save-every", type=int, default=100)
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    training = Training(arguments.pictures, arguments.output, Config(), arguments.seed)
    training.resume()
    started, first = time.monotonic(), training.iteration
    while training.iteration < arguments.iterations:
        g_loss, d_loss = training.step(arguments.batch, arguments.gamma)
        if training.iteration % 50 == 0:
            pace = (time.monotonic() - started) / (training.iteration - first)
            line = (
                f"{training.iteration}  generator {g_loss:.3f}  discriminator {d_loss:.3f}  {pace:.2f} s an iteration"
            )
            print(line, file=sys.stderr, flush=True)
        if training.iteration % arguments.save_every == 0 or training.iteration == arguments.iterations:
            training.save()
            training.sheet()


if __name__ == "__main__":
    main()
