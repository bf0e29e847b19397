"""Trains the avatars generator; resumable, seeded, with progress and sample sheets.

Every latent has one right picture (latent_map.py), so most of the signal is a weighted L1 distance to it:
L1 rather than L2, because near the border between two hairstyles the median of the two is one of them and
the mean is a smear of both. From --adversarial-from on, a critic that never sees latents is added (hinge
loss), which sharpens what L1 leaves undecided. The weights that are kept are an exponential moving average.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from pathlib import Path

import cv2
import latent_map
import numpy as np
import torch
import torch.nn.functional as F
from networks import Critic, Generator
from pictures import Painter
from safetensors.torch import save_file


def sample_latents(count: int, generator: torch.Generator) -> torch.Tensor:
    """Mostly the prior; a fifth truncated by resampling, a twentieth scaled (what lerp and psi visit)."""
    z = torch.randn(count, latent_map.LATENT_DIM, generator=generator)
    kind = torch.rand(count, 1, generator=generator)
    psi = 0.02 + 0.98 * torch.rand(count, 1, generator=generator)
    low = torch.special.ndtr(-2 * psi)
    u = low + (1 - 2 * low) * torch.rand(z.shape, generator=generator)
    z = torch.where(kind < 0.20, torch.special.ndtri(u).clamp(-2, 2), z)
    return torch.where(kind > 0.95, z * psi, z)


def face_weight() -> torch.Tensor:
    """[1, 1, 64, 64]: the face is a sixth of the picture and most of what one looks at."""
    weight = torch.ones(1, 1, 64, 64)
    weight[:, :, 20:56, 18:52] = 4.0
    return weight / weight.mean()


def save_sheet(path: Path, images: torch.Tensor, columns: int = 16) -> None:
    """images: float32 [n, 3, h, w] in [-1, 1] -> one PNG."""
    pixels = ((images.float().clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()
    rows = [np.concatenate(list(pixels[i : i + columns]), axis=1) for i in range(0, len(pixels), columns)]
    cv2.imwrite(str(path), np.concatenate(rows)[..., ::-1])


@torch.no_grad()
def average(ema: torch.nn.Module, model: torch.nn.Module, decay: float) -> None:
    for kept, new in zip(ema.state_dict().values(), model.state_dict().values(), strict=True):
        if kept.is_floating_point():
            kept.lerp_(new, 1 - decay)
        else:
            kept.copy_(new)


def save_whole(state: object, path: Path) -> None:
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)


class Training:
    """All that a resumed run needs is in `state()`."""

    def __init__(self, drawings: Path, output: Path, seed: int) -> None:
        torch.manual_seed(seed)
        self.random = torch.Generator().manual_seed(seed)
        self.painter = Painter(drawings)
        self.output = output
        self.weight = face_weight()
        self.model = Generator().to(memory_format=torch.channels_last)
        self.ema = Generator()
        self.ema.load_state_dict(self.model.state_dict())
        self.critic = Critic().to(memory_format=torch.channels_last)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3, betas=(0.5, 0.99), fused=True)
        self.critic_optimizer = torch.optim.Adam(self.critic.parameters(), lr=4e-4, betas=(0.0, 0.99), fused=True)
        self.iteration = 0

    def _stateful(self) -> dict[str, torch.nn.Module | torch.optim.Optimizer]:
        names = ("model", "ema", "critic", "optimizer", "critic_optimizer")
        return {name: getattr(self, name) for name in names}

    def save(self) -> None:
        state: dict[str, object] = {name: part.state_dict() for name, part in self._stateful().items()}
        state |= {"iteration": self.iteration, "random": self.random.get_state()}
        save_whole(state, self.output / "training.pt")
        save_file({k: v.contiguous() for k, v in self.ema.state_dict().items()}, self.output / "generator.safetensors")

    def resume(self) -> None:
        path = self.output / "training.pt"
        if path.exists():
            state = torch.load(path, weights_only=True)
            for name, part in self._stateful().items():
                part.load_state_dict(state[name])
            self.iteration = state["iteration"]
            self.random.set_state(state["random"])

    def step(self, batch: int, rate: float, adversarial: float) -> tuple[float, float]:
        """One iteration -> (L1, critic's loss)."""
        z = sample_latents(batch, self.random)
        target = self.painter.paint(z).contiguous(memory_format=torch.channels_last)
        seen = (~latent_map.is_held_out(latent_map.combination(z))).float()[:, None, None, None]
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        with torch.autocast("cpu", torch.bfloat16):
            image = self.model(z[:, :, None, None]).float()
        distance = ((image - target).abs() * self.weight * seen).mean()
        loss, critic_loss = distance, 0.0
        if adversarial:
            critic_loss = self._step_critic(image.detach(), target)
            with torch.autocast("cpu", torch.bfloat16):
                loss = loss - adversarial * self.critic(image).float().mean()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        average(self.ema, self.model, min(0.999, 1 - 1 / (self.iteration + 1)))
        self.iteration += 1
        return float(distance.detach()), critic_loss

    def _step_critic(self, fake: torch.Tensor, real: torch.Tensor) -> float:
        with torch.autocast("cpu", torch.bfloat16):
            scores = self.critic(torch.cat((real, fake))).float()
        on_real, on_fake = scores.chunk(2)
        loss = F.relu(1 - on_real).mean() + F.relu(1 + on_fake).mean()
        self.critic_optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.critic_optimizer.step()
        return float(loss.detach())

    @torch.no_grad()
    def sheet(self) -> None:
        """Fixed latents: generated rows above, the right pictures below."""
        z = torch.randn(64, latent_map.LATENT_DIM, generator=torch.Generator().manual_seed(1))
        self.ema.eval()
        images = torch.cat((self.ema(z[:, :, None, None]), self.painter.paint(z)))
        save_sheet(self.output / f"sheet-{self.iteration:06d}.png", images)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--drawings", type=Path, default=Path("out/avatars/drawings.npy"))
    parser.add_argument("-o", "--output", type=Path, default=Path("out/avatars"))
    parser.add_argument("--iterations", type=int, default=18_500)
    parser.add_argument("--adversarial-from", type=int, default=17_000)
    parser.add_argument("--adversarial-weight", type=float, default=0.01)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    training = Training(arguments.drawings, arguments.output, arguments.seed)
    training.resume()
    started, first = time.monotonic(), training.iteration
    while training.iteration < arguments.iterations:
        progress = training.iteration / arguments.iterations
        rate = arguments.rate * max(0.01, math.cos(progress * math.pi / 2)) * min(1.0, (training.iteration + 1) / 200)
        adversarial = arguments.adversarial_weight if training.iteration >= arguments.adversarial_from else 0.0
        distance, critic_loss = training.step(arguments.batch, rate, adversarial)
        if training.iteration % 100 == 0:
            pace = (time.monotonic() - started) / (training.iteration - first)
            print(
                f"{training.iteration}/{arguments.iterations}  L1 {distance:.4f}  critic {critic_loss:.3f}"
                f"  {pace:.3f} s an iteration  {pace * (arguments.iterations - training.iteration) / 60:.0f} min left",
                file=sys.stderr,
                flush=True,
            )
        if training.iteration % 1000 == 0 or training.iteration == arguments.iterations:
            training.save()
            training.sheet()


if __name__ == "__main__":
    main()
