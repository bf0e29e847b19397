"""Plain chains of layers: state dicts and pickled modules of made-up classes, against those classes themselves."""

from __future__ import annotations

import os
import pickle
import random
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from sources import source
from torch import Tensor, nn

from ganrt.errors import BadInputFile
from ganrt.exporter.candidate import Candidate
from ganrt.exporter.families.chain import PlainChain
from ganrt.exporter.options import Settings
from ganrt.exporter.readers.files import read_file
from ganrt.exporter.readers.pickles import read_pickle
from ganrt.exporter.recognise import recognise

CLOSE = 1e-5


class Chain(nn.Module):
    """A Sequential under a name of its own, and what happens before it."""

    def __init__(self, *layers: nn.Module, name: str = "main") -> None:
        super().__init__()
        self.add_module(name, nn.Sequential(*layers))

    def forward(self, z: Tensor) -> Tensor:
        (layers,) = self.children()
        return layers(z)  # type: ignore[no-any-return]


def dcgan(activation: nn.Module | None = None, last: nn.Module | None = None, eps: float = 1e-5) -> Chain:
    activation, last = activation or nn.ReLU(), last or nn.Tanh()
    layers: list[nn.Module] = [nn.ConvTranspose2d(6, 8, 4, 1, 0, bias=False), nn.BatchNorm2d(8, eps), activation]
    layers += [nn.ConvTranspose2d(8, 4, 4, 2, 1, bias=False), nn.BatchNorm2d(4, eps), activation, nn.Dropout(0.3)]
    return Chain(nn.Unflatten(1, (6, 1, 1)), *layers, nn.ConvTranspose2d(4, 3, 4, 2, 1), last, name="layers")


class Upsampling(nn.Module):
    """A linear layer, a norm of the picture, and convolutions between upsamplings: two Sequentials."""

    def __init__(self) -> None:
        super().__init__()
        self.l1 = nn.Sequential(nn.Linear(6, 8 * 16))
        self.conv_blocks = nn.Sequential(
            nn.BatchNorm2d(8), nn.Upsample(scale_factor=2), nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8, 0.8),
            nn.LeakyReLU(0.2), nn.Upsample(scale_factor=2), nn.Conv2d(8, 4, 3, padding=1), nn.BatchNorm2d(4, 0.8),
            nn.LeakyReLU(0.2), nn.Conv2d(4, 1, 3, padding=1), nn.Tanh(),
        )  # fmt: skip

    def forward(self, z: Tensor) -> Tensor:
        return self.conv_blocks(self.l1(z).view(-1, 8, 4, 4))  # type: ignore[no-any-return]


class Attributes(nn.Module):
    """Convolutions first and norms after them, ReLU as a function."""

    def __init__(self) -> None:
        super().__init__()
        self.up1, self.up2, self.up3 = (
            nn.ConvTranspose2d(a, b, 4, s, p) for a, b, s, p in ((6, 8, 1, 0), (8, 8, 2, 1), (8, 1, 2, 1))
        )
        self.bn1, self.bn2 = nn.BatchNorm2d(8), nn.BatchNorm2d(8)

    def forward(self, z: Tensor) -> Tensor:
        x = self.bn1(self.up1(z[:, :, None, None])).relu()
        return self.up3(self.bn2(self.up2(x)).relu()).tanh()  # type: ignore[no-any-return]


class Flat(Chain):
    """Linear layers; the picture is the last one's values."""

    def __init__(self) -> None:
        super().__init__(nn.Linear(6, 16), nn.LeakyReLU(0.2), nn.Linear(16, 64), nn.BatchNorm1d(64), nn.LeakyReLU(0.2),
                         nn.Linear(64, 192), nn.Tanh(), name="model")  # fmt: skip

    def forward(self, z: Tensor) -> Tensor:
        return super().forward(z).view(-1, 3, 8, 8)


class Shuffled(Chain):
    def __init__(self) -> None:
        super().__init__(nn.Linear(6, 8 * 16), nn.Unflatten(1, (8, 4, 4)), nn.Conv2d(8, 16, 3, padding=1),
                         nn.PixelShuffle(2), nn.ReLU(), nn.Conv2d(4, 3, 3, padding=1), nn.Tanh())  # fmt: skip


