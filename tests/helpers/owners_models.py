"""Generators as people write them, one a kind, tiny; also run as a file of its own by `--code`."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

SIDE, CLASSES = 8, 5


class Vector(nn.Module):
    """z [n, 12]; a name of its own for its length."""

    def __init__(self, nz: int = 12, ngf: int = 6, last: str = "tanh") -> None:
        super().__init__()
        self.main = nn.Sequential(nn.Linear(nz, ngf * 16), nn.BatchNorm1d(ngf * 16, 0.8), nn.LeakyReLU(0.1))
        self.out = nn.Conv2d(ngf, 3, 3, padding=1)
        self.ngf, self.last = ngf, last

    def forward(self, z: Tensor) -> Tensor:
        x = self.main(z).view(z.size(0), self.ngf, 4, 4)
        x = self.out(functional.interpolate(x, scale_factor=2))
        return {"tanh": torch.tanh, "sigmoid": torch.sigmoid, "linear": lambda y: y / 8}[self.last](x)


class Unread(Vector):
    """An argument that only other networks of its owner's need."""

    def forward(self, x: Tensor, y: Tensor | None = None) -> Tensor:  # type: ignore[override]  # noqa: ARG002
        return super().forward(x)


class Unconditional(Vector):
    """Labels that must be given, and make no difference since it was built without them."""

    def forward(self, z: Tensor, label: Tensor, shared_label: Tensor | None = None) -> Tensor:  # type: ignore[override]
        if self.last == "classes":
            z = z + (label if shared_label is None else shared_label)
        return super().forward(z)


class Deconvolved(nn.Module):
    """z [n, 7, 1, 1], under a spectral norm of the older kind and one of the newer."""

    def __init__(self) -> None:
        super().__init__()
        old, new = nn.utils.spectral_norm, nn.utils.parametrizations.spectral_norm
        self.main = nn.Sequential(
            old(nn.ConvTranspose2d(7, 6, 4)), nn.ReLU(), new(nn.ConvTranspose2d(6, 1, 4, 2, 1)), nn.Tanh()
        )

    def forward(self, input: Tensor) -> Tensor:
        return self.main(input)


class Embedded(nn.Module):
    """Class numbers through an embedding that z is multiplied with."""

    def __init__(self) -> None:
        super().__init__()
        self.emb = nn.Embedding(CLASSES, 12)
        self.main = nn.Sequential(nn.Linear(12, 64), nn.Tanh())

    def forward(self, noise: Tensor, labels: Tensor) -> Tensor:
        return self.main(noise * self.emb(labels)).view(-1, 1, SIDE, SIDE)


class LabelsFirst(Embedded):
    """The classes before z."""

    def forward(self, labels: Tensor, noise: Tensor) -> Tensor:  # type: ignore[override]
        return super().forward(noise, labels)


class Kinds(Embedded):
    """Classes under a name that says nothing."""

    def forward(self, noise: Tensor, kind: Tensor) -> Tensor:  # type: ignore[override]
        return super().forward(noise, kind)


class ByKeyword(Embedded):
    def forward(self, *, noise: Tensor, labels: Tensor) -> Tensor:  # type: ignore[override]
        return super().forward(noise, labels)


class RowsOutside(nn.Module):
    """As BigGAN: the caller looks up the class's row."""

    def __init__(self) -> None:
        super().__init__()
        self.shared, self.main = nn.Embedding(CLASSES, 7), nn.Sequential(nn.Linear(19, 64), nn.Tanh())

    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        return self.main(torch.cat([z, y], 1)).view(-1, 1, SIDE, SIDE)


class Several(nn.Module):
    """A small picture before the large one."""

    def __init__(self) -> None:
        super().__init__()
        self.small, self.large = nn.Linear(12, 64), nn.Linear(12, 256)

    def forward(self, z: Tensor) -> list[Tensor]:
        return [self.small(z).tanh().view(-1, 1, 8, 8), self.large(z).tanh().view(-1, 1, 16, 16)]


class FeaturesFirst(nn.Module):
    """What no picture is, before the picture."""

    def __init__(self) -> None:
        super().__init__()
        self.large = nn.Linear(12, 256)

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        return z[:, :5], self.large(z).tanh().view(-1, 1, 16, 16)


