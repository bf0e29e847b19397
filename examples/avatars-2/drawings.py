"""The right picture of every latent, made of the drawn layers; and pictures in an array, as training data for others.

python drawings.py --count 20000 --size 64 -o pictures.npy
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from parts import LATENT_DIM, LAYERS, ORDER, PARTS, SIZE, Part, choose, colours, part


def drawn(p: Part, folder: Path) -> np.ndarray:
    """Float32 [options, channels, SIZE, SIZE] in [0, 1]; drawn once, then kept in `folder`."""
    path = folder / f"{p.name}.npy"
    if not path.exists():
        import layers  # needs the packages that draw, which nothing else here does

        folder.mkdir(parents=True, exist_ok=True)
        np.save(path, np.stack([layers.layer(p, option) for option in p.options]))
    return np.load(path)


class Painter:
    """Lays the drawn layers over each other in the colours of a latent."""

    def __init__(self, folder: Path, size: int = SIZE) -> None:
        self.size = size
        whole = {p.name: F.adaptive_avg_pool2d(torch.from_numpy(drawn(p, folder)), size) for p in PARTS}
        self.places = {name: _extent(stack) for name, stack in whole.items()}
        self.layers = {name: stack[(..., *self.places[name])].contiguous() for name, stack in whole.items()}

    def paint(self, z: np.ndarray) -> torch.Tensor:
        """z: float32 [n, LATENT_DIM] -> premultiplied RGBA, float32 [n, 4, size, size] in [0, 1]."""
        chosen, shades = choose(z), colours(z)
        picture = torch.zeros(len(z), 4, self.size, self.size)
        for name in ORDER:
            layer = self.layers[name][torch.from_numpy(chosen[name])]
            shade = np.stack([shades[colour] for colour in LAYERS[part(name).component][1:]], axis=2)
            place = picture[(..., *self.places[name])]
            place *= 1 - layer[:, :1]
            place[:, :3] += (torch.from_numpy(shade) @ layer[:, 1:].flatten(2)).unflatten(2, layer.shape[2:])
            place[:, 3:] += layer[:, :1]
        return picture


def _extent(stack: torch.Tensor) -> tuple[slice, slice]:
    """The rows and columns in which any layer of [options, channels, h, w] shows."""
    shown = stack[:, 0].amax(dim=0) > 0
    rows, columns = (torch.nonzero(shown.any(dim=axis)).flatten().tolist() for axis in (1, 0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--layers", type=Path, default=Path("out/avatars-2"), help="where the drawn layers are kept")
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--background", default="dce6f0", help="RRGGBB that the pictures are laid over")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("out/pictures.npy"), help="uint8 [count, size, size, 3]"
    )
    arguments = parser.parse_args()
    painter = Painter(arguments.layers, arguments.size)
    random = np.random.default_rng(arguments.seed)
    ground = torch.tensor([int(arguments.background[i : i + 2], 16) / 255 for i in (0, 2, 4)])[:, None, None]
    made = []
    for start in range(0, arguments.count, 100):
        z = random.standard_normal((min(100, arguments.count - start), LATENT_DIM), dtype=np.float32)
        picture = painter.paint(z)
        rgb = picture[:, :3] + (1 - picture[:, 3:]) * ground
        made.append((rgb * 255).round().byte().permute(0, 2, 3, 1).numpy())
    np.save(arguments.output, np.concatenate(made))


if __name__ == "__main__":
    main()