class Multiplied(Upsampling):
    """Class numbers through an embedding that multiplies z."""

    def __init__(self) -> None:
        super().__init__()
        self.label_emb = nn.Embedding(5, 6)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:  # type: ignore[override]
        return super().forward(z * self.label_emb(labels))


class Branches(nn.Module):
    """z and one-hot classes, each through a layer of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.deconv1_1, self.deconv1_1_bn = nn.ConvTranspose2d(6, 4, 4), nn.BatchNorm2d(4)
        self.deconv1_2, self.deconv1_2_bn = nn.ConvTranspose2d(5, 4, 4), nn.BatchNorm2d(4)
        self.deconv2, self.deconv2_bn = nn.ConvTranspose2d(8, 4, 4, 2, 1), nn.BatchNorm2d(4)
        self.deconv3 = nn.ConvTranspose2d(4, 1, 4, 2, 1)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        given = nn.functional.one_hot(labels, 5).float()[:, :, None, None]
        x = self.deconv1_1_bn(self.deconv1_1(z[:, :, None, None])).relu()
        x = torch.cat([x, self.deconv1_2_bn(self.deconv1_2(given)).relu()], 1)
        return self.deconv3(self.deconv2_bn(self.deconv2(x)).relu()).tanh()  # type: ignore[no-any-return]


def trained(network: nn.Module) -> nn.Module:
    """With statistics and weights that no mistake leaves unseen."""
    torch.manual_seed(0)
    for name, tensor in [*network.named_parameters(), *network.named_buffers()]:
        if name.endswith("running_var") or (name.endswith("weight") and tensor.ndim == 1):
            tensor.data.uniform_(0.5, 1.5)
        elif tensor.is_floating_point():
            tensor.data.normal_(0, 0.4)
    return network.eval().requires_grad_(False)


def read(network: nn.Module, **given: str) -> Candidate:
    return PlainChain().build(source(dict(network.state_dict())), Settings.read(given))


def worst(candidate: Candidate, network: nn.Module, classes: int = 0) -> float:
    z, labels = torch.randn(4, 6), torch.arange(4) % max(classes, 1)
    given = (nn.functional.one_hot(labels, classes).float(),) if classes else ()
    expected = network(z, labels) if classes else network(z)
    made = candidate.module(z, *given)
    assert made.shape == expected.shape
    return float((made - expected).abs().max())


def opened(candidate: Candidate) -> set[str]:
    return {fact.option for fact in candidate.assumptions}


CHAINS: dict[str, tuple[Callable[[], nn.Module], dict[str, str]]] = {
    "as most": (dcgan, {}),
    "another slope": (lambda: dcgan(nn.LeakyReLU(0.2)), {"activation": "leaky_relu:0.2"}),
    "a sigmoid": (lambda: dcgan(last=nn.Sigmoid()), {"last": "sigmoid"}),
    "an epsilon": (lambda: dcgan(eps=0.5), {"norm_eps": "0.5"}),
    "upsampling": (Upsampling, {}),
    "attributes": (Attributes, {}),
    "linear layers": (Flat, {"norm_eps": "1e-5"}),
    "pixel shuffle": (Shuffled, {"activation": "relu"}),
}


@pytest.mark.parametrize("name", CHAINS)
def test_state_dicts_of_chains(name: str) -> None:
    make, given = CHAINS[name]
    network = trained(make())
    candidate = read(network, **given)
    assert worst(candidate, network) <= CLOSE
    said = {"--" + key.replace("_", "-") for key in given}
    assert not said & opened(candidate)
    assert "certain" not in candidate.certainty
    if given:  # what is wrong without the option is named as assumed
        plain = read(network)
        assert said <= opened(plain)
        if name != "a sigmoid":
            assert worst(plain, network) > 1e-3 or name == "linear layers"


def test_a_range_follows_the_last_activation() -> None:
    network = trained(dcgan(last=nn.Sigmoid()))
    assert read(network, last="sigmoid").value_range == "sigmoid"
    assert worst(read(network), network) > 0.01


@pytest.mark.parametrize("make", [Multiplied, Branches])
def test_classes(make: Callable[[], nn.Module]) -> None:
    network = trained(make())
    candidate = read(network)
    assert candidate.spec.labels is not None
    assert candidate.spec.labels.count == 5
    assert worst(candidate, network, classes=5) <= CLOSE


@pytest.mark.parametrize("order", ["torch", "safetensors"])
def test_keys_in_any_order_where_the_file_does_not_keep_it(order: str) -> None:
    network = trained(dcgan())
    state = dict(network.state_dict())
    shuffled = dict(sorted(state.items())) if order == "safetensors" else state
    made = PlainChain().build(source(shuffled), Settings())
    assert worst(made, network) <= CLOSE


@pytest.mark.parametrize("size", ["1000x1000", "7x9"])
def test_sizes_that_no_strides_give(size: str) -> None:
    from ganrt.errors import UsageError

    with pytest.raises(UsageError, match=f"--size {size}"):
        read(trained(dcgan()), size=size)


@pytest.mark.parametrize("make", [dcgan, Upsampling, Attributes, Flat, Shuffled])
def test_pickled_modules(tmp_path: Path, make: Callable[[], nn.Module]) -> None:
    network = trained(make())
    torch.save({"net": network, "epoch": 3}, tmp_path / "a.pt")
    candidate = recognise(read_file(tmp_path / "a.pt"), None, Settings()).candidate
    assert worst(candidate, network) <= CLOSE
    assert any("forward" in fact.words for fact in candidate.assumptions)


def test_a_sequential_holds_all_but_the_latents(tmp_path: Path) -> None:
    network = trained(nn.Sequential(*next(iter(dcgan(nn.LeakyReLU(0.1), nn.Sigmoid(), 0.3).children()))))
    torch.save(network, tmp_path / "a.pt")
    candidate = recognise(read_file(tmp_path / "a.pt"), None, Settings(prior="uniform")).candidate
    assert candidate.certainty.startswith("certain: ")
    assert candidate.spec.latent is not None
    assert candidate.spec.latent.prior == "uniform"
    assert worst(candidate, network) <= CLOSE


class Evil:
    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("touch exploited",)


class Nested:
    """A storage whose own pickle is hostile: torch's loader of it would run that."""

    def __reduce__(self) -> tuple[object, ...]:
        return torch.storage._load_from_bytes, (pickle.dumps(Evil()),)