class OneHot(nn.Module):
    """Class numbers, made one-hot inside."""

    def __init__(self) -> None:
        super().__init__()
        self.n_classes = CLASSES
        self.main = nn.Sequential(nn.Linear(12 + CLASSES, 64), nn.Tanh())

    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        rows = functional.one_hot(y, self.n_classes).float()
        return self.main(torch.cat([rows, z], 1)).view(-1, 1, SIDE, SIDE)


class Rows(nn.Module):
    """One-hot rows of four axes, in a branch of their own."""

    def __init__(self) -> None:
        super().__init__()
        self.of_z, self.of_y = nn.ConvTranspose2d(12, 4, 4), nn.ConvTranspose2d(CLASSES, 4, 4)
        self.out = nn.ConvTranspose2d(8, 3, 4, 2, 1)

    def forward(self, input: Tensor, label: Tensor) -> Tensor:
        return torch.tanh(self.out(torch.cat([self.of_z(input), self.of_y(label)], 1)))


class ArgMax(nn.Module):
    """Rows of which only the largest counts: mixtures of classes are lost."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = Embedded()
        self.num_classes = CLASSES

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        return self.inner(z, labels.argmax(1))


class Chosen(nn.Module):
    """A picture of each class, of which one is chosen by number: no mixture can be drawn of that."""

    def __init__(self) -> None:
        super().__init__()
        self.num_classes = CLASSES
        self.main = nn.Sequential(nn.Linear(12, CLASSES * 64), nn.Tanh())

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        pictures = self.main(z).view(-1, CLASSES, SIDE * SIDE)
        chosen = pictures.gather(1, labels.view(-1, 1, 1).expand(-1, 1, SIDE * SIDE))
        return chosen.view(-1, 1, SIDE, SIDE)


class Parts(nn.Module):
    """Noise, a one-hot code and a continuous one, in this order; joined in another."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(8 + 3 + 2, 64)

    def forward(self, noise: Tensor, labels: Tensor, code: Tensor) -> Tensor:
        return torch.tanh(self.fc(torch.cat([code, noise, labels], 1))).view(-1, 1, SIDE, SIDE)


class Joined(nn.Module):
    """Noise and a code, joined in their order."""

    def __init__(self, noise: int = 8, code_size: int = 5) -> None:
        super().__init__()
        self.noise, self.code_size = noise, code_size
        self.fc = nn.Linear(noise + code_size, 64)

    def forward(self, z: Tensor, code: Tensor) -> Tensor:
        return torch.tanh(self.fc(torch.cat([z, code], 1))).view(-1, 1, SIDE, SIDE)


class JoinedLabels(Joined):
    """The same of labels: nothing says how many they are."""

    def forward(self, z: Tensor, c: Tensor) -> Tensor:  # type: ignore[override]
        return super().forward(z, c)


class Flat(nn.Module):
    """144 values: a square picture, or one of 9 by 16."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(12, 144)

    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        x = torch.sigmoid(self.fc(z))
        return x, x[:, :3]


class Squeezed(nn.Module):
    """A squeeze() that breaks single pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.fc, self.out = nn.Linear(12, 32), nn.ConvTranspose2d(32, 1, 8)

    def forward(self, z: Tensor) -> Tensor:
        x = self.fc(z).unsqueeze(2).unsqueeze(3).squeeze()
        return torch.tanh(self.out(x.view(x.size(0), 32, 1, 1)))


