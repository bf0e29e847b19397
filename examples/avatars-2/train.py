"""Trains the decoders of avatars-2, one for each part, each on the layers of its own options; resumable, seeded.

There are some hundred layers, and every combination of parts is made of them, so nothing else has to be learned. The
loss is the cross-entropy of the opacity and, where a layer is opaque, of the colours' shares (which keeps rare colours
alive); and, as the pictures are judged by it, the squared error of opacity and coverages. The codes of the options
start as the principal components of the blocks of their layers.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from drawings import drawn
from networks import BLOCK, BOXES, CODE, Decoder
from parts import PARTS, Part
from safetensors.torch import save_file


def targets(part: Part, folder: Path) -> torch.Tensor:
    """The drawn layers inside the box of the part: float32 [options, channels, height, width] in [0, 1]."""
    left, top, width, height = BOXES[part.component]
    whole = drawn(part, folder)
    inside = np.ascontiguousarray(whole[:, :, top : top + height, left : left + width])
    assert abs(inside.sum() - whole.sum()) < 1, f"the box of {part.name} cuts something off"
    return torch.from_numpy(inside)


def start_from_blocks(decoder: Decoder, target: torch.Tensor) -> None:
    """Codes from the principal components of the blocks of the layers."""
    blocks = F.pixel_unshuffle(target, BLOCK).permute(0, 2, 3, 1)  # [options, height / 4, width / 4, 16 channels]
    flat = blocks.flatten(0, 2)
    flat = flat - flat.mean(0)
    axes = torch.linalg.eigh(flat.T @ flat / len(flat)).eigenvectors[:, -CODE:]
    code = (flat @ axes).unflatten(0, blocks.shape[:3])
    decoder.codes.weight.data = (code / code.std()).permute(3, 1, 2, 0).reshape(-1, len(target)).contiguous()
    decoder.codes.bias.data.zero_()


class Training:
    """All that a resumed run needs is in `state()`."""

    def __init__(self, output: Path, seed: int) -> None:
        torch.manual_seed(seed)
        self.output, self.iteration = output, 0
        self.random = torch.Generator().manual_seed(seed)
        self.targets = {part.name: targets(part, output) for part in PARTS}
        self.decoders = torch.nn.ModuleDict({part.name: Decoder(part) for part in PARTS})
        for name, decoder in self.decoders.items():
            start_from_blocks(decoder, self.targets[name])
        self.decoders.to(memory_format=torch.channels_last)
        codes = [decoder.codes.weight for decoder in self.decoders.values()]
        others = [weight for decoder in self.decoders.values() for weight in decoder.body.parameters()]
        groups = [{"params": codes, "scale": 5.0}, {"params": others, "scale": 1.0}]
        self.optimizer = torch.optim.Adam(groups, lr=1e-3, betas=(0.9, 0.99), fused=True)

    def save(self) -> None:
        state = {"decoders": self.decoders.state_dict(), "optimizer": self.optimizer.state_dict()}
        partial = self.output / "training.partial"
        torch.save(state | {"iteration": self.iteration, "random": self.random.get_state()}, partial)
        partial.replace(self.output / "training.pt")
        weights = {name: value.contiguous() for name, value in self.decoders.state_dict().items()}
        save_file(weights, self.output / "decoders.safetensors")

    def resume(self) -> None:
        path = self.output / "training.pt"
        if path.exists():
            state = torch.load(path, weights_only=True)
            self.decoders.load_state_dict(state["decoders"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.iteration = state["iteration"]
            self.random.set_state(state["random"])

    def step(self, batch: int, rate: float) -> dict[str, float]:
        """One iteration of all decoders -> squared error of each."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group["scale"]
        errors, total = {}, torch.zeros(())
        for name, decoder in self.decoders.items():
            target = self.targets[name]
            chosen = torch.randperm(len(target), generator=self.random)[:batch]
            right = target[chosen].contiguous(memory_format=torch.channels_last)
            logits = decoder(F.one_hot(chosen, len(target)).float())
            opacity, coverage = right[:, :1], right[:, 1:]
            shares = (coverage / opacity.clamp(min=1e-3)).clamp(0, 1)
            entropy = F.binary_cross_entropy_with_logits(logits[:, :1], opacity)
            entropy = entropy + F.binary_cross_entropy_with_logits(logits[:, 1:], shares, opacity.expand_as(shares))
            drawn_opacity = logits[:, :1].sigmoid()
            square = F.mse_loss(drawn_opacity, opacity) + F.mse_loss(drawn_opacity * logits[:, 1:].sigmoid(), coverage)
            total = total + entropy + 10 * square
            errors[name] = float(square.detach())
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()
        self.optimizer.step()
        self.iteration += 1
        return errors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("-o", "--output", type=Path, default=Path("out/avatars-2"))
    parser.add_argument("--iterations", type=int, default=1300)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save-every", type=int, default=50)
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    training = Training(arguments.output, arguments.seed)
    training.resume()
    started, first = time.monotonic(), training.iteration
    mean: dict[str, float] = {}
    while training.iteration < arguments.iterations:
        progress = training.iteration / arguments.iterations
        rate = (
            arguments.rate
            * max(0.005, (1 + math.cos(progress * math.pi)) / 2)
            * min(1.0, (training.iteration + 1) / 50)
        )
        for name, error in training.step(arguments.batch, rate).items():
            mean[name] = 0.95 * mean.get(name, error) + 0.05 * error
        if training.iteration % 20 == 0:
            pace = (time.monotonic() - started) / (training.iteration - first)
            listed = "  ".join(f"{name} {-10 * math.log10(error):.1f}" for name, error in mean.items())
            left = pace * (arguments.iterations - training.iteration) / 60
            print(
                f"{training.iteration}  dB: {listed}  {pace:.2f} s an iteration, {left:.0f} min left",
                flush=True,
                file=sys.stderr,
            )
        if training.iteration % arguments.save_every == 0 or training.iteration == arguments.iterations:
            training.save()


if __name__ == "__main__":
    main()