@pytest.mark.parametrize("value", [Evil(), {"a": [Evil()]}, Nested(), {"state": Nested()}])
@pytest.mark.parametrize("legacy", [False, True])
def test_hostile_pickles_run_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: object, legacy: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save(value, "a.pth", _use_new_zipfile_serialization=not legacy)
    Path("b.pkl").write_bytes(pickle.dumps(value, protocol=4))
    for name in ("a.pth", "b.pkl"):
        with pytest.raises(BadInputFile):
            read_file(Path(name))
    assert not Path("exploited").exists()


def test_tuples_without_end_are_refused(tmp_path: Path) -> None:
    value: tuple[object, ...] = ()
    for _ in range(60):
        value = (value, value)
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({value: 1} if len(value) < 2 else [value], protocol=4))
    with pytest.raises(BadInputFile, match="damaged"):
        read_pickle(tmp_path / "a.pkl", "torch-legacy")


def test_flipped_bytes_are_bad_input_or_the_same_kind_of_thing(tmp_path: Path) -> None:
    torch.save({"net": trained(Flat()), "epoch": 3}, tmp_path / "a.pt")
    data, path = (tmp_path / "a.pt").read_bytes(), tmp_path / "b.pt"
    chance = random.Random(5)
    for _ in range(60):
        damaged = bytearray(data)
        for _ in range(3):
            damaged[chance.randrange(min(len(data), 6000))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        try:
            recognise(read_file(path), None, Settings())
        except BadInputFile as error:
            assert len(str(error).splitlines()) <= 3


def test_many_keys_and_cycles(tmp_path: Path) -> None:
    state: dict[str, object] = {f"layer{i}.weight": torch.ones(2, 2) for i in range(3000)}
    state["self"] = state
    (tmp_path / "a.pkl").write_bytes(pickle.dumps({"a": {"b": 1}, "state": dict(list(state.items())[:-1])}))
    with pytest.raises(BadInputFile):
        recognise(read_file(tmp_path / "a.pkl"), None, Settings())