class Noisy(nn.Module):
    """A dropout that does not follow eval mode."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = Vector()
        self.drop = Always()

    def forward(self, z: Tensor) -> Tensor:
        return self.drop(self.inner(z))


class Always(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return functional.dropout(x, 0.5)


class OfTheBatch(nn.Module):
    """Batch norm without running statistics."""

    def __init__(self) -> None:
        super().__init__()
        self.fc, self.norm = nn.Linear(12, 64), nn.BatchNorm1d(64, track_running_stats=False)

    def forward(self, z: Tensor) -> Tensor:
        return torch.tanh(self.norm(self.fc(z))).view(-1, 1, SIDE, SIDE)


class Styled(nn.Module):
    """A translator with a style."""

    def __init__(self, style_dim: int = 4) -> None:
        super().__init__()
        self.first, self.style = nn.Conv2d(3, 4, 3, padding=1), nn.Linear(style_dim, 4)
        self.out = nn.Conv2d(4, 3, 3, padding=1)

    def forward(self, x: Tensor, style: Tensor) -> tuple[Tensor, Tensor]:
        x = torch.relu(self.first(x)) * self.style(style)[:, :, None, None]
        return torch.tanh(self.out(x)), x.mean(1)


class Enlarger(nn.Module):
    """A translator to pictures of twice the size, of values in [0, 1]."""

    def __init__(self) -> None:
        super().__init__()
        self.up = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.PixelShuffle(2))

    def forward(self, img: Tensor) -> Tensor:
        return (torch.tanh(self.up(img)) + 1) / 2


class PowerNorm(nn.Module):
    """The spectral norm that many SAGANs write: it wraps a layer, and takes a step in eval mode too."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module
        weight = module._parameters.pop("weight")
        assert weight is not None
        module.weight_bar = weight
        module.weight_u = nn.Parameter(torch.randn(weight.shape[0]), requires_grad=False)
        module.weight_v = nn.Parameter(torch.randn(weight[0].numel()), requires_grad=False)

    def _update_u_v(self) -> None:
        u, v, w = self.module.weight_u, self.module.weight_v, self.module.weight_bar
        flat = w.view(len(w), -1)
        v.data = functional.normalize(flat.data.t() @ u.data, dim=0)
        u.data = functional.normalize(flat.data @ v.data, dim=0)
        self.module.weight = w / u.dot(flat.mv(v))

    def forward(self, x: Tensor) -> Tensor:
        self._update_u_v()
        return self.module(x)


class PowerNormed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Sequential(PowerNorm(nn.Linear(12, 64)), nn.Tanh())

    def forward(self, z: Tensor) -> Tensor:
        return self.fc(z).view(-1, 1, SIDE, SIDE)


class Restyled(nn.Module):
    """A translator whose pictures are drawn by `decode` with a style of one's own; `forward` restores its input."""

    def __init__(self) -> None:
        super().__init__()
        self.content, self.style = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(3, 4, 3, padding=1)
        self.dec = nn.Conv2d(4, 3, 3, padding=1)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.content(x), self.style(x).mean((2, 3))

    def decode(self, content: Tensor, style: Tensor) -> Tensor:
        return torch.tanh(self.dec(content * style[:, :, None, None]))

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(*self.encode(x))


class Wrapped(nn.Module):
    """Calls the methods of the trained class that draw, with a style that is given."""

    def __init__(self) -> None:
        super().__init__()
        self.net = Restyled()

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        return self.net.decode(self.net.encode(x)[0], style)


class Rounding(nn.Module):
    """What float32 rounds away depends on how many are drawn; with `mixed`, pictures depend on others besides."""

    def __init__(self, mixed: bool = False) -> None:
        super().__init__()
        self.first, self.mixed = nn.Linear(12, 64), mixed

    def forward(self, z: Tensor) -> Tensor:
        far = 2000 * len(z)
        flat = self.first(z) + far - far
        return torch.tanh(flat + (0.001 * flat.mean(0) if self.mixed else 0)).view(-1, 1, SIDE, SIDE)


class Adaptive(nn.Module):
    """Instance norms as batch norms in training mode, of all pictures' channels side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(12, 2 * SIDE * SIDE)
        self.out = nn.Conv2d(2, 1, 3, padding=1)

    def forward(self, z: Tensor) -> Tensor:
        x = self.first(z).view(-1, 2, SIDE, SIDE)
        gain = z[:, :2].contiguous().view(-1)
        kept = torch.zeros(2).repeat(z.size(0)), torch.ones(2).repeat(z.size(0))
        x = functional.batch_norm(x.view(1, -1, SIDE, SIDE), *kept, gain, gain / 2, training=True)
        return torch.tanh(self.out(x.view(-1, 2, SIDE, SIDE)))
